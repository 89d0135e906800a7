"""The desk end to end: citizens and volunteers on a Telegram over real HTTP, one promise a test."""

from __future__ import annotations

import itertools
import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from bot.desk import words
from evaluation.desk.cast import found_team, open_database
from tests.service.processes import FakeTelegram, Service, wait_for

GROUP, OTHER = -1001, -1002
HOA, NAM, DUNG = 701, 702, 703
STRANGER = 799
numbers = itertools.count(1)


@dataclass
class Room:
    """The team's group and the citizens around it."""

    telegram: FakeTelegram
    service: Service

    def bot_says(self, chat: int, text: str, after: int = 0) -> dict:
        """Wait until the bot has said something with this text, and return the message."""

        def found() -> dict | None:
            said = self.telegram.from_bot(chat)
            return next((m for m in said if text in whole(m) and m["message_id"] > after), None)

        try:
            return wait_for(found, 40)
        except AssertionError:
            last = [whole(m) for m in self.telegram.from_bot(chat)][-5:]
            raise AssertionError(f"nobody said {text!r} in {chat}; last was {last}") from None

    def silent(self, chat: int, text: str) -> None:
        """Nobody in this chat ever read this text."""
        assert text not in str([whole(m) for m in self.telegram.from_bot(chat)])

    def rows(self, sql: str, *values: object) -> list[tuple]:
        with sqlite3.connect(self.service.data_dir / "tro-ly.db", timeout=20) as db:
            return db.execute(sql, values).fetchall()


@dataclass
class Case:
    """A citizen with a ticket."""

    room: Room
    chat: int
    number: int
    summary: dict

    @property
    def thread(self) -> int:
        return self.summary["message_thread_id"]

    def citizen(self, text: str = "", **more: object) -> int:
        message = self.room.telegram.write(self.chat, self.chat, text, **more)
        assert message
        return message

    def volunteer(self, text: str = "", user: int = HOA, **more: object) -> int:
        message = self.room.telegram.write(GROUP, user, text, thread=self.thread, **more)
        assert message
        return message

    def tap(self, verb: str, user: int = HOA, message: int | None = None) -> str:
        query = self.room.telegram.tap(GROUP, message or self.summary["message_id"], f"d:{verb}", user)
        assert query
        return query

    def answered(self, query: str) -> str:
        """The little note that the one who tapped has read."""
        telegram = self.room.telegram
        calls = lambda: [c for c in telegram.calls("answerCallbackQuery") if c["callback_query_id"] == query]  # noqa: E731
        return wait_for(calls, 30, "an answer to the tap")[0].get("text", "")


def whole(message: dict) -> str:
    return message.get("text") or message.get("caption") or ""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    telegram = FakeTelegram(tmp_path_factory.mktemp("telegram"))
    service = Service(
        tmp_path_factory.mktemp("service"), TELEGRAM_TOKEN="1:AAA", TELEGRAM_API_URL=telegram.url,
        TELEGRAM_GROUP_PER_MINUTE="6000", PUBLIC_URL="http://desk.example",
    )  # fmt: skip
    database = open_database(service.database_url)
    found_team(database, "Tổ Một", GROUP, {HOA: "chị Hoa", NAM: "anh Nam", DUNG: "anh Dũng"})
    found_team(database, "Tổ Hai", OTHER, {711: "chị Hai"}, level="to", commune="00004")
    database.close()
    service.start()
    yield Room(telegram, service)
    assert service.stop() == 0
    telegram.stop()


def opened(room: Room, problem: str = "máy báo lỗi lạ") -> Case:
    """A citizen asks for a person, skips the commune and says what is wrong; the team sees it."""
    chat = 8000 + next(numbers)
    problem = f"{problem} {chat}"
    room.telegram.say(chat, "cho gặp người thật")
    asked = room.bot_says(chat, "yêu cầu số ")
    number = int(re.search(r"yêu cầu số (\d+)", asked["text"])[1])  # type: ignore[index]
    room.telegram.say(chat, "bỏ qua")
    room.bot_says(chat, "đang vướng việc gì")
    room.telegram.say(chat, problem)
    return Case(room, chat, number, room.bot_says(GROUP, f"Yêu cầu #{number}\n"))


