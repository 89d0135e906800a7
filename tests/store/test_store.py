"""The store's promises, written once and run on SQLite and, where a server is named, on PostgreSQL."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import ClaimLost
from bot.messages import Button, Incoming, Kind, Reply
from bot.privacy import mask
from bot.store import relays
from bot.store.conversations import CLAIM, Claimed, Conversations, Shown, TurnRecord
from bot.store.database import Database
from bot.store.leader import Leader
from bot.store.outbox import Outbox
from bot.store.schema import metadata

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
    assert found == replace(shown, with_person=None)
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
    assert outbox.recover(["web"]) == 1
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


def test_a_message_that_comes_while_a_turn_is_committed_is_answered(
    conversations: Conversations, database: Database
) -> None:
    send(conversations, "chi", "1")
    claimed = conversations.claim(NOW)
    assert claimed
    # Another replica has kept the second message but not committed it when the turn about the first one ends.
    with database.begin():
        send(conversations, "chi", "2", "còn việc nữa")
        ending = threading.Thread(target=finish, args=(conversations, claimed))
        ending.start()
        ending.join(timeout=0.5)
    ending.join()
    again = conversations.claim(NOW)
    assert again
    assert [message.text for message in again.messages] == ["còn việc nữa"]


def test_a_turn_that_took_too_long_leaves_the_answer_to_whoever_took_over(
    conversations: Conversations, database: Database
) -> None:
    send(conversations, "chi", "1")
    slow = conversations.claim(NOW)
    other = Conversations(database, "other")
    quick = other.claim(NOW + CLAIM + timedelta(seconds=1))
    assert slow
    assert quick
    with pytest.raises(ClaimLost):
        finish(conversations, slow)
    finish(other, quick, reply=Reply("answered_greeting", "chào mình"))
    assert [shown.text for shown in conversations.shown_since("web", "chi", 0)] == ["chào mình"]


def test_one_replica_leads_and_when_it_ends_another_does(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("one process, which always leads")
    url = database.engine.url
    mortal = Database(url.update_query_dict({"application_name": "mortal"}).render_as_string(hide_password=False))
    first, second, of_zalo = Leader(mortal, "telegram"), Leader(database, "telegram"), Leader(database, "zalo")
    assert [first.leads(), second.leads(), first.leads()] == [True, False, True]
    # Something else may be led by another one.
    assert of_zalo.leads()
    with database.begin() as db:
        # As when the process dies: its connections are gone.
        db.exec_driver_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mortal'")
    assert not first.leads()
    assert second.leads()
    assert not first.leads()
    second.step_down()
    assert first.leads()
    for leader in (first, of_zalo):
        leader.step_down()
    mortal.close()


def test_replicas_that_start_together_make_the_tables_once(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("one process")
    with database.begin() as db:
        metadata.drop_all(db)
        db.exec_driver_sql("DROP TABLE alembic_version")
    with ThreadPoolExecutor(4) as pool:
        # list() raises what went wrong in a thread.
        list(pool.map(lambda _: database.migrate(), range(4)))


def test_an_update_that_comes_again_and_the_turn_about_it_do_not_wait_for_each_other(
    conversations: Conversations,
) -> None:
    for number in range(20):
        send(conversations, "chi", str(number))
        claimed = conversations.claim(NOW)
        assert claimed
        with ThreadPoolExecutor(3) as pool:
            again = [pool.submit(send, conversations, "chi", str(number)) for _ in range(2)]
            pool.submit(finish, conversations, claimed).result()
        assert [future.result() for future in again] == [None, None]
