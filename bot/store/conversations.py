"""Inbox, conversations and turns: a message is kept before it is acknowledged and answered exactly once as a turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from bot.messages import Button, Incoming, Kind, Reply
from bot.store.database import Database
from bot.store.schema import conversation, inbox, outbox, turn

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
                owner = _conversation_id(db, incoming.channel, incoming.chat, incoming.received_at)
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
                db.execute(update(conversation).where(conversation.c.id == owner).values(due_at=due_at))
                return int(result.scalar_one())
        except IntegrityError:
            return None

    def claim(self, now: datetime) -> Claimed | None:
        """Return the conversation that has waited longest, claimed for this process, or None when none is due."""
        free = or_(conversation.c.claimed_until.is_(None), conversation.c.claimed_until < now)
        due = (
            select(conversation.c.id).where(conversation.c.due_at <= now, free).order_by(conversation.c.due_at).limit(1)
        )
        with self._database.begin() as db:
            if not self._database.is_sqlite:
                due = due.with_for_update(skip_locked=True)
            found = db.execute(due).scalar()
            if found is None:
                return None
            row = db.execute(
                update(conversation)
                .where(and_(conversation.c.id == found, free))
                .values(claimed_by=self._owner, claimed_until=now + CLAIM)
                .returning(conversation.c.channel, conversation.c.chat, conversation.c.context)
            ).first()
            if row is None:
                return None
            messages = db.execute(
                select(inbox).where(inbox.c.conversation_id == found, inbox.c.turn_id.is_(None)).order_by(inbox.c.id)
            ).all()
            if not messages:
                db.execute(
                    update(conversation).where(conversation.c.id == found).values(due_at=None, claimed_until=None)
                )
                return None
        waiting = tuple(
            Waiting(m.id, m.update_id, Kind(m.kind), m.text, m.action, tuple(m.hidden), m.received_at) for m in messages
        )
        return Claimed(found, row.channel, row.chat, dict(row.context), waiting)

    def finish(
        self, claimed: Claimed, answered: Sequence[int], replies: Sequence[Reply], context: Mapping[str, Any],
        record: TurnRecord, *, delivered: bool, now: datetime,
    ) -> int:  # fmt: skip
        """Commit one turn in one transaction: outcome, context, outbox rows; release the claim; return the turn's id.

        answered: ids of the inbox rows this turn took; the last of replies gives the outcome.
        delivered: the channel reads its rows itself (web, terminal), so nothing has to be sent.
        """
        last = replies[-1]
        with self._database.begin() as db:
            turn_id = db.execute(
                insert(turn)
                .values(
                    conversation_id=claimed.id, question=record.question, outcome=last.outcome, guide=last.guide,
                    aspect=last.aspect, confidence=last.confidence, offered=list(last.offered), intent=record.intent,
                    error_id=record.error_id, steps_ms=dict(record.steps_ms), latency_ms=record.latency_ms, created_at=now,
                )
                .returning(turn.c.id)
            ).scalar_one()  # fmt: skip
            db.execute(update(inbox).where(inbox.c.id.in_(answered)).values(turn_id=turn_id))
            db.execute(
                insert(outbox),
                [
                    {
                        "conversation_id": claimed.id, "turn_id": turn_id, "title": reply.title, "text": reply.text,
                        "buttons": [[b.label, b.action] for b in reply.buttons], "due_at": now, "created_at": now,
                        "state": "sent" if delivered else "queued",
                    }
                    for reply in replies
                ],
            )  # fmt: skip
            left = db.execute(
                select(func.count()).where(inbox.c.conversation_id == claimed.id, inbox.c.turn_id.is_(None))
            ).scalar_one()
            db.execute(
                update(conversation)
                .where(conversation.c.id == claimed.id)
                .values(context=dict(context), due_at=now if left else None, claimed_by=None, claimed_until=None)
            )
        return int(turn_id)

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
        return [
            Shown(r.id, r.turn_id, r.title, r.text, tuple(Button(label, action) for label, action in r.buttons))
            for r in rows
        ]

    def answers_to(self, channel: str, update_id: str) -> tuple[int, list[Shown]] | None:
        """Return the turn that took this update and its messages, or None while it waits."""
        with self._database.begin() as db:
            turn_id = db.execute(
                select(inbox.c.turn_id).where(inbox.c.channel == channel, inbox.c.update_id == update_id)
            ).scalar()
            if turn_id is None:
                return None
            rows = db.execute(select(outbox).where(outbox.c.turn_id == turn_id).order_by(outbox.c.id)).all()
        return turn_id, [
            Shown(r.id, r.turn_id, r.title, r.text, tuple(Button(label, action) for label, action in r.buttons))
            for r in rows
        ]

    def outcomes(self) -> dict[str, int]:
        """Return how many turns ended in each outcome, over all time."""
        with self._database.begin() as db:
            rows = db.execute(select(turn.c.outcome, func.count()).group_by(turn.c.outcome)).all()
        return {row[0]: row[1] for row in rows}


def _conversation_id(db: Connection, channel: str, chat: str, now: datetime) -> int:
    find = select(conversation.c.id).where(conversation.c.channel == channel, conversation.c.chat == chat)
    found = db.execute(find).scalar()
    if found is not None:
        return int(found)
    values = {"channel": channel, "chat": chat, "context": {}, "created_at": now}
    if db.dialect.name == "postgresql":
        # Two first messages of one person may arrive together; the second must find the first one's row.
        db.execute(upsert(conversation).values(values).on_conflict_do_nothing())
        return int(db.execute(find).scalar_one())
    return int(db.execute(insert(conversation).values(values).returning(conversation.c.id)).scalar_one())
