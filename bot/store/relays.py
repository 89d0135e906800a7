"""What citizens and volunteers say to each other on a ticket; every function works inside the caller's transaction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.files import Attachment
from bot.messages import Button
from bot.store.schema import conversation, desk_update, outbox, relay, ticket, turn
from nlu.text import fold


@dataclass(frozen=True, slots=True)
class Relay:
    """One message of a ticket; text is masked. The columns are described in bot.store.schema."""

    id: int
    ticket_id: int
    author: str
    volunteer_id: int | None
    inbox_id: int | None
    kind: str
    text: str
    file: Attachment | None
    reply_to: int | None
    citizen_message: str | None
    group_message: str | None
    draft: str | None
    draft_guide: str | None
    draft_label: str | None
    at: datetime
    edited_at: datetime | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a conversation before a person came: what the citizen asked, what the bot answered."""

    question: str
    outcome: str
    guide: str | None
    answer: str
    at: datetime


def first_time(db: Connection, channel: str, update_id: str, now: datetime) -> bool:
    """Mark an update of the teams' side as done; False when it was done before."""
    upsert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    row = {"channel": channel, "update_id": update_id, "at": now}
    # Not rowcount: PostgreSQL's driver does not tell it for this statement.
    done = upsert(desk_update).values(row).on_conflict_do_nothing().returning(desk_update.c.update_id)
    return db.execute(done).first() is not None


def add(
    db: Connection, ticket_id: int, author: str, at: datetime, *, text: str, file: Attachment | None = None, **values: Any
) -> int:  # fmt: skip
    """Keep a message and return its id."""
    row = {
        "ticket_id": ticket_id, "author": author, "at": at, "kind": "text", "text": text, "folded": fold(text),
        "file": asdict(file) if file else None,
    } | values  # fmt: skip
    return int(db.execute(insert(relay).values(**row).returning(relay.c.id)).scalar_one())


def correct(
    db: Connection, relay_id: int, text: str, at: datetime, *, file: Attachment | None = None
) -> None:  # fmt: skip
    """Put other words in the place of a message's; file: what came with it in place of an earlier one, None: nothing new."""
    values = {"text": text, "folded": fold(text), "edited_at": at} | ({"file": asdict(file)} if file else {})
    db.execute(update(relay).where(relay.c.id == relay_id).values(**values))


def leave_group(db: Connection, ticket_id: int) -> None:
    """Forget which messages of the team's group stand for those of a ticket, because it moves on to another group."""
    db.execute(update(relay).where(relay.c.ticket_id == ticket_id).values(group_message=None))


def label_draft(db: Connection, relay_id: int, label: str) -> bool:
    """Say what became of a draft; False when that was said before."""
    done = db.execute(
        update(relay).where(relay.c.id == relay_id, relay.c.draft_label == "offered").values(draft_label=label)
    )
    return done.rowcount == 1


def get(db: Connection, relay_id: int) -> Relay | None:
    """Return a message by its id, or None."""
    row = db.execute(select(relay).where(relay.c.id == relay_id)).first()
    return _relay(row) if row else None


def by_group_message(db: Connection, ticket_id: int, message: str) -> Relay | None:
    """Return what a message in the ticket's topic is a copy of, or None."""
    row = db.execute(select(relay).where(relay.c.ticket_id == ticket_id, relay.c.group_message == message)).first()
    return _relay(row) if row else None


def by_citizen_message(db: Connection, ticket_id: int, message: str) -> Relay | None:
    """Return the message of this ticket that the citizen's channel knows under this id, or None."""
    row = db.execute(select(relay).where(relay.c.ticket_id == ticket_id, relay.c.citizen_message == message)).first()
    return _relay(row) if row else None


def pending_draft(db: Connection, ticket_id: int) -> Relay | None:
    """Return the newest citizen's message whose draft nobody has used or replaced yet, or None."""
    query = select(relay).where(relay.c.ticket_id == ticket_id, relay.c.draft_label == "offered")
    row = db.execute(query.order_by(relay.c.id.desc()).limit(1)).first()
    return _relay(row) if row else None


def last_answer(db: Connection, ticket_id: int) -> Relay | None:
    """Return the newest words of a volunteer on a ticket, or None."""
    said = (relay.c.ticket_id == ticket_id) & (relay.c.author == "volunteer") & (relay.c.text != "")
    row = db.execute(select(relay).where(said).order_by(relay.c.id.desc()).limit(1)).first()
    return _relay(row) if row else None


