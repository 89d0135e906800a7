"""Answers of volunteers that may become part of a guide; every function works inside the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from bot.store.schema import suggestion, ticket


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question and the answer that a volunteer gave; both masked. state: new, taken or dropped."""

    id: int
    ticket_id: int
    question: str
    answer: str
    guide: str | None
    state: str
    at: datetime


def add(db: Connection, now: datetime, **values: Any) -> int:
    """Keep a new suggestion and return its id."""
    return int(
        db.execute(insert(suggestion).values(state="new", at=now, **values).returning(suggestion.c.id)).scalar_one()
    )


def known(db: Connection, ticket_id: int, answer: str) -> bool:
    """Whether this answer of this ticket was suggested before."""
    same = (suggestion.c.ticket_id == ticket_id) & (suggestion.c.answer == answer)
    return db.execute(select(suggestion.c.id).where(same)).first() is not None


def in_state(db: Connection, state: str = "new", team_id: int | None = None) -> list[Suggestion]:
    """Return suggestions in a state, of all tickets or of those that this team has, oldest first."""
    query = select(suggestion).where(suggestion.c.state == state).order_by(suggestion.c.id)
    if team_id is not None:
        query = query.join(ticket).where(ticket.c.team_id == team_id)
    return [Suggestion(r.id, r.ticket_id, r.question, r.answer, r.guide, r.state, r.at) for r in db.execute(query)]


def settle(db: Connection, suggestion_id: int, state: str) -> bool:
    """Take or drop a new suggestion; False when that was done before."""
    done = db.execute(
        update(suggestion).where(suggestion.c.id == suggestion_id, suggestion.c.state == "new").values(state=state)
    )
    return done.rowcount == 1