def claimed(room: Room, **more: str) -> Case:
    case = opened(room, **more)
    case.tap(f"claim:{case.number}")
    room.bot_says(case.chat, "Chị Hoa")
    return case


def test_a_request_becomes_a_topic_with_summary_and_buttons(room: Room) -> None:
    case = opened(room, "bấm nộp hồ sơ thì báo lỗi")
    topic = next(c for c in room.telegram.calls("createForumTopic") if c["name"].startswith(f"#{case.number} "))
    assert "L." in topic["name"]
    assert f"bấm nộp hồ sơ thì báo lỗi {case.chat}" in case.summary["text"]
    labels = [key["text"] for row in case.summary["reply_markup"]["inline_keyboard"] for key in row]
    assert labels == [words.CLAIM, words.TRANSFER, words.GIVE_BACK, words.CLOSE, words.BLOCK]
    wait_for(lambda: any(c["message_id"] == str(case.summary["message_id"]) for c in pinned(room)), 30, "a pin")


def asked_which_commune(room: Room) -> int:
    """A citizen asks for a person; return the chat in which the bot now waits for the commune."""
    chat = 8000 + next(numbers)
    room.telegram.say(chat, "cho gặp người thật")
    room.bot_says(chat, "xã, phường nào")
    return chat


def test_words_that_only_sound_like_a_place_reach_the_team(room: Room) -> None:
    chat = asked_which_commune(room)
    # "là gì" reads like the ward La Gi.
    room.telegram.say(chat, f"{chat} là gì")
    room.bot_says(chat, "đang vướng việc gì")
    room.telegram.say(chat, "bỏ qua")
    room.bot_says(GROUP, f"{chat} là gì")


def test_trouble_told_instead_of_the_commune_goes_to_the_team_at_once(room: Room) -> None:
    chat = asked_which_commune(room)
    room.telegram.say(chat, f"mã lỗi {chat} là gì vậy anh chị")
    room.bot_says(chat, "tới Tổ Một")
    room.bot_says(GROUP, f"mã lỗi {chat} là gì vậy anh chị")


def pinned(room: Room) -> list[dict]:
    return [{**c, "message_id": str(c["message_id"])} for c in room.telegram.calls("pinChatMessage")]


def test_a_claim_tells_the_citizen_who_comes(room: Room) -> None:
    case = opened(room)
    assert case.answered(case.tap(f"claim:{case.number}")) == words.STARTS
    room.bot_says(case.chat, "Chị Hoa, Tổ Một")
    room.bot_says(GROUP, "✅ Chị Hoa đã nhận.", after=case.summary["message_id"])


def test_words_pictures_corrections_and_answers_go_both_ways(room: Room) -> None:
    case = claimed(room)
    asked = case.citizen(f"màn hình hiện chữ đỏ {case.chat}")
    copy = room.bot_says(GROUP, f"👤 màn hình hiện chữ đỏ {case.chat}")
    said = case.volunteer(f"chữ đỏ ghi gì ạ {case.chat}", reply_to=copy["message_id"])
    got = room.bot_says(case.chat, f"chữ đỏ ghi gì ạ {case.chat}")
    assert got["text"].startswith("chị Hoa\n")
    assert got["reply_to_message"]["message_id"] == asked
    # The receipt: a reaction, so that no message is spent.
    wait_for(lambda: received(room, said), 30, "a receipt")
    answer = case.citizen(f"ghi là hết phiên {case.chat}", reply_to=got["message_id"])
    assert room.bot_says(GROUP, f"ghi là hết phiên {case.chat}")["reply_to_message"]["message_id"] == said
    room.telegram.control("edit", chat_id=case.chat, message_id=answer, text=f"ghi là hết hạn {case.chat}")
    room.bot_says(GROUP, f"(đã sửa) ghi là hết hạn {case.chat}")
    room.silent(GROUP, f"ghi là hết phiên {case.chat}")
    room.telegram.control("edit", chat_id=GROUP, message_id=said, text=f"chữ đỏ ghi gì thế ạ {case.chat}")
    room.bot_says(case.chat, f"chữ đỏ ghi gì thế ạ {case.chat}")
    photo = [{"file_id": "F1", "file_unique_id": "F1", "width": 9, "height": 9}]
    case.citizen(raw={"photo": photo, "caption": f"đây ạ {case.chat}"})
    assert "photo" in room.bot_says(GROUP, f"đây ạ {case.chat}")
    case.volunteer(raw={"photo": photo, "caption": f"bấm nút này {case.chat}"})
    assert "photo" in room.bot_says(case.chat, f"bấm nút này {case.chat}")
    # Both are kept for the desk on the web: where to fetch them, not what they are.
    files = room.rows("SELECT author, file FROM relay WHERE kind='photo' AND text LIKE ?", f"%{case.chat}")
    assert [(author, json.loads(file)["id"]) for author, file in files] == [("citizen", "F1"), ("volunteer", "F1")]


