"""The outbox sends in order for each chat, waits where it must, and no fault of one message stops another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import outbox as sending
from bot.errors import DeliveryError
from bot.outbox import MAX_ATTEMPTS, deliver
from bot.store import relays, tickets
from bot.store.database import Database
from bot.store.outbox import Outbox, Outgoing

NOW = datetime.now(UTC) - timedelta(seconds=1)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    database.migrate()
    return database


def say(database: Database, chat: str, text: str) -> None:
    with database.begin() as db:
        relays.say(db, relays.room(db, "telegram", chat, NOW), text, NOW)


async def run(database: Database, send: Callable[[Outgoing], Awaitable[str]], until: Callable[[], bool]) -> None:
    task = asyncio.create_task(deliver(Outbox(database), "telegram", send, lambda *_: None, asyncio.Event()))
    try:
        async with asyncio.timeout(20):
            while not until():  # noqa: ASYNC110 - what the sender did cannot be awaited
                await asyncio.sleep(0.01)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        database.close()


async def test_a_chat_that_waits_holds_up_no_other(database: Database) -> None:
    say(database, "slow", "a")
    for text in "bc":
        say(database, "quick", text)
    sent: list[str] = []
    never = asyncio.Event()

    async def send(message: Outgoing) -> str:
        if message.chat == "slow":
            await never.wait()
        sent.append(message.text)
        return "1"

    await run(database, send, lambda: sent == ["b", "c"])


async def test_flood_limits_use_up_no_tries(database: Database) -> None:
    say(database, "chi", "a")
    tries: list[int] = []

    async def send(message: Outgoing) -> str:
        tries.append(message.attempts)
        if len(tries) <= MAX_ATTEMPTS + 1:
            raise DeliveryError("flood limit", retry_after_s=0.0)
        return "1"

    await run(database, send, lambda: len(tries) == MAX_ATTEMPTS + 2)
    assert set(tries) == {0}


async def test_a_surprise_stops_nobody_else(database: Database) -> None:
    say(database, "chi", "a")
    say(database, "dung", "b")
    sent: list[str] = []

    async def send(message: Outgoing) -> str:
        if message.text == "a":
            raise KeyError("reason")
        sent.append(message.text)
        return "1"

    await run(database, send, lambda: sent == ["b"])


async def test_what_a_person_said_is_tried_on_and_marked_where_an_answer_of_the_bot_is_not(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "timedelta", lambda seconds: timedelta())
    say(database, "bot", "of the bot")
    with database.begin() as db:
        room = relays.room(db, "telegram", "chi", NOW)
        ticket = tickets.add(db, room, reason="asked_for_person", question="", urgent=False, created_at=NOW, avoid=[])
        assert ticket
        relay = relays.add(db, ticket, "volunteer", NOW, text="of a person")
        relays.say(db, room, "of a person", NOW, relay_id=relay)
    marks: dict[str, list[bool]] = {"of the bot": [], "of a person": []}

    async def send(message: Outgoing) -> str:
        marks[message.text].append(message.again)
        if len(marks[message.text]) < 4:
            raise DeliveryError("timed out", unclear=True)
        return "1"

    await run(database, send, lambda: len(marks["of a person"]) == 4)
    assert marks == {"of the bot": [False, True], "of a person": [False, True, True, True]}
