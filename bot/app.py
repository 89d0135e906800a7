"""Wiring: builds each part once from the settings and hands it to those who need it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool

from actions import ACTIONS
from bot.asking import Asker
from bot.channels.telegram.channel import Telegram
from bot.channels.terminal.chat import chat
from bot.channels.waiting import AnswerBell
from bot.channels.web.receive import WebChat
from bot.console.console import Console
from bot.conversation.inbox import Inbox
from bot.conversation.router import Router
from bot.conversation.turn import Hears, Services
from bot.conversation.workers import Finished, Workers
from bot.desk.bench import Bench, Clock
from bot.desk.citizens import Citizens
from bot.desk.desk import Desk
from bot.desk.digest import Digest
from bot.desk.hours import Hours
from bot.errors import RasaUnavailable, SettingError
from bot.limits import Limits
from bot.nlu_model import RASA_PYTHON, usable_model
from bot.observe import Metrics
from bot.rasa_process import RasaProcess
from bot.service_pages import ServicePages
from bot.settings import Settings
from bot.store.conversations import Conversations
from bot.store.database import Database
from bot.store.leader import Leader
from bot.store.outbox import Outbox
from knowledge.decide import Decider
from knowledge.embeddings import SentenceEncoder
from knowledge.guide import Guide
from knowledge.index import IndexBroken, build, current_version, open_current
from knowledge.library import load
from knowledge.places.lookup import Places
from knowledge.records.store import RecordStore
from knowledge.search import Search
from nlu.client import AWAY, NluClient, Understanding

log = structlog.get_logger(__name__)
_WATCH_INDEX_S = 2.0
_CLOCK_S = 5.0


class NoRasa:
    """Stands for Rasa where there is none: every message is understood by retrieval alone."""

    def parse(self, text: str) -> Understanding:
        """Return AWAY."""
        return AWAY


@dataclass
class Assistant:
    """Everything that answers a question, without channels."""

    settings: Settings
    database: Database
    services: Services
    router: Router
    desk: Desk

    def close(self) -> None:
        self.database.close()


def build_assistant(settings: Settings, nlu: Hears | None = None) -> Assistant:
    """Open the database and the index (built from the guides when they changed) and put the parts together."""
    database = Database(settings.database)
    database.migrate()
    encoder = SentenceEncoder(model_path(settings.encoder))
    build(load(settings.guides_dir), encoder, settings.data_dir / "index")
    decider = Decider()
    search = Search(open_current(settings.data_dir / "index"), encoder, decider)
    places = Places()
    records = RecordStore(settings.records)
    records.check()
    services = Services(nlu or NoRasa(), search, decider, None, places, records)
    # Through services: its search is replaced when a new index becomes current.
    bench = build_bench(settings, database, places, lambda guide: services.search.index.guides.get(guide))
    services.citizens = Citizens(bench)
    return Assistant(settings, database, services, Router(ACTIONS), Desk(bench, services.citizens))


def build_bench(
    settings: Settings, database: Database, places: Places, guide_of: Callable[[str], Guide | None]
) -> Bench:
    """Return the desk's tools; guide_of: a guide by its id, or None."""
    return Bench(
        database, places, Hours.parse(settings.desk_hours), Clock(settings.desk_reminders, settings.desk_pass_on_minutes),
        title_of=lambda guide: found.title if (found := guide_of(guide or "")) else None,
        field_of=lambda guide: found.field if (found := guide_of(guide or "")) else None,
    )  # fmt: skip


def model_path(name: str) -> str | Path:
    """Return the setting as a folder when it is one, else as the name of a hub model."""
    return Path(name) if Path(name).is_dir() else name


def _check_free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            raise SettingError(
                f"PORT: không mở được {host}:{port} ({exc.strerror}). Dừng chương trình đang giữ cổng, hoặc đặt PORT khác trong .env."
            ) from exc


def build_asker(settings: Settings, nlu: Hears | None = None) -> Asker:
    """Return what answers single questions in this process."""
    assistant = build_assistant(settings, nlu)
    return Asker(assistant.router, assistant.services)


def build_terminal(settings: Settings, nlu: Hears | None = None) -> Callable[[], None]:
    """Return a function that holds a conversation in the terminal."""
    assistant = build_assistant(settings, nlu)
    conversations = Conversations(assistant.database, f"terminal-{os.getpid()}")
    topic_lasts = timedelta(minutes=settings.context_minutes)
    workers = Workers(conversations, assistant.router, assistant.services, topic_lasts, lambda _: None)
    inbox = Inbox(conversations, timedelta(), lambda: None)
    return lambda: chat(inbox, workers, conversations, f"terminal-{secrets.token_hex(8)}")


