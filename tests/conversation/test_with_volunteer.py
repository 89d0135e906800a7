"""A citizen and the desk, through the real inbox, workers and router: asking, waiting, being helped, going back to the bot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import Assistant
from bot.conversation.inbox import Inbox
from bot.conversation.workers import Workers
from bot.desk.citizens import Citizens
from bot.desk.desk import Desk
from bot.messages import Incoming, Kind, Source
from bot.store import relays, tickets
from bot.store.conversations import Conversations, Shown
from bot.store.database import Database
from bot.store.schema import outbox
from bot.store.teams import Volunteer
from nlu.text import fold
from tests.fakes import Hearing

NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)


class Chat:
    """Chi at her phone, and An of the commune's team."""

    def __init__(self, assistant: Assistant, database: Database, *, team: bool = True) -> None:
        bench = replace(assistant.desk.bench, database=database)
        self.desk = Desk(bench, Citizens(bench))
        self.hearing = Hearing()
        services = replace(assistant.services, nlu=self.hearing, citizens=self.desk.citizens)
        conversations = Conversations(database, "test")
        self.outcomes: list[str] = []
        self.now = NOW
        self._inbox = Inbox(conversations, timedelta(), lambda: None)
        self._workers = Workers(
            conversations, assistant.router, services, timedelta(minutes=30), lambda t: self.outcomes.append(t.outcome)
        )
        self._conversations = conversations
        self._seen = self._sent = 0
        if team:
            ninh_giang = services.places.home("xã Ninh Giang, Hải Phòng")[0]
            made = self.desk.accounts.add_team("Tổ công nghệ số xã Ninh Giang", "xa", NOW, commune=ninh_giang)
            self.desk.accounts.link_group(made.id, "-100")
            self.an = self.desk.accounts.invite("anh An", "volunteer", NOW, made.id)[0]

    def send(
        self, text: str = "", *, kind: Kind = Kind.TEXT, action: str = "", heard: str = "", **source: object
    ) -> str:
        """Send one message and return all that is shown since the last one."""
        if heard:
            self.hearing.heard[fold(text)] = (heard, 0.95)
        self._sent += 1
        self.now += timedelta(seconds=5)
        ids = Source(message=str(self._sent), **source)  # type: ignore[arg-type]
        self._inbox.receive(Incoming("terminal", "chi", str(self._sent), kind, text, action, self.now, ids))
        assert self._workers.work_once(self.now)
        return self.shown()

    def tap(self, label: str) -> str:
        """Tap a button of the last message."""
        actions = {button.label: button.action for button in self._last.buttons}
        return self.send(kind=Kind.BUTTON, action=actions[label])

    def shown(self) -> str:
        """What is shown since the last look."""
        found = self._conversations.shown_since("terminal", "chi", self._seen)
        if found:
            self._last: Shown = found[-1]
            self._seen = found[-1].id
        return "\n".join(f"{one.title}\n{one.text}" for one in found)

    def claimed(self) -> int:
        """An claims Chi's ticket."""
        ticket = self.desk.citizens.ticket_of(1)
        assert ticket is not None
        assert self.desk.volunteers.claim(ticket.id, self.an, self.now).ok
        self.shown()
        return ticket.id

    def relayed(self, ticket: int) -> list[tuple[str, str]]:
        """(author, text) of all that was said on the ticket."""
        with self.desk.bench.database.begin() as db:
            return [(relay.author, relay.text) for relay in relays.of_ticket(db, ticket)]

    def in_group(self) -> list[str]:
        """What was said in the team's group, oldest first."""
        with self.desk.bench.database.begin() as db:
            room = relays.room(db, "telegram-team", "-100", NOW)
            rows = db.execute(outbox.select().where(outbox.c.conversation_id == room).order_by(outbox.c.id))
            return list(rows.scalars("text"))

    def events(self, ticket: int) -> list[str]:
        """What happened to a ticket, in order."""
        with self.desk.bench.database.begin() as db:
            return [event.kind for event in tickets.events(db, ticket)]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def chat(assistant: Assistant, database: Database) -> Chat:
    return Chat(assistant, database)


def an(chat: Chat) -> Volunteer:
    return chat.an


def test_at_most_two_things_are_asked_and_both_can_be_skipped(chat: Chat) -> None:
    assert "Mình ở xã, phường nào" in chat.send("cho gặp người thật")
    assert "Mình đang vướng việc gì" in chat.tap("Bỏ qua")
    assert "Em đã chuyển yêu cầu số 1 tới Tổ công nghệ số xã Ninh Giang" in chat.tap("Bỏ qua")
    assert chat.outcomes == ["handed_over_where", "handed_over_problem", "handed_over_waiting"]


def test_what_was_asked_before_is_carried_over(chat: Chat) -> None:
    chat.send("quên mật khẩu vneid")
    chat.send("gặp người")
    said = chat.send("ninh giang hai phong")
    assert "Em đã chuyển yêu cầu số 1" in said
    ticket = chat.desk.ticket(1)
    assert ticket
    assert (ticket.question, ticket.guide) == ("quên mật khẩu vneid", "vneid-quen-mat-khau")
    assert chat.send("/xa").count("Ninh Giang") == 1


