"""Two replicas' clocks on one database at the same moments: each reminder is given once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from bot.desk.bench import Bench, Clock
from bot.desk.citizens import Citizens
from bot.desk.desk import Desk
from bot.desk.hours import Hours
from bot.store.database import Database
from evaluation.desk.cast import ALWAYS
from knowledge.places.lookup import Places

_REPLICAS, _THREADS = 2, 3
_CLOCK = Clock()
# Past every mark of the clock, and once more for those that were passed on.
_MINUTES = (11, 21, 31, 42, 52, 62, 200)


def doubled_reminders(url: str, say: Callable[[str], None]) -> int:
    """Let the clocks of two replicas strike at the same moments; return how many reminders came twice."""
    replicas = [Database(url) for _ in range(_REPLICAS)]
    clocks = [_desk(replica).clock for replica in replicas]
    start = datetime.now(UTC)
    try:
        for minutes in _MINUTES:
            now = start + timedelta(minutes=minutes)
            with ThreadPoolExecutor(_REPLICAS * _THREADS) as pool:
                # list() raises what went wrong in a thread.
                list(pool.map(lambda clock, at=now: clock.tick(at), clocks * _THREADS))
        given, doubled = count_reminders(replicas[0])
    finally:
        for replica in replicas:
            replica.close()
    say(f"{given} reminders given, {doubled} of them twice")
    return doubled


def count_reminders(database: Database) -> tuple[int, int]:
    """Return (all, doubled): doubled are those that say the same of the same wait as an earlier one."""
    with database.begin() as db:
        events = db.execute(text("SELECT ticket_id, kind, note FROM ticket_event ORDER BY ticket_id, id")).all()
    given = doubled = 0
    said: set[tuple[int, str]] = set()
    for ticket, kind, note in events:
        if kind == "reminded":
            given += 1
            doubled += (ticket, note) in said
            said.add((ticket, note))
        else:
            # Something happened to the ticket: a new wait begins.
            said = {one for one in said if one[0] != ticket}
    return given, doubled


def _desk(database: Database) -> Desk:
    bench = Bench(database, Places(), Hours.parse(ALWAYS), _CLOCK, lambda guide: None, lambda guide: None)
    return Desk(bench, Citizens(bench))