class Server:
    """The running service: web chat, health, metrics, workers, Rasa, Telegram when it is set."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.metrics = Metrics()
        self.rasa: RasaProcess | None = None
        self.rasa_problem = ""
        self._nlu = self._ears()
        self.assistant = build_assistant(settings, self._nlu)
        owner = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self.conversations = Conversations(self.assistant.database, owner)
        self.outbox = Outbox(self.assistant.database)
        self.digest = Digest(self.assistant.desk.bench, settings.digest_at, settings.desk_admin_chat)

    async def run(self) -> None:
        """Serve until SIGINT or SIGTERM; turns in progress end first."""
        settings, loop = self._settings, asyncio.get_running_loop()
        _check_free(settings.host, settings.port)
        if self.assistant.database.is_sqlite:
            # Nobody else uses this file, so what a dead process left behind is ours again at once.
            self.conversations.release_all()
        bell = AnswerBell(loop)

        def finished(turn: Finished) -> None:
            self._count(turn)
            bell.ring(turn.channel, turn.update_ids, turn.shown)
            if telegram:
                loop.call_soon_threadsafe(telegram.notify)

        workers = Workers(
            self.conversations, self.assistant.router, self.assistant.services,
            timedelta(minutes=settings.context_minutes), finished,
        )  # fmt: skip
        inbox = Inbox(self.conversations, timedelta(milliseconds=settings.burst_ms), workers.wake)
        limits = Limits(settings.chat_per_minute, settings.address_per_minute)
        web = WebChat(inbox, self.conversations, bell, limits)
        telegram = self._telegram(inbox)
        parts = self.assistant
        pages = ServicePages(
            Asker(parts.router, parts.services),
            parts.services,
            parts.database,
            self.outbox,
            self.metrics,
            self.rasa_state,
            limits,
        )
        console = Console(
            parts.desk, settings.public_url, files=telegram.files if telegram else None, bot_name=lambda: telegram.name if telegram else "", ending=lambda: server.should_exit
        )  # fmt: skip
        routes = [*pages.routes(), *console.routes(), *web.routes()]
        if telegram:
            routes += telegram.routes()
        config = uvicorn.Config(
            Starlette(routes=routes), host=settings.host, port=settings.port, log_config=None, access_log=False,
            server_header=False, timeout_graceful_shutdown=10,
        )  # fmt: skip
        # Workers hand the interpreter back to the event loop ten times sooner than by default: turns are short.
        sys.setswitchinterval(0.0005)
        server = uvicorn.Server(config)
        # uvicorn would raise the signal again at its end, which kills us before Rasa is ended.
        server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, setattr, server, "should_exit", True)
        if self.rasa and isinstance(self._nlu, NluClient):
            self.rasa.start(self._nlu.healthy)
        workers.start(settings.workers)
        background = [asyncio.create_task(self._watch_index()), asyncio.create_task(self._run_clock())]
        if telegram:
            background.append(asyncio.create_task(telegram.run()))
        log.info("serving", address=f"http://{settings.host}:{settings.port}", telegram=bool(telegram))
        try:
            await server.serve()
        finally:
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            await run_in_threadpool(workers.stop)
            if self.rasa:
                await run_in_threadpool(self.rasa.stop)
            self.assistant.close()

    def rasa_state(self) -> dict[str, Any]:
        """Return state (up, away, starting, restarting or absent), restarts and problem."""
        if self.rasa:
            return {"state": self.rasa.state, "restarts": self.rasa.restarts, "problem": ""}
        if isinstance(self._nlu, NluClient):
            return {"state": "up" if self._nlu.healthy() else "away", "restarts": 0, "problem": ""}
        return {"state": "absent", "restarts": 0, "problem": self.rasa_problem}

    def _ears(self) -> Hears:
        settings = self._settings
        if settings.rasa_replicas:
            return NluClient(settings.rasa_replicas, settings.rasa_token.get_secret_value(), settings.rasa_timeout_s)
        try:
            self.rasa = RasaProcess(
                RASA_PYTHON, usable_model(settings.data_dir / "models"), settings.rasa_port,
                settings.data_dir / "logs" / "rasa.log", self.metrics.rasa_restarts.inc,
            )  # fmt: skip
        except RasaUnavailable as exc:
            # Not fatal: retrieval alone answers most questions, and /healthz tells.
            self.rasa_problem = str(exc)
            log.warning("rasa_absent", reason=str(exc))
            return NoRasa()
        return NluClient([self.rasa.url], self.rasa.token, settings.rasa_timeout_s)

    def _telegram(self, inbox: Inbox) -> Telegram | None:
        token = self._settings.telegram_token.get_secret_value()
        if not token:
            return None
        return Telegram(
            token, self._settings.telegram_api_url, inbox, self.outbox, self.assistant.desk, self.metrics,
            Leader(self.assistant.database, "telegram"), webhook_url=self._settings.telegram_webhook_url,
            webhook_secret=self._settings.telegram_webhook_secret.get_secret_value(),
            group_per_minute=self._settings.telegram_group_per_minute,
        )  # fmt: skip

    def _count(self, turn: Finished) -> None:
        self.metrics.turns.labels(turn.outcome).inc()
        self.metrics.turn_seconds.observe(turn.latency_ms / 1000)
        for step, ms in turn.steps_ms.items():
            self.metrics.step_seconds.labels(step).observe(ms / 1000)

    async def _run_clock(self) -> None:
        """Do what the desk's clock says, and send the digests; another replica's clock does no harm."""
        while True:
            try:
                await run_in_threadpool(self.assistant.desk.clock.tick, datetime.now(UTC))
                await run_in_threadpool(self.digest.tick, datetime.now(UTC))
            except Exception:
                # A clock that dies would leave every waiting citizen without a reminder, and nobody would notice.
                log.exception("desk_clock_failed")
            await asyncio.sleep(_CLOCK_S)

    async def _watch_index(self) -> None:
        """Swap in a newly built index while requests go on; a broken one is refused and the old one keeps serving."""
        root = self._settings.data_dir / "index"
        refused = ""
        while True:
            await asyncio.sleep(_WATCH_INDEX_S)
            services = self.assistant.services
            try:
                version = current_version(root)
                if version in (services.search.index.manifest.version, refused):
                    continue
                fresh = await run_in_threadpool(services.search.reopened, root / version)
            except IndexBroken as exc:
                refused = version
                log.error("index_refused", reason=str(exc))
                continue
            services.search = fresh
            log.info("index_swapped", version=version, passages=len(fresh.index.passages))