def test_a_commune_of_several_provinces_is_chosen_by_a_tap(chat: Chat) -> None:
    chat.send("gặp người")
    assert "Mình ở nơi nào?" in chat.send("xã Ninh Giang")
    assert "Mình đang vướng việc gì" in chat.tap("Xã Ninh Giang, Thành phố Hải Phòng")
    assert "Tổ công nghệ số xã Ninh Giang" in chat.send("không vào được VNeID")
    assert chat.desk.ticket(1).question == "không vào được VNeID"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        # All of it stands in the summary as the place.
        ("xã Ninh Giang, Hải Phòng", []),
        ("dạ em ở Ninh Giang, Hải Phòng ạ", []),
        ("xa ninh giang hai phong", []),
        # More than the place, or perhaps none at all.
        ("thôn Đông, xã Ninh Giang, Hải Phòng", ["thôn Đông, xã Ninh Giang, Hải Phòng"]),
        ("xã Ninh Giang, Hải Phòng. Máy báo lỗi 5", ["xã Ninh Giang, Hải Phòng. Máy báo lỗi 5"]),
        ("la gi", ["la gi"]),
        ("xã là gì", ["xã là gì"]),
    ],
)
def test_an_answer_that_is_only_a_place_is_no_message(chat: Chat, answer: str, said: list[str]) -> None:
    chat.send("quên mật khẩu vneid")
    chat.send("gặp người")
    chat.send(answer)
    assert chat.relayed(1) == [("citizen", text) for text in said]


def test_the_trouble_may_be_told_instead_of_the_place(chat: Chat) -> None:
    chat.send("gặp người")
    chat.send("tôi bấm nộp hồ sơ mà nó quay mãi không xong")
    assert "quay mãi" in chat.desk.ticket(1).question
    assert chat.outcomes[-1] == "handed_over_waiting"


def test_while_waiting_the_bot_goes_on_answering_and_all_is_kept(chat: Chat) -> None:
    chat.send("gặp người")
    chat.send("ninh giang hải phòng")
    chat.send("không đăng nhập được")
    assert "Quên mật khẩu VNeID" in chat.send("quên mật khẩu vneid")
    ticket = chat.claimed()
    assert ("citizen", "quên mật khẩu vneid") in chat.relayed(ticket)


def test_while_a_volunteer_is_on_the_bot_is_silent_and_drafts(chat: Chat) -> None:
    chat.send("gặp người")
    chat.send("ninh giang hải phòng")
    chat.send("em cần hỏi việc này")
    ticket = chat.claimed()
    assert chat.send("quên mật khẩu vneid") == ""
    assert chat.outcomes[-1] == "handed_over_relayed"
    assert chat.send("xong rồi") == ""
    with chat.desk.bench.database.begin() as db:
        drafts = [(relay.text, relay.draft_guide) for relay in relays.of_ticket(db, ticket)]
    assert drafts[-2:] == [("quên mật khẩu vneid", "vneid-quen-mat-khau"), ("xong rồi", None)]
    chat.desk.volunteers.answer(ticket, chat.an, "Bác bấm Quên mật khẩu nhé", chat.now)
    assert chat.shown() == "anh An\nBác bấm Quên mật khẩu nhé"


def test_danger_and_secrets_are_answered_even_then(chat: Chat) -> None:
    chat.send("gặp người")
    chat.tap("Bỏ qua")
    chat.tap("Bỏ qua")
    ticket = chat.claimed()
    assert "113" in chat.send("nhà cháy rồi cứu với")
    assert "Đừng gửi cho ai" in chat.send("mã otp của tôi là 482913")
    texts = [text for _, text in chat.relayed(ticket)]
    assert texts == ["nhà cháy rồi cứu với", "mã otp của tôi là [mã đã che]"]


def test_commands_still_work_and_prove_who_it_is(chat: Chat) -> None:
    assert "không có ai của tổ" in chat.send("/xacminh")
    chat.send("gặp người")
    chat.tap("Bỏ qua")
    chat.tap("Bỏ qua")
    chat.claimed()
    assert "anh An, Tổ công nghệ số xã Ninh Giang có trong danh sách" in chat.send("/xacminh")
    assert "giờ em (máy) trả lời mình" in chat.send("/bot")
    assert "Quên mật khẩu VNeID" in chat.send("quên mật khẩu vneid")


def test_a_correction_changes_what_the_volunteer_sees(chat: Chat) -> None:
    chat.send("gặp người")
    chat.tap("Bỏ qua")
    chat.tap("Bỏ qua")
    ticket = chat.claimed()
    chat.send("tôi ở xã A")
    sent = str(chat._sent)
    chat._inbox.receive(
        Incoming("terminal", "chi", "edit", Kind.TEXT, "tôi ở xã B", "", chat.now, Source(message=sent, edited=True))
    )
    assert chat._workers.work_once(chat.now)
    assert chat.relayed(ticket) == [("citizen", "tôi ở xã B")]


