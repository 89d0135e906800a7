"""Answer waiting conversations, several at a time, one turn at a time for each person."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import structlog

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.conversation.turn import Services, Turn
from bot.messages import Kind
from bot.store.conversations import Claimed, Conversations, Shown, TurnRecord, Waiting

log = structlog.get_logger(__name__)
# Another replica's new message, or one whose owner died, is found after at most this long.
_LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Finished:
    """One committed turn, for whoever waits for it: web requests, the outbox, the metrics."""

    channel: str
    shown: Shown
    update_ids: tuple[str, ...]
    outcome: str
    latency_ms: float
    steps_ms: dict[str, float]


class Workers:
    """Threads that take the conversation that waited longest, answer it and commit the turn."""

    def __init__(
        self, conversations: Conversations, router: Router, services: Services, topic_lasts: timedelta,
        on_finished: Callable[[Finished], None], self_delivering: Sequence[str] = ("web", "terminal"),
    ) -> None:  # fmt: skip
        """self_delivering: channels that read their replies from the database, so that nothing has to be sent."""
        self._conversations = conversations
        self._router = router
        self._services = services
        self._topic_lasts = topic_lasts
        self._on_finished = on_finished
        self._self_delivering = frozenset(self_delivering)
        self._bell = threading.Condition()
        self._rings = 0
        self._stopping = False
        self._threads: list[threading.Thread] = []

    def start(self, count: int) -> None:
        """Start count threads."""
        for n in range(count):
            thread = threading.Thread(target=self._run, name=f"worker-{n}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Let turns in progress end, then return."""
        with self._bell:
            self._stopping = True
            self._bell.notify_all()
        for thread in self._threads:
            thread.join(timeout=30)

    def wake(self) -> None:
        """Tell one sleeping worker that a message came."""
        with self._bell:
            self._rings += 1
            self._bell.notify()

    def work_once(self, now: datetime | None = None) -> bool:
        """Answer one due conversation; return False when none is due."""
        claimed = self._conversations.claim(now or datetime.now(UTC))
        if claimed is None:
            return False
        self._answer(claimed, now)
        return True

    def _run(self) -> None:
        while not self._stopping:
            with self._bell:
                rings = self._rings
            try:
                if self.work_once():
                    continue
                pause = self._pause()
            except Exception:
                # The database may be busy or away for a moment; a worker that dies would leave everybody unanswered.
                log.exception("worker_failed")
                pause = 1.0
            with self._bell:
                if self._rings == rings and not self._stopping:
                    self._bell.wait(pause)

    def _pause(self) -> float:
        due = self._conversations.next_due()
        if due is None:
            return _LOOK_EVERY_S
        return min(max((due - datetime.now(UTC)).total_seconds(), 0.005), _LOOK_EVERY_S)

    def _answer(self, claimed: Claimed, now: datetime | None) -> None:
        started = time.perf_counter()
        taken = first_question(claimed.messages)
        moment = now or datetime.now(UTC)
        context = Context.model_validate(claimed.context)
        context.expire(moment, self._topic_lasts)
        turn = Turn(
            conversation_id=claimed.id,
            kind=taken[0].kind,
            text="\n".join(message.text for message in taken),
            action=taken[0].action,
            hidden=tuple(kind for message in taken for kind in message.hidden),
            context=context,
            now=moment,
            # A copy: a new index that becomes current meanwhile must not be mixed into this turn.
            services=replace(self._services),
            messages=tuple(taken),
            has_ticket=claimed.has_ticket,
            blocked_until=claimed.blocked_until,
        )
        question = turn.text
        reply, error_id = self._router.answer(turn)
        turn.context.seen_at = moment
        latency_ms = round((time.perf_counter() - started) * 1000, 3)
        shown = self._conversations.finish(
            claimed,
            [message.id for message in taken],
            reply,
            turn.context.model_dump(mode="json"),
            TurnRecord(question, turn.intent, turn.steps_ms, latency_ms, error_id),
            delivered=claimed.channel in self._self_delivering,
            now=moment,
            effects=turn.effects,
        )
        log.info(
            "turn", conversation=claimed.id, turn=shown.turn_id, outcome=reply.outcome, guide=reply.guide, ms=latency_ms
        )
        self._on_finished(
            Finished(
                claimed.channel, shown, tuple(m.update_id for m in taken), reply.outcome, latency_ms, turn.steps_ms
            )
        )


def first_question(messages: Sequence[Waiting]) -> list[Waiting]:
    """Return the messages to answer now: a run of plain texts is one question; anything else stands alone."""
    taken = [messages[0]]
    if not _plain_text(messages[0]):
        return taken
    for message in messages[1:]:
        if not _plain_text(message):
            break
        taken.append(message)
    return taken


def _plain_text(message: Waiting) -> bool:
    return message.kind is Kind.TEXT and not message.text.startswith("/") and not message.source.edited
