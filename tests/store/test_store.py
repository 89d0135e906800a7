"""The store's promises, written once and run on SQLite and, where a server is named, on PostgreSQL."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from bot.messages import Button, Incoming, Kind, Reply
from bot.privacy import mask
from bot.store import relays
from bot.store.conversations import Claimed, Conversations, Shown, TurnRecord
from bot.store.database import Database
from bot.store.outbox import Outbox

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)


@pytest.fixture
def conversations(database: Database) -> Conversations:
    return Conversations(database, "test")


def send(
    conversations: Conversations, chat: str, update_id: str, text: str = "chào", due: datetime = NOW
) -> int | None:
    return conversations.accept(Incoming("web", chat, update_id, Kind.TEXT, text, received_at=NOW), mask(text), due)


def finish(conversations: Conversations, claimed: Claimed, answered: list[int] | None = None, **kept) -> Shown:
    taken = [m.id for m in claimed.messages] if answered is None else answered
    reply = kept.pop("reply", Reply("answered_greeting", "chào"))
    record = TurnRecord("chào", None, {"act": 1.0}, 1.0)
    return conversations.finish(
        claimed, taken, reply, kept.pop("context", {}), record, delivered=kept.pop("delivered", True), now=NOW
    )


def test_migrating_twice_changes_nothing(database: Database) -> None:
    database.migrate()


def test_the_same_update_is_kept_once(conversations: Conversations) -> None:
    assert send(conversations, "chi", "1")
    assert send(conversations, "chi", "1", "khác") is None
    claimed = conversations.claim(NOW)
    assert claimed is not None
    assert [m.text for m in claimed.messages] == ["chào"]


def test_a_conversation_is_claimed_by_one(conversations: Conversations, database: Database) -> None:
    send(conversations, "chi", "1")
    assert conversations.claim(NOW)
    assert Conversations(database, "other").claim(NOW) is None


def test_a_claim_of_a_dead_process_runs_out(conversations: Conversations, database: Database) -> None:
    send(conversations, "chi", "1")
    conversations.claim(NOW)
    assert Conversations(database, "other").claim(NOW + timedelta(seconds=61))


def test_release_all_frees_claims_at_once(conversations: Conversations) -> None:
    send(conversations, "chi", "1")
    conversations.claim(NOW)
    conversations.release_all()
    assert conversations.claim(NOW)


def test_nothing_is_answered_before_it_is_due(conversations: Conversations) -> None:
    send(conversations, "chi", "1", due=NOW + timedelta(seconds=2))
    assert conversations.claim(NOW) is None
    assert conversations.next_due() == NOW + timedelta(seconds=2)
    assert conversations.claim(NOW + timedelta(seconds=2))


def test_a_finished_turn_is_not_answered_again(conversations: Conversations) -> None:
    send(conversations, "chi", "1")
    claimed = conversations.claim(NOW)
    assert claimed
    shown = finish(
        conversations, claimed, context={"guide": "x"}, reply=Reply("answered_x", "chào", buttons=(Button("A", "a"),))
    )
    assert conversations.claim(NOW + timedelta(minutes=5)) is None
    found = conversations.answer_to("web", "1")
    assert found == shown
    assert shown.buttons == (Button("A", "a"),)
    assert conversations.outcomes() == {"answered_x": 1}
    send(conversations, "chi", "2")
    again = conversations.claim(NOW)
    assert again
    assert again.context == {"guide": "x"}


def test_a_message_that_came_meanwhile_is_answered_next(conversations: Conversations) -> None:
    send(conversations, "chi", "1")
    claimed = conversations.claim(NOW)
    assert claimed
    send(conversations, "chi", "2", "tiếp")
    finish(conversations, claimed)
    later = conversations.claim(NOW)
    assert later
    assert [m.text for m in later.messages] == ["tiếp"]


def test_those_who_wait_longest_come_first(conversations: Conversations) -> None:
    send(conversations, "b", "1", due=NOW - timedelta(seconds=1))
    send(conversations, "a", "2", due=NOW - timedelta(seconds=9))
    claimed = conversations.claim(NOW)
    assert claimed
    assert claimed.chat == "a"


def test_many_threads_answer_each_message_once(conversations: Conversations) -> None:
    for n in range(40):
        send(conversations, f"chat{n % 10}", f"u{n}")
    taken: list[int] = []

    def work() -> None:
        while claimed := conversations.claim(NOW):
            taken.extend(m.id for m in claimed.messages)
            finish(conversations, claimed)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 40


def test_outbox_sends_one_chats_messages_in_order(conversations: Conversations, database: Database) -> None:
    outbox = Outbox(database)
    for n in ("1", "2"):
        send(conversations, "chi", n)
        claimed = conversations.claim(NOW)
        assert claimed
        finish(conversations, claimed, delivered=False, reply=Reply("answered_x", f"câu {n}"))
    first = outbox.take("web", NOW)
    assert [m.text for m in first] == ["câu 1"]
    assert outbox.take("web", NOW) == []
    outbox.retry(first[0].id, NOW + timedelta(seconds=5), "flood")
    assert outbox.take("web", NOW) == []
    again = outbox.take("web", NOW + timedelta(seconds=5))
    assert [(m.text, m.attempts) for m in again] == [("câu 1", 1)]
    outbox.sent(again[0], "77")
    assert [m.text for m in outbox.take("web", NOW)] == ["câu 2"]


def test_what_a_dead_process_was_sending_is_sent_again(conversations: Conversations, database: Database) -> None:
    outbox = Outbox(database)
    send(conversations, "chi", "1")
    claimed = conversations.claim(NOW)
    assert claimed
    finish(conversations, claimed, delivered=False)
    assert [m.again for m in outbox.take("web", NOW)] == [False]
    assert outbox.recover() == 1
    assert [m.again for m in outbox.take("web", NOW)] == [True]


def test_an_update_of_the_teams_side_takes_effect_once(database: Database) -> None:
    with database.begin() as db:
        assert relays.first_time(db, "telegram", "1", NOW)
        assert not relays.first_time(db, "telegram", "1", NOW)
        assert relays.first_time(db, "telegram", "2", NOW)


def test_taking_from_a_chat_with_a_long_past_looks_at_what_is_unsent_only(database: Database) -> None:
    outbox = Outbox(database)
    with database.begin() as db:
        room = relays.room(db, "telegram-team", "-1", NOW)
        for number in range(2000):
            relays.say(db, room, str(number), NOW, delivered=number < 1000)
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    if database.is_sqlite:
        with database.begin() as db:
            assert db.connection.dbapi_connection
            db.connection.dbapi_connection.set_progress_handler(count, 100)
    assert [message.text for message in outbox.take("telegram-team", NOW)] == ["1000"]
    # Hundreds of steps of the database's machine: some tens for each unsent message, none for each pair of messages.
    assert steps < 2000
