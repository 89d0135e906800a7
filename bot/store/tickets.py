"""Tickets and what happened to each; every function works inside the caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from bot.store.schema import conversation, inbox, offered_phone, relay, ticket, ticket_event, turn
from nlu.text import fold

OPEN = ("waiting", "claimed")
# As many of the questions before a ticket as its page shows can be searched for.
_ASKED_BEFORE = 20
# Events after which somebody who has not looked yet has to look.
CALLS = ("opened", "routed", "transferred", "escalated", "taken_back", "left", "reminded", "reopened")


@dataclass(frozen=True, slots=True)
class Ticket:
    """One request for a person; question is masked. The columns are described in bot.store.schema."""

    id: int
    conversation_id: int
    channel: str
    chat: str
    state: str
    reason: str
    question: str
    initial: str
    guide: str | None
    step: int | None
    commune: str | None
    urgent: bool
    team_id: int | None
    volunteer_id: int | None
    avoid: list[int]
    created_at: datetime
    claimed_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    close_reason: str | None
    owed_since: datetime | None
    reminders: int
    due_at: datetime | None
    stars: int | None
    stars_words: str | None
    reopened: int

    @property
    def is_open(self) -> bool:
        """Whether it waits for somebody or somebody holds it."""
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a ticket; volunteer_id None: the service or the citizen did it."""

    kind: str
    volunteer_id: int | None
    team_id: int | None
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Glimpse:
    """Just enough of a ticket to see that something about it has changed; ids are of the newest relay and event."""

    id: int
    state: str
    volunteer_id: int | None
    owed_since: datetime | None
    newest: int | None
    edited_at: datetime | None
    from_citizen: int | None
    event: int | None
    call: int | None
    """The newest event of CALLS."""


def add(db: Connection, conversation_id: int, **values: Any) -> int | None:
    """Keep a waiting ticket and return its number, or None when this conversation has an open one."""
    initial = _initial(db, conversation_id)
    folded = fold(" ".join((initial, values["question"], *_asked_before(db, conversation_id))))
    row = {"conversation_id": conversation_id, "state": "waiting", "initial": initial, "folded": folded} | values
    try:
        with db.begin_nested():
            return int(db.execute(insert(ticket).values(**row).returning(ticket.c.id)).scalar_one())
    except IntegrityError:
        return None


def get(db: Connection, ticket_id: int) -> Ticket | None:
    """Return a ticket by its number, or None."""
    row = db.execute(_tickets().where(ticket.c.id == ticket_id)).first()
    return _ticket(row) if row else None


def hold(db: Connection, ticket_id: int | None) -> Ticket | None:
    """Return a ticket by its number, or None; until the transaction ends nobody else changes it.

    What decides about a change has to be looked at after this: another replica may act between a look and a change.
    Who holds a volunteer as well takes that one first, and the citizen's conversation last, so that no two wait for each other.
    """
    # SQLite has one writer at a time and leaves the lock out. A key share: rows that point to the ticket may be added.
    query = _tickets().where(ticket.c.id == ticket_id).with_for_update(of=ticket, key_share=True)
    row = db.execute(query).first()
    return _ticket(row) if row else None


def open_of(db: Connection, conversation_id: int) -> Ticket | None:
    """Return the open ticket of a conversation, or None."""
    row = db.execute(_tickets().where(ticket.c.conversation_id == conversation_id, ticket.c.state.in_(OPEN))).first()
    return _ticket(row) if row else None


def last_of(db: Connection, conversation_id: int) -> Ticket | None:
    """Return the newest ticket of a conversation, open or not, held as by `hold`; or None."""
    newest = select(func.max(ticket.c.id)).where(ticket.c.conversation_id == conversation_id)
    return hold(db, db.execute(newest).scalar())


