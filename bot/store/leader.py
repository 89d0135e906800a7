"""Which of several replicas does what only one may do at a time, such as fetching a bot's updates and keeping its pace."""

from __future__ import annotations

import threading

import structlog
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from bot.store.database import Database

log = structlog.get_logger(__name__)
# A machine that vanished without closing its connection is given up after about 20 s; a process that died, at once.
_NOTICE_DEATH = "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"


class Leader:
    """A lock that an open connection to PostgreSQL holds, so it ends with the process, whatever ends that.

    name: what is to be done by one alone. On SQLite there is one process and it always leads.
    """

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name
        self._mine = threading.Lock()
        self._connection: Connection | None = None

    def leads(self) -> bool:
        """Tell whether this process leads, and take the lead when nobody has it.

        Ask again every few seconds: a connection that broke, and the lead with it, is noticed here.
        """
        if self._database.is_sqlite:
            return True
        with self._mine:
            try:
                if self._connection is not None:
                    self._connection.exec_driver_sql("SELECT 1")
                    return True
                return self._try()
            except SQLAlchemyError as exc:
                log.warning("lead_lost", name=self._name, error=type(exc).__name__)
                self._hang_up()
                return False

    def step_down(self) -> None:
        """Let another replica lead."""
        with self._mine:
            self._hang_up()

    def _try(self) -> bool:
        # Out of the pool: the lock must not go on to whoever gets the connection next.
        connection = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._connection = connection
        connection.exec_driver_sql(_NOTICE_DEATH)
        # Of the schema: two services that share a server, each in a schema of its own, do not wait for each other.
        lock = text("SELECT pg_try_advisory_lock(hashtextextended(current_schema() || '/' || :name, 0))")
        if connection.execute(lock, {"name": self._name}).scalar():
            log.info("leads", name=self._name)
            return True
        self._hang_up()
        return False

    def _hang_up(self) -> None:
        if self._connection is not None:
            # Closed for real, not given back to the pool: the lock ends with it.
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
