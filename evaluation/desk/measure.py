"""Play a town against real services that are killed again and again; afterwards see what became of every message."""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text

from bot.store.database import Database
from evaluation.desk import citizen, volunteer
from evaluation.desk.cast import Group, found_team, open_database
from evaluation.desk.check import check
from evaluation.desk.remind import doubled_reminders
from evaluation.desk.town import Town
from evaluation.processes import Service
from evaluation.telegram import FakeTelegram

# Twenty messages a minute in one group would make a run take hours: the fake's clock for it runs this much faster,
# and the service's pace with it.
_FASTER = 60
_TEAMS, _TEAM_SIZE = 2, 4
# Shares of updates and of sent messages that meet with something; see evaluation/fake_telegram.py.
_WEATHER = {
    "duplicate": 0.05, "late": 0.1, "late_s": 1.5, "flood": 0.02, "lost": 0.01, "drop": 0.01, "bad_gateway": 0.01,
}  # fmt: skip
# How long the services live between two kills, in seconds.
_LIFE_S = (2.0, 8.0)
_LAST_S = 10.0
_KILL_UNTIL_S = 420.0
_SETTLE_S = 240.0
Say = Callable[[str], None]


def measure(
    citizens: int, volunteers: int, kills: int, seed: int, say: Say, *, services: int = 1, database_url: str = ""
) -> dict[str, Any]:  # fmt: skip
    """Return the counts that `tro-ly evaluate desk` prints; those that should be 0 are 0 with any seed.

    database_url: PostgreSQL, needed by more than one service; empty: SQLite in a temporary folder.
    """
    started = time.monotonic()
    dice = random.Random(seed)
    tell, say = say, lambda line: tell(f"{time.monotonic() - started:5.0f} s  {line}")
    with tempfile.TemporaryDirectory() as name, own_schema(database_url) as url:
        folder = Path(name)
        database = open_database(url or f"sqlite:///{folder / 'tro-ly.db'}")
        telegram = FakeTelegram(folder)
        replicas = _replicas(folder, telegram, url or f"sqlite:///{folder / 'tro-ly.db'}", services)
        try:
            groups = _found_teams(database, volunteers)
            _start(replicas)
            town, killed, unsettled = asyncio.run(
                _play(telegram, replicas, database, groups, citizens, kills, dice, say)
            )
            for service in replicas:
                service.stop()
            report = check(database, telegram.said(), town)
            report["reminders_doubled"] = doubled_reminders(replicas[0].database_url, say)
        finally:
            for service in replicas:
                service.end()
            telegram.stop()
            database.close()
    return report | {
        "unsettled": unsettled,
        "services": services,
        "kills": killed,
        "seed": seed,
        "seconds": round(time.monotonic() - started),
    }


@contextlib.contextmanager
def own_schema(url: str) -> Iterator[str]:
    """Yield the address of a schema of our own on this PostgreSQL, dropped at the end; what else is there is not touched."""
    if not url:
        yield ""
        return
    name = f"desk_{secrets.token_hex(4)}"
    engine = create_engine(url)
    try:
        with engine.begin() as db:
            db.execute(text(f"CREATE SCHEMA {name}"))
        with_schema = make_url(url).update_query_dict({"options": f"-csearch_path={name}"}, append=True)
        yield with_schema.render_as_string(hide_password=False)
        with engine.begin() as db:
            db.execute(text(f"DROP SCHEMA {name} CASCADE"))
    finally:
        engine.dispose()


def _replicas(folder: Path, telegram: FakeTelegram, url: str, count: int) -> list[Service]:
    token, secret = f"1:{secrets.token_hex(8)}", secrets.token_hex(16)
    replicas = [
        Service(
            folder / f"service-{number}", DATABASE_URL=url, TELEGRAM_TOKEN=token, TELEGRAM_API_URL=telegram.url,
            LOG_LEVEL="WARNING", TELEGRAM_GROUP_PER_MINUTE=str(18 * _FASTER), TELEGRAM_WEBHOOK_SECRET=secret,
        )
        for number in range(count)
    ]  # fmt: skip
    # Telegram shows duplicates and disorder only with a webhook; polling hands updates over one by one. It knows one
    # address; the fake plays the load balancer behind it as well.
    for service in replicas:
        service.set(TELEGRAM_WEBHOOK_URL=replicas[0].url)
    telegram.control("balance", urls=[service.url for service in replicas])
    return replicas