def listed(
    db: Connection, *, states: Collection[str] = OPEN, team_id: int | None = None, volunteer_id: int | None = None,
    limit: int = 200,
) -> list[Ticket]:  # fmt: skip
    """Return tickets in these states, urgent ones and those that wait longest first."""
    wanted: list[ColumnElement[bool]] = [ticket.c.state.in_(states)]
    if team_id is not None:
        wanted.append(ticket.c.team_id == team_id)
    if volunteer_id is not None:
        wanted.append(ticket.c.volunteer_id == volunteer_id)
    order = (ticket.c.urgent.desc(), ticket.c.id) if set(states) <= set(OPEN) else (ticket.c.id.desc(),)
    return [_ticket(row) for row in db.execute(_tickets().where(*wanted).order_by(*order).limit(limit))]


def change(
    db: Connection, ticket_id: int, *, if_state: Collection[str] = OPEN, if_due_at: datetime | None = None, **values: Any
) -> bool:  # fmt: skip
    """Set columns while the ticket is in one of these states, in one statement; return whether it was.

    if_due_at: also only while its clock stands at this moment, so that of several replicas one does the work.
    """
    if "question" in values:
        values["folded"] = ticket.c.folded + f" {fold(values['question'])}"
    conditions = [ticket.c.id == ticket_id, ticket.c.state.in_(if_state)]
    if if_due_at is not None:
        conditions.append(ticket.c.due_at == if_due_at)
    return db.execute(update(ticket).where(*conditions).values(**values)).rowcount == 1


def waiting_before(db: Connection, one: Ticket) -> int:
    """Return how many tickets of the same team will be offered before this one."""
    earlier, urgent = ticket.c.id < one.id, ticket.c.urgent.is_(True)
    sooner = and_(urgent, earlier) if one.urgent else or_(urgent, earlier)
    query = select(func.count()).where(ticket.c.state == "waiting", ticket.c.team_id == one.team_id, sooner)
    return int(db.execute(query).scalar_one())


def waiting_by_team(db: Connection) -> dict[int, int]:
    """Return how many tickets wait at each team; teams without any are absent."""
    query = select(ticket.c.team_id, func.count()).where(ticket.c.state == "waiting", ticket.c.team_id.is_not(None))
    return {row[0]: row[1] for row in db.execute(query.group_by(ticket.c.team_id))}


def due(db: Connection, now: datetime, limit: int = 50) -> list[Ticket]:
    """Return open tickets whose clock has struck, earliest first."""
    query = _tickets().where(ticket.c.due_at <= now, ticket.c.state.in_(OPEN)).order_by(ticket.c.due_at).limit(limit)
    return [_ticket(row) for row in db.execute(query)]


def glimpses(db: Connection, *, team_id: int | None = None, one: int | None = None) -> list[Glimpse]:
    """Return where the open tickets of a team (None: of all) stand, and ticket `one` of theirs whatever its state."""
    # Looked up by index for each open ticket: the tables themselves only grow.
    mine, happened = relay.c.ticket_id == ticket.c.id, ticket_event.c.ticket_id == ticket.c.id
    query = (
        select(
            ticket.c.id, ticket.c.state, ticket.c.volunteer_id, ticket.c.owed_since,
            select(func.max(relay.c.id)).where(mine).scalar_subquery(),
            select(func.max(relay.c.edited_at)).where(mine).scalar_subquery(),
            select(func.max(relay.c.id)).where(mine, relay.c.author == "citizen").scalar_subquery(),
            select(func.max(ticket_event.c.id)).where(happened).scalar_subquery(),
            select(func.max(ticket_event.c.id)).where(happened, ticket_event.c.kind.in_(CALLS)).scalar_subquery(),
        )
        .where(or_(ticket.c.state.in_(OPEN), ticket.c.id == one))
        .order_by(ticket.c.id)
    )  # fmt: skip
    if team_id is not None:
        query = query.where(ticket.c.team_id == team_id)
    return [Glimpse(*row) for row in db.execute(query)]


