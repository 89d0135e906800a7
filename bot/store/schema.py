"""Tables of the operational database, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
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
    false,
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
    Column("blocked_until", UtcDateTime),  # null: not blocked; messages until then are kept and get no answer
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
    Column("source", JSON, nullable=False, server_default="{}"),  # bot.messages.Source
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
    # What to do besides saying the text, in the desk's terms; see bot.desk.bench. Null: an ordinary message.
    Column("post", JSON),
    Column("relay_id", ForeignKey("relay.id")),
    # An earlier try may have arrived: this one says that it is a repeat.
    Column("again", Boolean, nullable=False, server_default=false()),
    # queued -> sending -> sent | failed | unclear. Web and terminal read their rows themselves: they are written as sent.
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcDateTime, nullable=False),
    Column("external_id", String(40)),
    Column("error", Text),
    Column("created_at", UtcDateTime, nullable=False),
)
Index("ix_outbox_state_due", outbox.c.state, outbox.c.due_at)

team = Table(
    "team",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(120), nullable=False, unique=True),
    Column("level", String(5), nullable=False),  # to | xa | tinh
    Column("commune", String(5)),  # code of the commune it serves; null for a province's team
    Column("province", String(80)),  # name, as in knowledge.places
    Column("telegram_chat", String(20), unique=True),  # forum group; null: the web desk only
    Column("hours", String(200), nullable=False, server_default=""),  # empty: the setting
    Column("created_at", UtcDateTime, nullable=False),
)

volunteer = Table(
    "volunteer",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(60), nullable=False),  # as citizens read it: "chị Hoa"
    Column("role", String(10), nullable=False),  # volunteer | lead | admin
    Column("team_id", ForeignKey("team.id")),  # null: an administrator of all teams
    Column("telegram_user", String(20), unique=True),
    Column("login", String(60), unique=True),
    Column("password_hash", String(200)),
    Column("skills", JSON, nullable=False),  # fields of guides, e.g. "vneid"
    Column("capacity", Integer, nullable=False, server_default="3"),
    Column("on_duty", Boolean, nullable=False),
    Column("hours", String(200), nullable=False, server_default=""),  # when on the roster; empty: the team's hours
    Column("served", Integer, nullable=False, server_default="0"),  # tickets claimed; whose turn it is
    Column("created_at", UtcDateTime, nullable=False),
    Column("left_at", UtcDateTime),  # no rights from then on
)

invitation = Table(
    "invitation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("volunteer_id", ForeignKey("volunteer.id"), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("volunteer_id", ForeignKey("volunteer.id"), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

# Wrong sign-ins of the last minutes, one row each for the name and the address they came with.
sign_in_try = Table(
    "sign_in_try",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), nullable=False, index=True),  # hash: whoever mistakes the box types a password as name
    Column("at", UtcDateTime, nullable=False),
)

ticket = Table(
    "ticket",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", ForeignKey("conversation.id"), nullable=False, index=True),
    Column("state", String(10), nullable=False),  # waiting | claimed | closed | returned | blocked
    Column("reason", String(40), nullable=False),  # why it was opened
    Column("question", Text, nullable=False),  # masked
    # The letter of the citizen's name, the question and what the bot was asked before, as bot.store.search looks for them.
    Column("folded", Text, nullable=False, server_default=""),
    Column("initial", String(1), nullable=False, server_default=""),  # first letter of the citizen's name, where known
    Column("guide", String(48)),
    Column("step", Integer),  # where in the guide's steps the citizen stood, from 0
    Column("commune", String(5)),
    Column("urgent", Boolean, nullable=False, server_default=false()),
    Column("team_id", ForeignKey("team.id")),  # null: no team serves this place
    Column("volunteer_id", ForeignKey("volunteer.id")),  # who holds it, or who held it last
    Column("avoid", JSON, nullable=False, server_default="[]"),  # volunteers it was taken back from
    Column("created_at", UtcDateTime, nullable=False),
    Column("claimed_at", UtcDateTime),  # first claim
    Column("answered_at", UtcDateTime),  # first word of a volunteer
    Column("closed_at", UtcDateTime),
    Column("close_reason", String(30)),
    # Since when a person owes an answer, how often the team was reminded of it, and when the clock strikes next.
    Column("owed_since", UtcDateTime),
    Column("reminders", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcDateTime, index=True),
    Column("stars", Integer),  # 1 to 5
    Column("stars_words", Text),  # masked
    Column("reopened", Integer, nullable=False, server_default="0"),
)
Index(
    "uq_ticket_open",
    ticket.c.conversation_id,
    unique=True,
    sqlite_where=text("state IN ('waiting', 'claimed')"),
    postgresql_where=text("state IN ('waiting', 'claimed')"),
)

# A ticket's topics: one in the group of each team that has had it.
topic = Table(
    "topic",
    metadata,
    Column("ticket_id", ForeignKey("ticket.id"), primary_key=True),
    Column("chat", String(20), primary_key=True),
    Column("thread", String(20), nullable=False),
    Column("summary", String(20)),  # message that says what the ticket is about; null: not said yet
)
Index("ix_topic_thread", topic.c.chat, topic.c.thread)

ticket_event = Table(
    "ticket_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket_id", ForeignKey("ticket.id"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("volunteer_id", ForeignKey("volunteer.id")),  # null: the service or the citizen did it
    Column("team_id", ForeignKey("team.id")),
    Column("note", Text, nullable=False, server_default=""),  # masked
    Column("at", UtcDateTime, nullable=False),
)

# What citizen and volunteer say to each other, and what volunteers note for themselves.
relay = Table(
    "relay",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket_id", ForeignKey("ticket.id"), nullable=False, index=True),
    Column("author", String(10), nullable=False),  # citizen | volunteer | note
    Column("volunteer_id", ForeignKey("volunteer.id")),
    Column("inbox_id", ForeignKey("inbox.id"), unique=True),
    Column("kind", String(12), nullable=False),
    Column("text", Text, nullable=False),  # masked
    Column("folded", Text, nullable=False, server_default=""),  # the text as bot.store.search looks for it
    Column("file", JSON(none_as_null=True)),  # bot.files.Attachment: what came with it; its bytes stay with the channel
    Column("reply_to", ForeignKey("relay.id")),
    # Ids of the message at both ends, where the channel has such.
    Column("citizen_message", String(40)),
    Column("group_message", String(40)),
    # What the bot would have said to a citizen's message, and what became of it: offered | sent | edited | replaced.
    Column("draft", Text),
    Column("draft_guide", String(48)),
    Column("draft_label", String(10)),
    Column("at", UtcDateTime, nullable=False),
    Column("edited_at", UtcDateTime),
)
Index("ix_relay_group_message", relay.c.ticket_id, relay.c.group_message)

# Phone numbers that citizens offered while a person was helping; deleted when the ticket closes.
offered_phone = Table(
    "offered_phone",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket_id", ForeignKey("ticket.id"), nullable=False, index=True),
    Column("number", String(20), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# Updates from the teams' side that have taken effect; a repeat finds its row here.
desk_update = Table(
    "desk_update",
    metadata,
    Column("channel", String(20), primary_key=True),
    Column("update_id", String(80), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

canned_reply = Table(
    "canned_reply",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("team_id", ForeignKey("team.id")),  # null: for all teams
    Column("title", String(80), nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

# Good answers of volunteers that may become part of a guide.
suggestion = Table(
    "suggestion",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket_id", ForeignKey("ticket.id"), nullable=False),
    Column("volunteer_id", ForeignKey("volunteer.id")),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("guide", String(48)),
    Column("state", String(10), nullable=False),  # new | taken | dropped
    Column("at", UtcDateTime, nullable=False),
)
