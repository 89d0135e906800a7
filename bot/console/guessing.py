"""Slow down guessing of passwords, for each name and for each address. Counts live in memory: a restart forgives."""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
# A village office shares one address.
LIMITS = {"login": 8, "address": 40}
# Beyond this many remembered keys the oldest go, so that guessing cannot fill the memory.
_MAX_KEYS = 10_000


class Guesses:
    """Wrong sign-ins of the last WINDOW."""

    def __init__(self) -> None:
        self._wrong: dict[tuple[str, str], deque[datetime]] = {}
        self._lock = threading.Lock()

    def wait(self, login: str, address: str, now: datetime) -> timedelta:
        """Return how long this name or address has to wait before the next try; zero: not at all."""
        with self._lock:
            return max(self._left(("login", login), now), self._left(("address", address), now))

    def wrong(self, login: str, address: str, now: datetime) -> None:
        """Count one wrong sign-in."""
        with self._lock:
            for key in (("login", login), ("address", address)):
                self._wrong.setdefault(key, deque(maxlen=LIMITS[key[0]])).append(now)
            while len(self._wrong) > _MAX_KEYS:
                self._wrong.pop(next(iter(self._wrong)))

    def right(self, login: str) -> None:
        """Forget the wrong tries of a name that has signed in."""
        with self._lock:
            self._wrong.pop(("login", login), None)

    def _left(self, key: tuple[str, str], now: datetime) -> timedelta:
        times = self._wrong.get(key, deque())
        full = len(times) == LIMITS[key[0]]
        return max(times[0] + WINDOW - now, timedelta()) if full else timedelta()
