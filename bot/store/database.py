"""Open the operational database and bring its schema up to date."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event

MIGRATIONS = Path(__file__).with_name("migrations")
# Number of the lock under which one of several replicas that start together migrates; any number nobody else uses.
_MIGRATING = 7_420_001


class Database:
    """A pool of connections; every use is one transaction."""

    def __init__(self, url: str) -> None:
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite:
            Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        self.engine: Engine = create_engine(url, pool_size=16, pool_pre_ping=not self.is_sqlite)
        # SQLite takes one writer at a time and lets the others sleep for up to 100 ms between looks. Threads of one
        # process had better queue here, where the next one starts at once.
        self._queue: AbstractContextManager[object] = threading.Lock() if self.is_sqlite else nullcontext()
        self._own = threading.local()
        if self.is_sqlite:
            _speak_sqlite(self.engine)

    def migrate(self) -> None:
        """Create or upgrade the tables; nothing happens when they are current."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.engine.begin() as connection:
            config.attributes["connection"] = connection
            if not self.is_sqlite:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")
            command.upgrade(config, "head")

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that commits at the end and rolls back on any error.

        Inside another one of the same thread it is a part of that transaction.
        """
        outer: Connection | None = getattr(self._own, "connection", None)
        if outer is not None:
            yield outer
            return
        with self._queue, self.engine.begin() as connection:
            self._own.connection = connection
            try:
                yield connection
            finally:
                self._own.connection = None

    def close(self) -> None:
        self.engine.dispose()


def _speak_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        # We begin transactions ourselves: sqlite3's own rules begin too late, and then a read that turns into a
        # write can fail with "database is locked". Source: SQLAlchemy docs, SQLite dialect, pysqlite transactions.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        # A killed process loses nothing with NORMAL; only a power cut can take the last moments.
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA busy_timeout=10000")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
