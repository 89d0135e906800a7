"""Write Telegram messages: escape, split, draw buttons, keep the pace, and say what a refusal means."""

from __future__ import annotations

import contextlib
import html
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from aiolimiter import AsyncLimiter
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError, TimedOut

from bot import sentences
from bot.errors import DeliveryError
from bot.messages import Button
from bot.store.outbox import Outgoing

# Longest message, in UTF-16 units. Source: Bot API, sendMessage (read 22 Nov 2026). A little is left for the title's tags.
MAX_UNITS = 4000
# Longest caption. Source: Bot API, copyMessage (read 22 Nov 2026).
MAX_CAPTION = 1024
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
# Labels up to this long stand two in a row and stay readable on a small phone.
_TWO_IN_A_ROW = 16
_CHATS_REMEMBERED = 10_000


class Pace:
    """Telegram's flood limits: about 30 messages a second overall and one a second to one chat, short bursts allowed."""

    def __init__(self) -> None:
        self._all = AsyncLimiter(25, 1)
        self._chats: OrderedDict[str, AsyncLimiter] = OrderedDict()

    async def wait(self, chat: str) -> None:
        """Return when one more message to this chat may go out."""
        limiter = self._chats.pop(chat, None) or AsyncLimiter(3, 3)
        self._chats[chat] = limiter
        if len(self._chats) > _CHATS_REMEMBERED:
            self._chats.popitem(last=False)
        await limiter.acquire()
        await self._all.acquire()


@contextlib.contextmanager
def errors() -> Iterator[None]:
    """Turn the library's errors into DeliveryError; BadRequest passes, for those who can mend it: see `refused`."""
    try:
        yield
    except RetryAfter as exc:
        wait = exc.retry_after
        seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
        raise DeliveryError("flood limit", retry_after_s=seconds + 0.5) from exc
    except (Forbidden, InvalidToken) as exc:
        raise DeliveryError(str(exc), permanent=True) from exc
    except BadRequest:  # a subclass of NetworkError, so it has to stand before it
        raise
    except TimedOut as exc:
        raise DeliveryError("timed out", unclear=True) from exc
    except NetworkError as exc:
        raise DeliveryError("network", unclear="ConnectError" not in str(exc)) from exc
    except TelegramError as exc:
        raise DeliveryError(type(exc).__name__) from exc


def refused(exc: BadRequest) -> DeliveryError:
    """Return what a refusal means that nobody could mend."""
    return DeliveryError(str(exc), permanent=True)


class Sender:
    """Sends outbox messages to citizens through one bot."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._pace = Pace()

    async def send(self, message: Outgoing) -> str:
        """Send one message, in parts if it is long, and return the id of the last part; raise DeliveryError."""
        post = message.post or {}
        try:
            if post.get("do") == "copy":
                return await self._copy(message)
            if post.get("do") == "edit" and message.target:
                return await self._edit(message)
            return await self._say(message)
        except BadRequest as exc:
            raise refused(exc) from exc

    async def _say(self, message: Outgoing) -> str:
        text = (sentences.REPEAT if message.again else "") + message.text
        parts = split(text, MAX_UNITS - len(message.title))
        sent = ""
        for number, part in enumerate(parts):
            body = _html(message.title if number == 0 else "", part)
            markup = keyboard(message.buttons) if number == len(parts) - 1 else None
            await self._pace.wait(message.chat)
            with errors():
                done = await self._bot.send_message(
                    int(message.chat), body, parse_mode=ParseMode.HTML, reply_markup=markup,
                    link_preview_options=_NO_PREVIEW, reply_parameters=reply_parameters(message.post or {}),
                )  # fmt: skip
            sent = str(done.message_id)
        return sent

    async def _copy(self, message: Outgoing) -> str:
        post = message.post or {}
        caption = _html(message.title, (sentences.REPEAT if message.again else "") + message.text)
        await self._pace.wait(message.chat)
        try:
            with errors():
                done = await self._bot.copy_message(
                    int(message.chat), int(post["chat"]), int(post["message"]), caption=caption[:MAX_CAPTION],
                    parse_mode=ParseMode.HTML, reply_parameters=reply_parameters(post),
                )  # fmt: skip
        except BadRequest as exc:
            if "to copy" not in str(exc).lower() or not message.text:
                raise
            # The picture was deleted meanwhile; the words that came with it need not be lost too.
            return await self._say(message)
        return str(done.message_id)

    async def _edit(self, message: Outgoing) -> str:
        await self._pace.wait(message.chat)
        try:
            with errors():
                await self._bot.edit_message_text(
                    _html(message.title, message.text), chat_id=int(message.chat), message_id=int(message.target),
                    parse_mode=ParseMode.HTML, link_preview_options=_NO_PREVIEW,
                )  # fmt: skip
        except BadRequest as exc:
            if "not modified" in str(exc).lower():
                return message.target
            # A photo's caption, or too old: the corrected words come as a message of their own.
            return await self._say(message)
        return message.target


def reply_parameters(post: Mapping[str, Any]) -> ReplyParameters | None:
    """Return which message is answered; one that was deleted meanwhile does no harm."""
    message = str(post.get("reply_to") or "")
    return ReplyParameters(int(message), allow_sending_without_reply=True) if message.isdecimal() else None


def _html(title: str, text: str) -> str:
    body = html.escape(text, quote=False)
    return f"<b>{html.escape(title, quote=False)}</b>\n{body}" if title else body


def split(text: str, limit: int) -> list[str]:
    """Return parts of at most limit UTF-16 units, cut between lines where possible; never an empty part."""
    parts: list[str] = []
    current = ""
    for line in text.split("\n"):
        for piece in _pieces(line, limit):
            joined = f"{current}\n{piece}" if current else piece
            if _units(joined) > limit and current:
                parts.append(current)
                current = piece
            else:
                current = joined
    if current.strip() or not parts:
        parts.append(current)
    return parts


def _pieces(line: str, limit: int) -> list[str]:
    # Half of limit in characters is always within it in units, even when every character takes two.
    if _units(line) <= limit:
        return [line]
    return [line[i : i + limit // 2] for i in range(0, len(line), limit // 2)]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """Return the buttons two in a row where both labels are short, else one in a row; None without buttons."""
    rows: list[list[InlineKeyboardButton]] = []
    for button in buttons:
        key = InlineKeyboardButton(button.label, callback_data=button.action)
        short = len(button.label) <= _TWO_IN_A_ROW
        if rows and short and len(rows[-1]) == 1 and len(rows[-1][0].text) <= _TWO_IN_A_ROW:
            rows[-1].append(key)
        else:
            rows.append([key])
    return InlineKeyboardMarkup(rows) if rows else None
