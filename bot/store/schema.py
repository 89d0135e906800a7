"""Tables of the operational database, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC moment; SQLite keeps it without zone, so the zone is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

conversation = Table(
    "conversation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", String(20), nullable=False),
    Column("chat", String(80), nullable=False),
    Column("context", JSON, nullable=False),
    Column("due_at", UtcDateTime, index=True),  # null: nothing waits for an answer
    Column("claimed_by", String(40)),
    Column("claimed_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("channel", "chat"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", String(20), nullable=False),
    Column("update_id", String(80), nullable=False),
    Column("conversation_id", ForeignKey("conversation.id"), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("text", Text, nullable=False),  # masked
    Column("hidden", JSON, nullable=False),  # kinds of personal data that were masked
    Column("action", String(64), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("turn_id", ForeignKey("turn.id")),  # null: not answered yet
    UniqueConstraint("channel", "update_id"),
)
Index(
    "ix_inbox_waiting",
    inbox.c.conversation_id,
    inbox.c.id,
    sqlite_where=inbox.c.turn_id.is_(None),
    postgresql_where=inbox.c.turn_id.is_(None),
)

turn = Table(
    "turn",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", ForeignKey("conversation.id"), nullable=False, index=True),
    Column("question", Text, nullable=False),  # masked
    Column("outcome", String(60), nullable=False, index=True),
    Column("guide", String(48)),
    Column("aspect", String(20)),
    Column("confidence", Float),
    Column("offered", JSON, nullable=False),
    Column("intent", String(40)),
    Column("error_id", String(12)),
    Column("steps_ms", JSON, nullable=False),
    Column("latency_ms", Float, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", ForeignKey("conversation.id"), nullable=False, index=True),
    Column("turn_id", ForeignKey("turn.id")),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("buttons", JSON, nullable=False),
    # queued -> sending -> sent | failed | unclear. Web and terminal read their rows themselves: they are written as sent.
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcDateTime, nullable=False),
    Column("external_id", String(40)),
    Column("error", Text),
    Column("created_at", UtcDateTime, nullable=False),
)
Index("ix_outbox_state_due", outbox.c.state, outbox.c.due_at)

ticket = Table(
    "ticket",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", ForeignKey("conversation.id"), nullable=False),
    Column("state", String(10), nullable=False),  # waiting | closed
    Column("reason", String(40), nullable=False),
    Column("question", Text, nullable=False),  # masked
    Column("guide", String(48)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
)
Index(
    "uq_ticket_open",
    ticket.c.conversation_id,
    unique=True,
    sqlite_where=text("state <> 'closed'"),
    postgresql_where=text("state <> 'closed'"),
)