def received(room: Room, message: int) -> bool:
    return any(int(c["message_id"]) == message for c in room.telegram.calls("setMessageReaction"))


def test_a_note_stays_in_the_team(room: Room) -> None:
    case = claimed(room)
    case.volunteer(f"// ghi riêng {case.chat}")
    case.volunteer(f"dạ vâng {case.chat}")
    room.bot_says(case.chat, f"dạ vâng {case.chat}")
    room.silent(case.chat, "ghi riêng")
    assert room.rows("SELECT author FROM relay WHERE text LIKE ?", f"%ghi riêng {case.chat}%") == [("note",)]


def test_of_two_who_tap_one_wins_and_the_other_reads_who(room: Room) -> None:
    case = opened(room)
    taps = [case.tap(f"claim:{case.number}", user) for user in (HOA, NAM)]
    notes = [case.answered(tap) for tap in taps]
    assert sorted(note == words.STARTS for note in notes) == [False, True]
    assert any("đã nhận yêu cầu này" in note for note in notes)
    assert room.rows("SELECT count(*) FROM ticket_event WHERE ticket_id=? AND kind='claimed'", case.number) == [(1,)]


def test_only_the_holder_answers(room: Room) -> None:
    case = claimed(room)
    case.volunteer(f"để anh nói {case.chat}", NAM)
    room.bot_says(GROUP, "Chị Hoa đang giữ yêu cầu này", after=case.summary["message_id"])
    room.silent(case.chat, "để anh nói")


def test_a_stranger_in_the_group_is_refused(room: Room) -> None:
    case = opened(room)
    assert case.answered(case.tap(f"claim:{case.number}", STRANGER)) == words.NO_RIGHTS
    case.volunteer(f"tin của người lạ {case.chat}", STRANGER)
    room.bot_says(GROUP, words.NO_RIGHTS, after=case.summary["message_id"])
    room.silent(case.chat, "tin của người lạ")


def test_a_question_for_a_secret_does_not_arrive_and_says_why(room: Room) -> None:
    case = claimed(room)
    asked = case.volunteer("bác đọc mã OTP cho cháu nhé")
    refused = room.bot_says(GROUP, words.GUARDED["secret"][:30], after=asked)
    assert refused["reply_to_message"]["message_id"] == asked
    room.silent(case.chat, "đọc mã OTP cho cháu")


def test_a_deleted_topic_is_made_anew_and_the_message_arrives(room: Room) -> None:
    case = claimed(room)
    room.telegram.control("delete_topic", chat_id=GROUP, thread=case.thread)
    case.citizen(f"còn đó không {case.chat}")
    copy = room.bot_says(GROUP, f"còn đó không {case.chat}")
    assert copy["message_thread_id"] != case.thread
    summary = room.bot_says(GROUP, f"Yêu cầu #{case.number}\n")
    assert summary["text"].startswith(words.OLD_TOPIC)
    room.telegram.write(GROUP, HOA, f"còn ạ {case.chat}", thread=copy["message_thread_id"])
    room.bot_says(case.chat, f"còn ạ {case.chat}")


def test_a_topic_whose_making_was_not_answered_is_the_only_one(room: Room) -> None:
    room.telegram.control("fault", method="createForumTopic", after=True)
    case = opened(room)

    def topics() -> list[int]:
        made = [m for m in room.telegram.chat(GROUP) if "forum_topic_created" in m]
        named = [m for m in made if m["forum_topic_created"]["name"].startswith(f"#{case.number} ")]
        return [m["message_thread_id"] for m in named]

    # The one that was not answered is taken, or it is gone again once it is known.
    wait_for(lambda: topics() == [case.thread], 20, "one topic")


