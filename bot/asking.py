"""Ask one question outside any conversation: for `tro-ly ask`, the /api/ask address and the evaluation."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.conversation.context import Context
from bot.conversation.router import Router
from bot.conversation.turn import Services, Turn
from bot.messages import Kind
from bot.privacy import mask
from knowledge.search import Candidate


class Asker:
    """Runs questions through the real router, keeping nothing: no inbox row, no ticket."""

    def __init__(self, router: Router, services: Services) -> None:
        self._router = router
        self._services = services

    def ask(self, question: str, history: Sequence[str] = (), now: datetime | None = None) -> dict[str, Any]:
        """Return the reply to question after the citizen said history, as the JSON that `tro-ly ask --json` prints.

        Keys: outcome, guide, record (code of an imported one), aspect, confidence, offered, reply, buttons, latency_ms, steps (ms each).
        """
        context = Context()
        moment = now or datetime.now(UTC)
        answer: dict[str, Any] = {}
        for text in [*history, question]:
            answer, context = self._turn(text, context, moment)
            moment += timedelta(seconds=1)
        return answer

    def search(self, query: str, limit: int) -> list[Candidate]:
        """Return the best guides for a query, best first."""
        return self._services.search.search(query, limit)

    def _turn(self, text: str, context: Context, now: datetime) -> tuple[dict[str, Any], Context]:
        started = time.perf_counter()
        masked = mask(text)
        turn = Turn(
            conversation_id=0, kind=Kind.TEXT, text=masked.text, action="", hidden=masked.hidden, context=context, now=now,
            services=replace(self._services, citizens=None),
        )  # fmt: skip
        reply, _ = self._router.answer(turn)
        turn.context.seen_at = now
        confidence = turn.decision.confidence if turn.decision else reply.confidence
        return {
            "outcome": reply.outcome,
            "guide": reply.guide,
            "record": reply.record,
            "aspect": reply.aspect,
            "confidence": None if confidence is None else round(confidence, 4),
            "offered": list(reply.offered),
            "reply": reply.plain,
            "buttons": [button.label for button in reply.buttons],
            "intent": turn.intent,
            "latency_ms": round((time.perf_counter() - started) * 1000, 3),
            "steps": dict(turn.steps_ms),
        }, turn.context
