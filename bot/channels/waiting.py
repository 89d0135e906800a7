"""Let a request wait for the turn that answers its message."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bot.store.conversations import Shown

Answer = asyncio.Future[Shown]


class AnswerBell:
    """Rung from worker threads after a turn was committed; heard by requests of the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: dict[tuple[str, str], set[Answer]] = {}

    @contextmanager
    def expect(self, channel: str, update_id: str) -> Iterator[Answer]:
        """Yield a future of what is said to this update. Begin to expect before handing the message in."""
        answer: Answer = self._loop.create_future()
        waiting = self._waiting.setdefault((channel, update_id), set())
        waiting.add(answer)
        try:
            yield answer
        finally:
            waiting.discard(answer)
            if not waiting:
                self._waiting.pop((channel, update_id), None)

    def ring(self, channel: str, update_ids: Sequence[str], shown: Shown) -> None:
        """Give the waiting requests their answer; called from any thread."""
        self._loop.call_soon_threadsafe(self._ring, channel, update_ids, shown)

    def _ring(self, channel: str, update_ids: Sequence[str], shown: Shown) -> None:
        for update_id in update_ids:
            for answer in self._waiting.get((channel, update_id), ()):
                if not answer.done():
                    answer.set_result(shown)