def _start(replicas: Sequence[Service]) -> None:
    """Start all; the first builds the index and the others get a copy of it."""
    first, *others = replicas
    first.start()
    for service in others:
        shutil.copytree(first.data_dir / "index", service.data_dir / "index")
        service.start()


def _found_teams(database: Database, volunteers: int) -> list[Group]:
    count = max(_TEAMS, volunteers // _TEAM_SIZE)
    return [
        found_team(
            database, f"Tổ {team + 1}", -1001 - team,
            {9000 + n: f"{('chị', 'anh')[n % 2]} Số{n}" for n in range(team, volunteers, count)},
        )
        for team in range(count)
    ]  # fmt: skip


async def _play(
    telegram: FakeTelegram, replicas: Sequence[Service], database: Database, groups: list[Group], citizens: int, kills: int,
    dice: random.Random, say: Say,
) -> tuple[Town, int, int]:  # fmt: skip
    town = Town(telegram.url, groups, dice)
    await town.control("limits", on=True, scale=_FASTER)
    await town.control("weather", seed=dice.randrange(2**31), **_WEATHER)
    # The more people, the slower each of them, so that a small machine keeps up with all.
    pace_s = max(citizens / 8, 5.0)
    people = [
        citizen.live(town, 100_000 + n, random.Random(dice.randrange(2**31)), pace_s) for n in range(citizens)
    ] + [
        volunteer.live(town, member, group, random.Random(dice.randrange(2**31)), max(citizens / 20, 4.0))
        for group in groups
        for member in group.members
    ]
    reader = asyncio.create_task(town.read())
    living = [asyncio.create_task(one) for one in people]
    vandal = asyncio.create_task(_vandalise(town, dice))
    try:
        killed = await _kill(replicas, kills, dice, town, say)
        await asyncio.sleep(_LAST_S)
        say("night: nobody writes any more")
        town.night = True
        vandal.cancel()
        await asyncio.gather(*living)
        await town.control("weather")
        unsettled = await _settle(town, database, say)
    finally:
        for task in (reader, vandal, *living):
            task.cancel()
        await asyncio.gather(reader, vandal, *living, return_exceptions=True)
        await town.close()
    return town, killed, unsettled


async def _kill(replicas: Sequence[Service], kills: int, dice: random.Random, town: Town, say: Say) -> int:
    begun = time.monotonic()
    await asyncio.sleep(_LAST_S)
    for number in range(kills):
        if time.monotonic() - begun > _KILL_UNTIL_S:
            say(f"no time for more than {number} kills")
            return number
        await asyncio.sleep(dice.uniform(*_LIFE_S))
        service = dice.choice(replicas)
        await asyncio.to_thread(service.kill)
        await asyncio.sleep(dice.random())
        await asyncio.to_thread(service.start)
        say(f"kill {number + 1}: {len(town.said)} messages so far, {len(town.cases)} tickets")
    return kills


async def _vandalise(town: Town, dice: random.Random) -> None:
    """Delete topics and close them by hand; at times closed ones refuse the bot as well."""
    while True:
        await asyncio.sleep(dice.uniform(2, 8))
        await town.control("closed", refuse=dice.random() < 0.5)
        if town.cases:
            case = dice.choice(list(town.cases.values()))
            what = "delete_topic" if dice.random() < 0.5 else "close_topic"
            await town.control(what, chat_id=case.group.chat, thread=case.thread)


async def _settle(town: Town, database: Database, say: Say) -> int:
    """Wait until nothing is under way any more; return how much still is when time is up."""
    deadline = time.monotonic() + _SETTLE_S
    waiting: tuple[int, ...] = ()
    while time.monotonic() < deadline:
        with database.begin() as db:
            unanswered = db.execute(text("SELECT count(*) FROM inbox WHERE turn_id IS NULL")).scalar_one()
            unsent = db.execute(text("SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')")).scalar_one()
        waiting = (int((await town.control("waiting"))["updates"]), unanswered, unsent)
        if not any(waiting):
            return 0
        await asyncio.sleep(1)
    say(f"not settled: {waiting[0]} updates, {waiting[1]} unanswered, {waiting[2]} unsent")
    return sum(waiting)
