"""Inbox, conversations and turns: a message is kept before it is acknowledged and answered exactly once as a turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, case, exists, func, insert, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from bot.messages import Button, Incoming, Kind, Reply
from bot.store.database import Database
from bot.store.schema import UtcDateTime, conversation, inbox, outbox, turn

# Longer than any turn takes; another replica may take over a conversation whose owner died after this.
CLAIM = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One stored message that has no answer yet; text is masked."""

    id: int
    update_id: str
    kind: Kind
    text: str
    action: str
    hidden: tuple[str, ...]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Claimed:
    """A conversation that this process alone may answer now, with its messages oldest first (at least one)."""

    id: int
    channel: str
    chat: str
    context: dict[str, Any]
    messages: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """What is kept of one turn, apart from the reply itself."""

    question: str
    intent: str | None
    steps_ms: Mapping[str, float]
    latency_ms: float
    error_id: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One message of the assistant as a channel shows it."""

    id: int
    turn_id: int | None
    title: str
    text: str
    buttons: tuple[Button, ...] = field(default=())


class Conversations:
    """Everything about messages and turns that is kept; owner names this process in claims."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    def accept(self, incoming: Incoming, text: str, hidden: Sequence[str], due_at: datetime) -> int | None:
        """Keep one message (text masked) and return its id, or None when this update was kept before."""
        try:
            with self._database.begin() as db:
                owner = _touch(db, incoming, due_at)
                result = db.execute(
                    insert(inbox)
                    .values(
                        channel=incoming.channel,
                        update_id=incoming.update_id,
                        conversation_id=owner,
                        kind=incoming.kind,
                        text=text,
                        hidden=list(hidden),
                        action=incoming.action,
                        received_at=incoming.received_at,
                    )
                    .returning(inbox.c.id)
                )
                return int(result.scalar_one())
        except IntegrityError:
            return None

    def claim(self, now: datetime) -> Claimed | None:
        """Return the conversation that has waited longest, claimed for this process, or None when none is due."""
        free = or_(conversation.c.claimed_until.is_(None), conversation.c.claimed_until < now)
        due = (
            select(conversation.c.id).where(conversation.c.due_at <= now, free).order_by(conversation.c.due_at).limit(1)
        )
        if not self._database.is_sqlite:
            due = due.with_for_update(skip_locked=True)
        with self._database.begin() as db:
            row = db.execute(
                update(conversation)
                .where(conversation.c.id == due.scalar_subquery())
                .values(claimed_by=self._owner, claimed_until=now + CLAIM)
                .returning(conversation.c.id, conversation.c.channel, conversation.c.chat, conversation.c.context)
            ).first()
            if row is None:
                return None
            messages = db.execute(
                select(inbox).where(inbox.c.conversation_id == row.id, inbox.c.turn_id.is_(None)).order_by(inbox.c.id)
            ).all()
            if not messages:
                nothing = {"due_at": None, "claimed_by": None, "claimed_until": None}
                db.execute(update(conversation).where(conversation.c.id == row.id).values(nothing))
                return None
        waiting = tuple(
            Waiting(m.id, m.update_id, Kind(m.kind), m.text, m.action, tuple(m.hidden), m.received_at) for m in messages
        )
        return Claimed(row.id, row.channel, row.chat, dict(row.context), waiting)

    def finish(
        self,
        claimed: Claimed,
        answered: Sequence[int],
        reply: Reply,
        context: Mapping[str, Any],
        record: TurnRecord,
        *,
        delivered: bool,
        now: datetime,
    ) -> Shown:
        """Commit one turn in one transaction: outcome, context, outbox row; release the claim; return what is shown.

        answered: ids of the inbox rows this turn took.
        delivered: the channel reads its rows itself (web, terminal), so nothing has to be sent.
        """
        with self._database.begin() as db:
            turn_id = db.execute(
                insert(turn)
                .values(
                    conversation_id=claimed.id,
                    question=record.question,
                    outcome=reply.outcome,
                    guide=reply.guide,
                    aspect=reply.aspect,
                    confidence=reply.confidence,
                    offered=list(reply.offered),
                    intent=record.intent,
                    error_id=record.error_id,
                    steps_ms=dict(record.steps_ms),
                    latency_ms=record.latency_ms,
                    created_at=now,
                )
                .returning(turn.c.id)
            ).scalar_one()
            db.execute(update(inbox).where(inbox.c.id.in_(answered)).values(turn_id=turn_id))
            message_id = db.execute(
                insert(outbox)
                .values(
                    conversation_id=claimed.id,
                    turn_id=turn_id,
                    title=reply.title,
                    text=reply.text,
                    buttons=[[button.label, button.action] for button in reply.buttons],
                    due_at=now,
                    created_at=now,
                    state="sent" if delivered else "queued",
                )
                .returning(outbox.c.id)
            ).scalar_one()
            # Messages that came during the turn are due at once.
            more = exists().where(inbox.c.conversation_id == claimed.id, inbox.c.turn_id.is_(None))
            db.execute(
                update(conversation)
                .where(conversation.c.id == claimed.id)
                .values(
                    context=dict(context),
                    due_at=case((more, literal(now, UtcDateTime())), else_=None),
                    claimed_by=None,
                    claimed_until=None,
                )
            )
        return Shown(message_id, turn_id, reply.title, reply.text, reply.buttons)

    def release_all(self) -> None:
        """Free every claim: right only at the start of a process that alone uses this database."""
        with self._database.begin() as db:
            db.execute(
                update(conversation)
                .where(conversation.c.claimed_until.is_not(None))
                .values(claimed_by=None, claimed_until=None)
            )

    def next_due(self) -> datetime | None:
        """Return when the next unclaimed conversation becomes due, or None."""
        with self._database.begin() as db:
            return db.execute(
                select(func.min(conversation.c.due_at)).where(conversation.c.claimed_until.is_(None))
            ).scalar()

    def shown_since(self, channel: str, chat: str, after_id: int, limit: int = 50) -> list[Shown]:
        """Return the assistant's messages of one chat with a higher id than after_id, oldest first."""
        with self._database.begin() as db:
            rows = db.execute(
                select(outbox)
                .join(conversation)
                .where(conversation.c.channel == channel, conversation.c.chat == chat, outbox.c.id > after_id)
                .order_by(outbox.c.id)
                .limit(limit)
            ).all()
        return [_shown(row) for row in rows]

    def answer_to(self, channel: str, update_id: str) -> Shown | None:
        """Return what was said to this update, or None while it waits."""
        query = (
            select(outbox)
            .join(inbox, inbox.c.turn_id == outbox.c.turn_id)
            .where(inbox.c.channel == channel, inbox.c.update_id == update_id)
        )
        with self._database.begin() as db:
            row = db.execute(query).first()
        return _shown(row) if row else None

    def outcomes(self) -> dict[str, int]:
        """Return how many turns ended in each outcome, over all time."""
        with self._database.begin() as db:
            rows = db.execute(select(turn.c.outcome, func.count()).group_by(turn.c.outcome)).all()
        return {row[0]: row[1] for row in rows}


def _shown(row: Row[Any]) -> Shown:
    return Shown(
        row.id, row.turn_id, row.title, row.text, tuple(Button(label, action) for label, action in row.buttons)
    )


def _touch(db: Connection, incoming: Incoming, due_at: datetime) -> int:
    """Set when the sender's conversation is due, creating it for a new sender, and return its id."""
    mine = (conversation.c.channel == incoming.channel) & (conversation.c.chat == incoming.chat)
    touch = update(conversation).where(mine).values(due_at=due_at).returning(conversation.c.id)
    found = db.execute(touch).scalar()
    if found is not None:
        return int(found)
    values = {"channel": incoming.channel, "chat": incoming.chat, "context": {}, "created_at": incoming.received_at}
    if db.dialect.name == "postgresql":
        # Two first messages of one person may arrive together; the second must find the first one's row.
        db.execute(upsert(conversation).values(values).on_conflict_do_nothing())
        return int(db.execute(touch).scalar_one())
    return int(
        db.execute(insert(conversation).values(values | {"due_at": due_at}).returning(conversation.c.id)).scalar_one()
    )
