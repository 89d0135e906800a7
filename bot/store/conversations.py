"""Inbox, conversations and turns: a message is kept before it is acknowledged and answered exactly once as a turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Integer, Row, String, bindparam, case, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from bot.errors import ClaimLost
from bot.messages import Button, Incoming, Kind, Reply, Source
from bot.privacy import Masked
from bot.store.database import Database
from bot.store.schema import UtcDateTime, conversation, inbox, offered_phone, outbox, ticket, turn
from bot.store.tickets import OPEN

# Longer than any turn takes; another replica may take over a conversation whose owner died after this.
CLAIM = timedelta(seconds=20)


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
    source: Source = field(default_factory=Source)


# Something to be written together with a turn.
Effect = Callable[[Connection], None]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A conversation that this process alone may answer now, with its messages oldest first (at least one)."""

    id: int
    channel: str
    chat: str
    context: dict[str, Any]
    messages: tuple[Waiting, ...]
    until: datetime
    """When the claim runs out; together with the id it names this very claim."""
    has_ticket: bool
    """An open one."""
    blocked_until: datetime | None


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
    with_person: bool | None = None
    """A person may write to this chat at any moment: it has an open ticket. None: not looked up, see with_person there."""


def _statements(is_sqlite: bool) -> SimpleNamespace:
    """Build the statements of a turn once: SQLAlchemy takes longer to put one together than SQLite to run it."""
    now = bindparam("now", type_=UtcDateTime())
    owner, chat = bindparam("owner", type_=String()), bindparam("own_id", type_=Integer())
    free = or_(conversation.c.claimed_until.is_(None), conversation.c.claimed_until < now)
    due = select(conversation.c.id).where(conversation.c.due_at <= now, free).order_by(conversation.c.due_at).limit(1)
    if not is_sqlite:
        due = due.with_for_update(skip_locked=True)
    mine = (conversation.c.channel == bindparam("in_channel")) & (conversation.c.chat == bindparam("in_chat"))
    unanswered = (inbox.c.conversation_id == chat) & inbox.c.turn_id.is_(None)
    # Messages that came during the turn are due at once.
    due_again = case((exists().where(unanswered), now), else_=None)
    has_ticket = exists().where(ticket.c.conversation_id == conversation.c.id, ticket.c.state.in_(OPEN))
    return SimpleNamespace(
        touch=update(conversation)
        .where(mine)
        .values(due_at=bindparam("due", type_=UtcDateTime()))
        .returning(conversation.c.id),
        keep=insert(inbox).returning(inbox.c.id),
        claim=update(conversation)
        .where(conversation.c.id == due.scalar_subquery())
        .values(claimed_by=owner, claimed_until=bindparam("until", type_=UtcDateTime()))
        .returning(
            conversation.c.id,
            conversation.c.channel,
            conversation.c.chat,
            conversation.c.context,
            conversation.c.blocked_until,
            has_ticket.label("has_ticket"),
        ),
        waiting=select(inbox).where(unanswered).order_by(inbox.c.id),
        add_turn=insert(turn).returning(turn.c.id),
        answered=update(inbox).where(inbox.c.id == bindparam("message")).values(turn_id=bindparam("in_turn")),
        say=insert(outbox).returning(outbox.c.id),
        # Locked before messages are marked as answered and others that came meanwhile are looked for: one that is being
        # kept right now either stands there already, or sets the due time again after us. `accept` locks the same first,
        # so that an update that comes again and the turn about it do not wait for each other.
        still_claimed=select(conversation.c.id)
        .where(
            conversation.c.id == chat,
            conversation.c.claimed_by == owner,
            conversation.c.claimed_until == bindparam("until", type_=UtcDateTime()),
        )
        .with_for_update(key_share=True),
        release=update(conversation)
        .where(conversation.c.id == chat)
        .values(context=bindparam("kept"), due_at=due_again, claimed_by=None, claimed_until=None)
        .returning(has_ticket),
        let_go=update(conversation)
        .where(conversation.c.id == chat)
        .values(due_at=due_again, claimed_by=None, claimed_until=None),
        next_due=select(func.min(conversation.c.due_at)).where(conversation.c.claimed_until.is_(None)),
    )