@pytest.mark.parametrize(
    ("words", "heard", "reason"),
    [
        (["asdf qwer", "zxcv poiu"], "", "two_abstentions"),
        (["làm ăn kiểu gì chậm quá bực cả mình"], "complain", "complaint"),
        (["tôi vừa bị lừa chuyển mất 20 triệu rồi làm sao đây"], "report_scam", "scam"),
    ],
)
def test_a_person_is_called_without_being_asked_for(chat: Chat, words: list[str], heard: str, reason: str) -> None:
    for text in words:
        said = chat.send(text, heard=heard)
    ticket = chat.desk.citizens.ticket_of(1)
    assert ticket is not None
    assert (ticket.reason, ticket.urgent) == (reason, reason == "scam")
    assert "yêu cầu số 1" in said
    assert "Hủy yêu cầu" in [button.label for button in chat._last.buttons]


def test_a_photo_goes_to_a_person(chat: Chat) -> None:
    chat.send(kind=Kind.PHOTO)
    ticket = chat.desk.citizens.ticket_of(1)
    assert ticket is not None
    assert ticket.reason == "unreadable"
    with chat.desk.bench.database.begin() as db:
        assert [relay.kind for relay in relays.of_ticket(db, ticket.id)] == ["photo"]


def test_without_any_team_nothing_is_promised(assistant: Assistant, database: Database) -> None:
    chat = Chat(assistant, database, team=False)
    assert "chưa biết bao giờ có người nhắn lại" in chat.send("gặp người")
    chat.send("asdf qwer")
    chat.send("zxcv poiu")
    assert chat.outcomes[-1] == "abstained_unsure"


def test_stars_a_word_and_going_on(chat: Chat) -> None:
    chat.send("gặp người")
    chat.tap("Bỏ qua")
    chat.tap("Bỏ qua")
    ticket = chat.claimed()
    chat.send("không vào được")
    chat.desk.volunteers.answer(ticket, chat.an, "Bác thử lại nhé", chat.now)
    chat.desk.volunteers.close(ticket, chat.an, "solved", chat.now)
    assert "Chấm từ 1" in chat.shown()
    assert "Em ghi 5/5" in chat.tap("★★★★★")
    assert "Cảm ơn mình" in chat.send("cháu nhiệt tình lắm")
    kept = chat.desk.ticket(ticket)
    assert kept
    assert (kept.stars, kept.stars_words) == (5, "cháu nhiệt tình lắm")
    # The team reads the stars once and the word once.
    assert [text for text in chat.in_group() if "chấm" in text or "nhiệt tình" in text] == [
        "Người dân chấm 5/5.", "Người dân nói thêm: cháu nhiệt tình lắm",
    ]  # fmt: skip
    assert chat.events(ticket).count("rated") == 1
    assert "anh An" in chat.send("gặp người")
    assert chat.desk.ticket(ticket).state == "claimed"


def test_the_transcript_on_request(chat: Chat) -> None:
    chat.send("gặp người")
    chat.tap("Bỏ qua")
    chat.tap("Bỏ qua")
    ticket = chat.claimed()
    chat.send("không vào được")
    chat.desk.volunteers.note(ticket, chat.an, "bác lớn tuổi", chat.now)
    chat.desk.volunteers.answer(ticket, chat.an, "Bác thử lại nhé", chat.now)
    chat.desk.volunteers.close(ticket, chat.an, "solved", chat.now)
    chat.shown()
    said = chat.tap("Xem lại cuộc trò chuyện")
    assert "Mình: không vào được" in said
    assert "anh An: Bác thử lại nhé" in said
    assert "lớn tuổi" not in said


def test_a_blocked_person_gets_silence(chat: Chat) -> None:
    chat.send("gặp người")
    chat.tap("Bỏ qua")
    chat.tap("Bỏ qua")
    ticket = chat.claimed()
    chat.desk.volunteers.block(ticket, chat.an, 1, chat.now)
    assert "Tạm thời em không nhận tin" in chat.shown()
    assert chat.send("alo") == ""
    assert chat.outcomes[-1] == "handed_over_silent"


def test_a_phone_number_is_kept_for_whoever_helps(chat: Chat) -> None:
    chat.send("gặp người")
    chat.tap("Bỏ qua")
    chat.tap("Bỏ qua")
    said = chat.send("sdt toi 0912345678 goi toi nhe")
    assert "giữ riêng số điện thoại" in said
    assert "không cần" not in said
    ticket = chat.claimed()
    assert "0912345678" in chat.desk.volunteers.show_phone(ticket, chat.an, chat.now).text


def test_a_scam_makes_an_open_ticket_urgent(chat: Chat) -> None:
    chat.send("gặp người")
    chat.tap("Bỏ qua")
    chat.tap("Bỏ qua")
    chat.send("tôi vừa bị lừa chuyển mất 20 triệu rồi", heard="report_scam")
    ticket = chat.desk.ticket(1)
    assert ticket
    assert ticket.urgent
    assert ticket.due_at == chat.now + timedelta(minutes=10)
