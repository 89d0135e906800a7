"""Pages for operators and scripts: /healthz, /readyz, /metrics and /api/ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.asking import Asker
from bot.conversation.turn import Services
from bot.errors import BadBody
from bot.json_body import read_json
from bot.limits import Limits
from bot.observe import Metrics
from bot.store.database import Database
from bot.store.outbox import Outbox

MAX_QUESTION = 2000
# A question and 20 earlier ones, each letter up to 3 bytes.
MAX_BODY_BYTES = 150_000


class ServicePages:
    """What is known of a running server; rasa returns its state, restarts and problem."""

    def __init__(
        self, asker: Asker, services: Services, database: Database, outbox: Outbox, metrics: Metrics,
        rasa: Callable[[], dict[str, Any]], limits: Limits,
    ) -> None:  # fmt: skip
        self._asker = asker
        self._services = services
        self._database = database
        self._outbox = outbox
        self._metrics = metrics
        self._rasa = rasa
        self._limits = limits

    def routes(self) -> list[BaseRoute]:
        """Return the routes to mount at /."""
        return [
            Route("/healthz", self.health),
            Route("/readyz", self.ready),
            Route("/metrics", self.metrics),
            Route("/api/ask", self.ask, methods=["POST"]),
        ]

    async def health(self, request: Request) -> Response:
        """Always 200 while the process lives: state of each part; Rasa away is no fault of the whole."""
        rasa = await run_in_threadpool(self._rasa)
        index = self._services.search.index
        body = {
            "status": "ok" if rasa["state"] == "up" else "degraded",
            "rasa": rasa,
            "index": {"version": index.manifest.version, "guides": len(index.guides), "passages": len(index.passages)},
            "outbox": await run_in_threadpool(self._outbox.counts),
        }
        return JSONResponse(body)

    async def ready(self, request: Request) -> Response:
        """200 when questions can be answered: database and index are there."""

        def check() -> None:
            with self._database.begin() as db:
                db.execute(text("SELECT 1"))

        try:
            await run_in_threadpool(check)
        except Exception as exc:
            return JSONResponse({"ready": False, "problem": type(exc).__name__}, status_code=503)
        return JSONResponse({"ready": True})

    async def metrics(self, request: Request) -> Response:
        """Prometheus text format."""
        rasa = await run_in_threadpool(self._rasa)
        self._metrics.rasa_up.set(1 if rasa["state"] == "up" else 0)
        return Response(generate_latest(self._metrics.registry), media_type=CONTENT_TYPE_LATEST)

    async def ask(self, request: Request) -> Response:
        """One question outside any conversation: {"question": words, "history": [words, …]} -> see Asker.ask."""
        if refusal := await self._limits.refusal(request):
            return refusal
        try:
            body = await read_json(request, MAX_BODY_BYTES)
            question, history = body["question"], body.get("history", [])
            valid = isinstance(question, str) and isinstance(history, list) and all(isinstance(h, str) for h in history)
        except BadBody as exc:
            return JSONResponse({"error": str(exc)}, status_code=exc.status)
        except (KeyError, TypeError):
            valid = False
        if not valid or not question.strip() or max(map(len, [question, *history])) > MAX_QUESTION or len(history) > 20:
            return JSONResponse(
                {"error": "question: cần một câu hỏi; history: danh sách câu hỏi trước."}, status_code=400
            )
        return JSONResponse(await run_in_threadpool(self._asker.ask, question, history))
