"""Slow down guessing of passwords, for each name and for each address, over all processes and after a restart."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from bot.store import tries
from bot.store.database import Database

WINDOW = timedelta(minutes=15)
# A village office shares one address.
LIMITS = {"login": 8, "address": 40}


class Guesses:
    """The tries of the last WINDOW that were not right."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, login: str, address: str, now: datetime) -> timedelta:
        """Count a try and return zero, or return how long this name or address has to wait before it may try.

        A try is counted before its password is checked: many that come at once are slowed down as well.
        """
        keys = {"login": _key("login", login), "address": _key("address", address)}
        with self._database.begin() as db:
            tries.forget_until(db, now - WINDOW)
            wait = timedelta()
            for kind, key in keys.items():
                times = tries.newest(db, key, LIMITS[kind])
                if len(times) == LIMITS[kind]:
                    wait = max(wait, times[-1] + WINDOW - now)
            if not wait:
                tries.add(db, list(keys.values()), now)
        return wait

    def right(self, login: str, address: str) -> None:
        """Forget the tries of a name that has signed in, and this last one of its address."""
        with self._database.begin() as db:
            tries.forget(db, _key("login", login))
            tries.forget_newest(db, _key("address", address))


def _key(kind: str, value: str) -> str:
    return hashlib.sha256(f"{kind}:{value}".encode()).hexdigest()