def test_why_a_message_did_not_go_is_said_even_when_its_topic_is_closed(room: Room) -> None:
    case = claimed(room)
    case.tap(f"close:{case.number}:solved")
    room.bot_says(case.chat, "đã xong việc")
    room.telegram.control("reopen_topic", chat_id=GROUP, thread=case.thread)
    room.telegram.control("fault", method="sendMessage", status=400, description="Bad Request: TOPIC_CLOSED")
    said = case.volunteer(f"quên chưa nói {case.chat}")
    refused = room.bot_says(GROUP, "Yêu cầu này đã xong", after=said)
    assert refused["reply_to_message"]["message_id"] == said
    room.silent(case.chat, "quên chưa nói")


@pytest.mark.parametrize("refuses", [False, True])
def test_a_topic_closed_by_hand_loses_nothing(room: Room, refuses: bool) -> None:
    case = claimed(room)
    room.telegram.control("closed", refuse=refuses)
    room.telegram.control("close_topic", chat_id=GROUP, thread=case.thread)
    case.citizen(f"vẫn chờ ạ {case.chat}")
    assert room.bot_says(GROUP, f"vẫn chờ ạ {case.chat}")["message_thread_id"] == case.thread
    room.telegram.control("closed", refuse=False)


def test_who_leaves_the_group_loses_all_rights_and_the_ticket_waits_again(room: Room) -> None:
    case = opened(room)
    case.tap(f"claim:{case.number}", DUNG)
    room.bot_says(case.chat, "Anh Dũng")
    room.telegram.control("leave", chat_id=GROUP, user_id=DUNG)
    left = room.bot_says(GROUP, "Anh Dũng đã rời tổ")
    room.bot_says(case.chat, "Em mời người khác trong tổ")
    case.volunteer(f"tôi vẫn đây {case.chat}", DUNG)
    room.bot_says(GROUP, words.NO_RIGHTS, after=left["message_id"])
    room.silent(case.chat, "tôi vẫn đây")
    case.tap(f"claim:{case.number}", HOA, left["message_id"])
    room.bot_says(case.chat, "Chị Hoa")


def test_a_ticket_moves_to_another_team_with_what_was_said(room: Room) -> None:
    case = claimed(room)
    case.citizen(f"trước khi chuyển {case.chat}")
    room.bot_says(GROUP, f"👤 trước khi chuyển {case.chat}")
    (team,) = room.rows("SELECT id FROM team WHERE name='Tổ Hai'")[0]
    case.tap(f"transfer:{case.number}:t{team}")
    moved = room.bot_says(OTHER, f"Yêu cầu #{case.number}\n")
    assert f"trước khi chuyển {case.chat}" in moved["text"]
    assert not moved["text"].startswith(words.OLD_TOPIC)
    assert room.bot_says(GROUP, "Yêu cầu đã chuyển sang Tổ Hai")["message_thread_id"] == case.thread
    case.citizen(f"sau khi chuyển {case.chat}")
    assert room.bot_says(OTHER, f"sau khi chuyển {case.chat}")["message_thread_id"] == moved["message_thread_id"]
    room.silent(GROUP, f"sau khi chuyển {case.chat}")


def test_who_blocked_the_bot_is_told_to_the_volunteer_and_stops_nobody(room: Room) -> None:
    case, other = claimed(room), claimed(room)
    room.telegram.control("block", chat_id=case.chat)
    case.volunteer(f"có ai không {case.chat}")
    room.bot_says(GROUP, f"Nội dung: có ai không {case.chat}")
    other.volunteer(f"em nghe ạ {other.chat}")
    room.bot_says(other.chat, f"em nghe ạ {other.chat}")


