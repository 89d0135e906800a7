"""Let a request wait for the turn that answers its message."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class AnswerBell:
    """Rung from worker threads after a turn was committed; heard by requests of the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: dict[tuple[str, str], set[asyncio.Event]] = {}

    @contextmanager
    def expect(self, channel: str, update_id: str) -> Iterator[asyncio.Event]:
        """Yield an event that is set once a turn took this update. Begin to expect before handing the message in."""
        event = asyncio.Event()
        waiting = self._waiting.setdefault((channel, update_id), set())
        waiting.add(event)
        try:
            yield event
        finally:
            waiting.discard(event)
            if not waiting:
                self._waiting.pop((channel, update_id), None)

    def ring(self, channel: str, update_ids: tuple[str, ...]) -> None:
        """Tell the waiting requests; called from any thread."""
        self._loop.call_soon_threadsafe(self._ring, channel, update_ids)

    def _ring(self, channel: str, update_ids: tuple[str, ...]) -> None:
        for update_id in update_ids:
            for event in self._waiting.get((channel, update_id), ()):
                event.set()
