"""Telegram's wording: splitting, buttons, and what each refusal means for a message."""

from __future__ import annotations

import pytest
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TimedOut

from bot.channels.telegram.send import Sender, keyboard, split
from bot.errors import DeliveryError
from bot.messages import Button
from bot.store.outbox import Outgoing


def test_a_short_text_stays_whole() -> None:
    assert split("một\nhai", 4000) == ["một\nhai"]


def test_a_long_text_is_cut_between_lines_and_loses_nothing() -> None:
    lines = [f"dòng {n} " + "chữ " * 50 for n in range(60)]
    parts = split("\n".join(lines), 4000)
    assert all(len(part.encode("utf-16-le")) // 2 <= 4000 for part in parts)
    assert "\n".join(parts).split("\n") == lines


def test_a_line_without_end_and_emoji_are_cut_within_the_limit() -> None:
    parts = split("😀" * 5000, 4000)
    assert all(len(part.encode("utf-16-le")) // 2 <= 4000 for part in parts)
    assert "".join(parts) == "😀" * 5000


def test_short_buttons_stand_two_in_a_row() -> None:
    markup = keyboard(
        [Button("Các bước", "a"), Button("Lệ phí", "b"), Button("Hướng dẫn từng bước", "c"), Button("Xong", "d")]
    )
    assert markup is not None
    assert [[key.text for key in row] for row in markup.inline_keyboard] == [
        ["Các bước", "Lệ phí"],
        ["Hướng dẫn từng bước"],
        ["Xong"],
    ]
    assert keyboard([]) is None


class FakeBot:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.sent: list[str] = []

    async def send_message(self, chat: int, text: str, **_: object) -> object:
        if self.error:
            raise self.error
        self.sent.append(text)
        return type("Sent", (), {"message_id": len(self.sent)})()


def message(text: str = "giá < 5.000đ & hơn") -> Outgoing:
    return Outgoing(1, "telegram", "5001", "Tên & tiêu đề", text, (), 0)


async def test_it_escapes_what_would_break_the_markup() -> None:
    bot = FakeBot()
    await Sender(bot).send(message())  # type: ignore[arg-type]
    assert bot.sent == ["<b>Tên &amp; tiêu đề</b>\ngiá &lt; 5.000đ &amp; hơn"]


@pytest.mark.parametrize(
    ("error", "permanent", "unclear"),
    [
        (Forbidden("bot was blocked by the user"), True, False),
        (BadRequest("chat not found"), True, False),
        (TimedOut(), False, True),
        (NetworkError("httpx.ConnectError: all attempts failed"), False, False),
        (NetworkError("Bad Gateway"), False, True),
    ],
)
async def test_each_refusal_has_its_meaning(error: Exception, permanent: bool, unclear: bool) -> None:
    with pytest.raises(DeliveryError) as raised:
        await Sender(FakeBot(error)).send(message())  # type: ignore[arg-type]
    assert (raised.value.permanent, raised.value.unclear) == (permanent, unclear)


async def test_the_words_of_a_picture_that_was_deleted_still_go_out() -> None:
    class Deleted(FakeBot):
        async def copy_message(self, *_: object, **__: object) -> object:
            raise BadRequest("Message to copy not found")

    bot = Deleted()
    post = {"do": "copy", "chat": "-1", "message": "7"}
    await Sender(bot).send(Outgoing(1, "telegram", "5001", "chị Hoa", "bấm nút này", (), 0, post))  # type: ignore[arg-type]
    assert bot.sent == ["<b>chị Hoa</b>\nbấm nút này"]


async def test_a_flood_limit_says_how_long_to_wait() -> None:
    with pytest.raises(DeliveryError) as raised:
        await Sender(FakeBot(RetryAfter(7))).send(message())  # type: ignore[arg-type]
    assert raised.value.retry_after_s is not None
    assert raised.value.retry_after_s >= 7