class Conversations:
    """Everything about messages and turns that is kept; owner names this process in claims."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner
        self._sql = _statements(database.is_sqlite)

    def accept(self, incoming: Incoming, masked: Masked, due_at: datetime) -> int | None:
        """Keep one message and return its id, or None when this update was kept before.

        Phone numbers in it are kept apart while a ticket of this conversation is open, and nowhere else.
        """
        row = {
            "channel": incoming.channel,
            "update_id": incoming.update_id,
            "kind": incoming.kind,
            "text": masked.text,
            "hidden": list(masked.hidden),
            "action": incoming.action,
            "source": asdict(incoming.source),
            "received_at": incoming.received_at,
        }
        try:
            with self._database.begin() as db:
                owner = self._touch(db, incoming, due_at)
                if masked.phones:
                    _keep_phones(db, owner, masked.phones, incoming.received_at)
                return int(db.execute(self._sql.keep, row | {"conversation_id": owner}).scalar_one())
        except IntegrityError:
            return None

    def _touch(self, db: Connection, incoming: Incoming, due_at: datetime) -> int:
        """Set when the sender's conversation is due, creating it for a new sender, and return its id."""
        who = {"in_channel": incoming.channel, "in_chat": incoming.chat, "due": due_at}
        found = db.execute(self._sql.touch, who).scalar()
        if found is not None:
            return int(found)
        row = {"channel": incoming.channel, "chat": incoming.chat, "context": {}, "created_at": incoming.received_at}
        # Two first messages of one person may arrive together at two machines; the second must find the first one's row.
        upsert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
        db.execute(upsert(conversation).values(row).on_conflict_do_nothing())
        return int(db.execute(self._sql.touch, who).scalar_one())

    def claim(self, now: datetime) -> Claimed | None:
        """Return the conversation that has waited longest, claimed for this process, or None when none is due."""
        with self._database.begin() as db:
            row = db.execute(self._sql.claim, {"now": now, "owner": self._owner, "until": now + CLAIM}).first()
            if row is None:
                return None
            messages = db.execute(self._sql.waiting, {"own_id": row.id}).all()
            if not messages:
                db.execute(self._sql.let_go, {"own_id": row.id, "now": now})
                return None
        waiting = tuple(
            Waiting(
                m.id, m.update_id, Kind(m.kind), m.text, m.action, tuple(m.hidden), m.received_at, Source.read(m.source)
            )
            for m in messages
        )
        return Claimed(
            row.id,
            row.channel,
            row.chat,
            dict(row.context),
            waiting,
            now + CLAIM,
            bool(row.has_ticket),
            row.blocked_until,
        )

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
        effects: Sequence[Effect] = (),
    ) -> Shown:
        """Commit one turn in one transaction: outcome, context, outbox row; release the claim; return what is shown.

        answered: ids of the inbox rows this turn took. effects: what else belongs into the transaction.
        delivered: the channel reads its rows itself (web, terminal), so nothing has to be sent.
        A reply without text says nothing: what is shown then has the id 0. Raises ClaimLost, with nothing committed, when
        the turn took so long that another process may have taken the conversation over.
        """
        kept_turn = {
            "conversation_id": claimed.id,
            "question": record.question,
            "outcome": reply.outcome,
            "guide": reply.guide,
            "aspect": reply.aspect,
            "confidence": reply.confidence,
            "offered": list(reply.offered),
            "intent": record.intent,
            "error_id": record.error_id,
            "steps_ms": dict(record.steps_ms),
            "latency_ms": record.latency_ms,
            "created_at": now,
        }
        said = {
            "conversation_id": claimed.id,
            "title": reply.title,
            "text": reply.text,
            "buttons": [[button.label, button.action] for button in reply.buttons],
            "due_at": now,
            "created_at": now,
            "state": "sent" if delivered else "queued",
        }
        with self._database.begin() as db:
            for effect in effects:
                effect(db)
            claim = {"own_id": claimed.id, "owner": self._owner, "until": claimed.until}
            if db.execute(self._sql.still_claimed, claim).first() is None:
                raise ClaimLost(f"conversation {claimed.id}")
            turn_id = db.execute(self._sql.add_turn, kept_turn).scalar_one()
            db.execute(self._sql.answered, [{"message": message, "in_turn": turn_id} for message in answered])
            message_id = db.execute(self._sql.say, said | {"turn_id": turn_id}).scalar_one() if reply.text else 0
            person = db.execute(self._sql.release, {"own_id": claimed.id, "kept": dict(context), "now": now}).scalar()
        return Shown(message_id, turn_id, reply.title, reply.text, reply.buttons, bool(person))

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
            return db.execute(self._sql.next_due).scalar()

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

    def with_person(self, channel: str, chat: str) -> bool:
        """Tell whether a person may write to this chat at any moment: it has an open ticket."""
        mine = (conversation.c.channel == channel) & (conversation.c.chat == chat) & ticket.c.state.in_(OPEN)
        with self._database.begin() as db:
            return db.execute(select(ticket.c.id).join(conversation).where(mine)).first() is not None

    def answer_to(self, channel: str, update_id: str) -> Shown | None:
        """Return what was said to this update (id 0: nothing was), or None while it waits."""
        mine = (inbox.c.channel == channel) & (inbox.c.update_id == update_id) & inbox.c.turn_id.is_not(None)
        with self._database.begin() as db:
            row = db.execute(select(outbox).join(inbox, inbox.c.turn_id == outbox.c.turn_id).where(mine)).first()
            silent = row is None and db.execute(select(inbox.c.turn_id).where(mine)).scalar()
        return _shown(row) if row else Shown(0, silent, "", "") if silent else None

    def outcomes(self) -> dict[str, int]:
        """Return how many turns ended in each outcome, over all time."""
        with self._database.begin() as db:
            rows = db.execute(select(turn.c.outcome, func.count()).group_by(turn.c.outcome)).all()
        return {row[0]: row[1] for row in rows}


def _keep_phones(db: Connection, conversation_id: int, phones: Sequence[str], now: datetime) -> None:
    mine = (ticket.c.conversation_id == conversation_id) & ticket.c.state.in_(OPEN)
    open_ticket = db.execute(select(ticket.c.id).where(mine)).scalar()
    if open_ticket is not None:
        db.execute(insert(offered_phone), [{"ticket_id": open_ticket, "number": p, "at": now} for p in phones])


def _shown(row: Row[Any]) -> Shown:
    return Shown(
        row.id, row.turn_id, row.title, row.text, tuple(Button(label, action) for label, action in row.buttons)
    )