def record(
    db: Connection, ticket_id: int, kind: str, at: datetime, *, volunteer_id: int | None = None,
    team_id: int | None = None, note: str = "",
) -> None:  # fmt: skip
    """Keep what happened to a ticket; note must be masked."""
    db.execute(
        insert(ticket_event).values(
            ticket_id=ticket_id, kind=kind, at=at, volunteer_id=volunteer_id, team_id=team_id, note=note
        )
    )


def events(db: Connection, ticket_id: int) -> list[Event]:
    """Return what happened to a ticket, oldest first."""
    rows = db.execute(select(ticket_event).where(ticket_event.c.ticket_id == ticket_id).order_by(ticket_event.c.id))
    return [Event(row.kind, row.volunteer_id, row.team_id, row.note, row.at) for row in rows]


def opened_between(db: Connection, start: datetime, end: datetime) -> list[Ticket]:
    """Return the tickets opened from start on and before end, oldest first."""
    query = _tickets().where(ticket.c.created_at >= start, ticket.c.created_at < end).order_by(ticket.c.id)
    return [_ticket(row) for row in db.execute(query)]


def events_between(
    db: Connection, start: datetime, end: datetime, kinds: Collection[str]
) -> dict[int, list[tuple[str, int | None]]]:
    """Return (kind, team_id) of what happened, then and later, to each ticket opened from start on and before end."""
    opened = (ticket.c.created_at >= start) & (ticket.c.created_at < end)
    query = select(ticket_event.c.ticket_id, ticket_event.c.kind, ticket_event.c.team_id).join(ticket)
    found: dict[int, list[tuple[str, int | None]]] = defaultdict(list)
    for number, kind, team_id in db.execute(
        query.where(opened, ticket_event.c.kind.in_(kinds)).order_by(ticket_event.c.id)
    ):
        found[number].append((kind, team_id))
    return found


def closed_by_team(db: Connection, start: datetime, end: datetime) -> dict[int | None, int]:
    """Return how many tickets ended from start on and before end, whenever they were opened; None: without a team."""
    query = select(ticket.c.team_id, func.count()).where(ticket.c.closed_at >= start, ticket.c.closed_at < end)
    return {row[0]: row[1] for row in db.execute(query.group_by(ticket.c.team_id))}


def phones(db: Connection, ticket_id: int) -> list[str]:
    """Return the phone numbers that the citizen offered for this ticket, oldest first."""
    query = select(offered_phone.c.number).where(offered_phone.c.ticket_id == ticket_id).order_by(offered_phone.c.id)
    return list(dict.fromkeys(db.execute(query).scalars()))


def forget_phones(db: Connection, ticket_id: int) -> None:
    """Delete the phone numbers of a ticket."""
    db.execute(offered_phone.delete().where(offered_phone.c.ticket_id == ticket_id))


def _initial(db: Connection, conversation_id: int) -> str:
    """Return the first letter of the citizen's name, empty where the channel told none."""
    sent = select(inbox.c.source).where(inbox.c.conversation_id == conversation_id)
    return str((db.execute(sent.order_by(inbox.c.id.desc()).limit(1)).scalar() or {}).get("initial", ""))


def _asked_before(db: Connection, conversation_id: int) -> list[str]:
    """Return what the citizen last asked the bot, newest first; "/start" and the like left out."""
    query = select(turn.c.question).where(turn.c.conversation_id == conversation_id).order_by(turn.c.id.desc())
    return [asked for asked in db.execute(query.limit(_ASKED_BEFORE)).scalars() if not asked.startswith("/")]


def _tickets() -> Select[Any]:
    return select(ticket, conversation.c.channel, conversation.c.chat).join(conversation)


_FIELDS = tuple(field.name for field in fields(Ticket))


def _ticket(row: Row[Any]) -> Ticket:
    return Ticket(**{name: getattr(row, name) for name in _FIELDS})
