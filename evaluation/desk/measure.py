"""Play a town against a real service that is killed again and again; afterwards see what became of every message."""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
# How long the service lives between two kills, in seconds.
_LIFE_S = (2.0, 8.0)
_LAST_S = 10.0
_KILL_UNTIL_S = 420.0
_SETTLE_S = 240.0
Say = Callable[[str], None]


def measure(citizens: int, volunteers: int, kills: int, seed: int, say: Say) -> dict[str, Any]:
    """Return the counts that `tro-ly evaluate desk` prints; those that should be 0 are 0 with any seed."""
    started = time.monotonic()
    dice = random.Random(seed)
    tell, say = say, lambda line: tell(f"{time.monotonic() - started:5.0f} s  {line}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        telegram = FakeTelegram(folder)
        service = Service(
            folder, TELEGRAM_TOKEN=f"1:{secrets.token_hex(8)}", TELEGRAM_API_URL=telegram.url, LOG_LEVEL="WARNING",
            TELEGRAM_GROUP_PER_MINUTE=str(18 * _FASTER),
        )  # fmt: skip
        # Telegram shows duplicates and disorder only with a webhook; polling hands updates over one by one.
        service.set(TELEGRAM_WEBHOOK_URL=service.url, TELEGRAM_WEBHOOK_SECRET=secrets.token_hex(16))
        try:
            groups = _found_teams(service.data_dir, volunteers)
            service.start()
            town, killed, unsettled = asyncio.run(_play(telegram, service, groups, citizens, kills, dice, say))
            service.stop()
            report = check(service.data_dir / "tro-ly.db", telegram.said(), town)
        finally:
            service.end()
            telegram.stop()
        report["reminders_doubled"] = doubled_reminders(service.data_dir / "tro-ly.db", say)
    return report | {
        "unsettled": unsettled,
        "kills": killed,
        "seed": seed,
        "seconds": round(time.monotonic() - started),
    }


def _found_teams(data_dir: Path, volunteers: int) -> list[Group]:
    database = open_database(data_dir)
    count = max(_TEAMS, volunteers // _TEAM_SIZE)
    try:
        return [
            found_team(
                database, f"Tổ {team + 1}", -1001 - team,
                {9000 + n: f"{('chị', 'anh')[n % 2]} Số{n}" for n in range(team, volunteers, count)},
            )
            for team in range(count)
        ]  # fmt: skip
    finally:
        database.close()


async def _play(
    telegram: FakeTelegram, service: Service, groups: list[Group], citizens: int, kills: int, dice: random.Random,
    say: Say,
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
        killed = await _kill(service, kills, dice, town, say)
        await asyncio.sleep(_LAST_S)
        say("night: nobody writes any more")
        town.night = True
        vandal.cancel()
        await asyncio.gather(*living)
        await town.control("weather")
        unsettled = await _settle(town, service.data_dir / "tro-ly.db", say)
    finally:
        for task in (reader, vandal, *living):
            task.cancel()
        await asyncio.gather(reader, vandal, *living, return_exceptions=True)
        await town.close()
    return town, killed, unsettled


async def _kill(service: Service, kills: int, dice: random.Random, town: Town, say: Say) -> int:
    begun = time.monotonic()
    await asyncio.sleep(_LAST_S)
    for number in range(kills):
        if time.monotonic() - begun > _KILL_UNTIL_S:
            say(f"no time for more than {number} kills")
            return number
        await asyncio.sleep(dice.uniform(*_LIFE_S))
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


async def _settle(town: Town, database: Path, say: Say) -> int:
    """Wait until nothing is under way any more; return how much still is when time is up."""
    deadline = time.monotonic() + _SETTLE_S
    waiting: tuple[int, ...] = ()
    while time.monotonic() < deadline:
        with contextlib.closing(sqlite3.connect(database, timeout=30)) as db:
            (unanswered,) = db.execute("SELECT count(*) FROM inbox WHERE turn_id IS NULL").fetchone()
            (unsent,) = db.execute("SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')").fetchone()
        waiting = (int((await town.control("waiting"))["updates"]), unanswered, unsent)
        if not any(waiting):
            return 0
        await asyncio.sleep(1)
    say(f"not settled: {waiting[0]} updates, {waiting[1]} unanswered, {waiting[2]} unsent")
    return sum(waiting)
