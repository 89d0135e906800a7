"""What an operator can see: structured logs without anybody's words, and Prometheus metrics."""

from __future__ import annotations

import logging
import logging.handlers
import sys
from pathlib import Path
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """The metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.turns = Counter("turns", "Turns by outcome", ["outcome"], registry=self.registry)
        buckets = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
        self.turn_seconds = Histogram(
            "turn_seconds", "Time to answer one turn", buckets=buckets, registry=self.registry
        )
        self.step_seconds = Histogram(
            "step_seconds", "Time of each step", ["step"], buckets=buckets, registry=self.registry
        )
        self.rasa_up = Gauge("rasa_up", "1 while Rasa answers", registry=self.registry)
        self.rasa_restarts = Counter(
            "rasa_restarts", "Times our Rasa process was started again", registry=self.registry
        )
        self.sent = Counter(
            "messages_sent", "Outgoing messages by channel and result", ["channel", "result"], registry=self.registry
        )


def set_up_logging(level: str, folder: Path | None) -> None:
    """Write JSON lines to folder/tro-ly.log (rotated, 5 x 10 MB) and readable lines to stderr."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=True,
    )
    console = logging.StreamHandler(sys.stderr)
    console.setFormatter(_formatter(shared, _console_renderer()))
    handlers: list[logging.Handler] = [console]
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        file = logging.handlers.RotatingFileHandler(
            folder / "tro-ly.log", maxBytes=10_000_000, backupCount=5, encoding="utf-8"
        )
        file.setFormatter(_formatter(shared, structlog.processors.JSONRenderer(ensure_ascii=False)))
        handlers.append(file)
    logging.basicConfig(level=level, handlers=handlers, force=True)
    # These write whole URLs at INFO, and Telegram's hold the bot token, Rasa's hold its token.
    for name in ("httpx", "httpcore", "telegram"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("alembic", "sentence_transformers", "faiss.loader"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _console_renderer() -> structlog.dev.ConsoleRenderer:
    # Plain tracebacks: the pretty ones print local variables, which hold what people wrote.
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)


def _formatter(shared: list[Any], renderer: Any) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
        ],
    )