def test_a_draft_tapped_twice_is_sent_once(room: Room) -> None:
    case = claimed(room)
    case.citizen("quên mật khẩu vneid")
    draft = room.bot_says(GROUP, "Trợ lý gợi ý", after=case.summary["message_id"])
    data = next(
        k["callback_data"]
        for row in draft["reply_markup"]["inline_keyboard"]
        for k in row
        if k["text"] == words.SEND_DRAFT
    )
    for _ in range(2):
        room.telegram.tap(GROUP, draft["message_id"], data, HOA)
    case.volunteer(f"hết rồi ạ {case.chat}")
    room.bot_says(case.chat, f"hết rồi ạ {case.chat}")
    answers = [m for m in room.telegram.from_bot(case.chat) if m["text"].startswith("chị Hoa\n")]
    assert len(answers) == 2


@pytest.mark.parametrize("command", ["/bot", "/huy"])
def test_the_citizen_leaves_the_volunteer(room: Room, command: str) -> None:
    case = claimed(room)
    case.citizen(command)
    room.bot_says(GROUP, "Người dân hủy", after=case.summary["message_id"])
    case.citizen("quên mật khẩu vneid")
    room.bot_says(case.chat, "Quên mật khẩu VNeID")
    assert room.rows("SELECT state, close_reason FROM ticket WHERE id=?", case.number) == [("closed", "cancelled")]


def test_a_citizen_can_check_who_writes(room: Room) -> None:
    case = opened(room)
    case.citizen("/xacminh")
    before = room.bot_says(case.chat, "không có ai của tổ")["message_id"]
    case.tap(f"claim:{case.number}")
    room.bot_says(case.chat, "Chị Hoa, Tổ Một")
    case.citizen("/xacminh")
    assert "chị Hoa, Tổ Một" in room.bot_says(case.chat, "Đúng,", after=before)["text"]


def test_stars_after_closing_and_the_same_volunteer_when_it_goes_on(room: Room) -> None:
    case = claimed(room)
    case.volunteer("xong rồi ạ")
    case.tap(f"close:{case.number}:solved")
    done = room.bot_says(case.chat, "Đã xong việc".lower())
    room.telegram.tap(case.chat, done["message_id"], f"s:{case.number}:4", case.chat)
    room.bot_says(case.chat, "4/5")
    rated = room.bot_says(GROUP, "Người dân chấm 4/5", after=case.summary["message_id"])
    assert rated["message_thread_id"] == case.thread
    room.telegram.tap(case.chat, done["message_id"], "again", case.chat)
    room.bot_says(case.chat, "chị Hoa", after=done["message_id"])
    case.citizen(f"lại lỗi nữa {case.chat}")
    assert room.bot_says(GROUP, f"lại lỗi nữa {case.chat}")["message_thread_id"] == case.thread
    (row,) = room.rows("SELECT state, stars, reopened, volunteer_id FROM ticket WHERE id=?", case.number)
    assert row[:3] == ("claimed", 4, 1)
    assert room.rows("SELECT name FROM volunteer WHERE id=?", row[3]) == [("chị Hoa",)]


def test_no_number_and_no_code_reaches_the_topic(room: Room) -> None:
    case = claimed(room, problem="gọi số 0912345678 giúp")
    case.citizen(f"đây là {case.chat}, mã OTP là 483920, căn cước 001099012345")
    shown = room.bot_says(GROUP, f"đây là {case.chat}, mã OTP là [mã đã che], căn cước [số định danh đã che]")
    assert shown["message_thread_id"] == case.thread
    for secret in ("0912345678", "483920", "001099012345"):
        room.silent(GROUP, secret)


def test_somebody_being_scammed_is_urgent_at_once(room: Room) -> None:
    chat = 8000 + next(numbers)
    room.telegram.say(chat, f"tôi vừa chuyển tiền cho kẻ giả danh công an, bị lừa rồi {chat}")
    room.bot_says(chat, "Nguồn:")
    room.telegram.say(chat, "cho gặp người thật")
    said = room.bot_says(chat, "yêu cầu số ")
    number = int(re.search(r"yêu cầu số (\d+)", said["text"])[1])  # type: ignore[index]
    assert room.bot_says(GROUP, f"Yêu cầu #{number}\n")["text"].startswith(words.URGENT.strip())


def test_a_tap_that_makes_no_sense_stops_nobody(room: Room) -> None:
    case = opened(room)
    case.tap("claim:99999999999999999999")
    assert case.answered(case.tap(f"claim:{case.number}")) == words.STARTS