def draft_labels(db: Connection, start: datetime, end: datetime) -> dict[int, Counter[str]]:
    """Return what became of the drafts of each ticket opened from start on and before end; without drafts: absent."""
    opened = (ticket.c.created_at >= start) & (ticket.c.created_at < end)
    query = select(relay.c.ticket_id, relay.c.draft_label).join(ticket).where(opened, relay.c.draft_label.is_not(None))
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for ticket_id, label in db.execute(query):
        found[ticket_id][label] += 1
    return found


def of_ticket(db: Connection, ticket_id: int, after: int = 0) -> list[Relay]:
    """Return the messages of a ticket with a higher id than after, oldest first."""
    query = select(relay).where(relay.c.ticket_id == ticket_id, relay.c.id > after).order_by(relay.c.id)
    return [_relay(row) for row in db.execute(query)]


def last_word(db: Connection, ticket_id: int) -> Relay | None:
    """Return the newest message of either side, notes left out; None without any."""
    query = select(relay).where(relay.c.ticket_id == ticket_id, relay.c.author != "note")
    row = db.execute(query.order_by(relay.c.id.desc()).limit(1)).first()
    return _relay(row) if row else None


def delivery(db: Connection, ticket_id: int) -> dict[int, str]:
    """Return how far each of the volunteers' messages of a ticket got: the state of its newest outbox row."""
    query = (
        select(outbox.c.relay_id, outbox.c.state)
        .join(relay, relay.c.id == outbox.c.relay_id)
        .join(ticket, (ticket.c.id == relay.c.ticket_id) & (ticket.c.conversation_id == outbox.c.conversation_id))
        .where(ticket.c.id == ticket_id)
        .order_by(outbox.c.id)
    )
    return {row[0]: row[1] for row in db.execute(query)}


def before_ticket(db: Connection, conversation_id: int, until: datetime, limit: int = 5) -> list[Line]:
    """Return the last turns with the bot up to a moment, oldest first."""
    query = (
        select(turn.c.question, turn.c.outcome, turn.c.guide, turn.c.created_at, outbox.c.title, outbox.c.text)
        .outerjoin(outbox, outbox.c.turn_id == turn.c.id)
        .where(turn.c.conversation_id == conversation_id, turn.c.created_at <= until)
        .order_by(turn.c.id.desc())
        .limit(limit)
    )
    rows = list(db.execute(query))
    lines = []
    for row in reversed(rows):
        answer = "\n".join(part for part in (row.title, row.text) if part)
        lines.append(Line(row.question, row.outcome, row.guide, answer, row.created_at))
    return lines


def say(
    db: Connection, conversation_id: int, text: str, now: datetime, *, title: str = "", buttons: Sequence[Button] = (),
    post: dict[str, Any] | None = None, relay_id: int | None = None, delivered: bool = False,
) -> int:  # fmt: skip
    """Put a message into the outbox and return its id; delivered: its channel reads the database itself."""
    row = {
        "conversation_id": conversation_id, "title": title, "text": text, "post": post, "relay_id": relay_id,
        "buttons": [[button.label, button.action] for button in buttons], "due_at": now, "created_at": now,
        "state": "sent" if delivered else "queued",
    }  # fmt: skip
    return int(db.execute(insert(outbox).values(**row).returning(outbox.c.id)).scalar_one())


def room(db: Connection, channel: str, chat: str, now: datetime) -> int:
    """Return the conversation that stands for a team's group, made when there is none."""
    where = (conversation.c.channel == channel) & (conversation.c.chat == chat)
    found = db.execute(select(conversation.c.id).where(where)).scalar()
    if found is None:
        upsert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
        row = {"channel": channel, "chat": chat, "context": {}, "created_at": now}
        db.execute(upsert(conversation).values(row).on_conflict_do_nothing())
        found = db.execute(select(conversation.c.id).where(where)).scalar_one()
    return int(found)


def block(db: Connection, conversation_id: int, until: datetime | None) -> None:
    """Give a citizen no answers until then; None: lift it."""
    db.execute(update(conversation).where(conversation.c.id == conversation_id).values(blocked_until=until))


_FIELDS = tuple(field.name for field in fields(Relay))


def _relay(row: Row[Any]) -> Relay:
    values = {name: getattr(row, name) for name in _FIELDS}
    return Relay(**values | {"file": Attachment(**row.file) if row.file else None})
