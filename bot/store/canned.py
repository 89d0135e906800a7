"""Replies that volunteers use again and again; every function works inside the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from bot.store.schema import canned_reply


@dataclass(frozen=True, slots=True)
class CannedReply:
    """A reply with variables in braces; team_id None: for all teams."""

    id: int
    team_id: int | None
    title: str
    text: str


def add(db: Connection, now: datetime, **values: Any) -> int:
    """Keep a new reply and return its id."""
    return int(
        db.execute(insert(canned_reply).values(created_at=now, **values).returning(canned_reply.c.id)).scalar_one()
    )


def change(db: Connection, reply_id: int, **values: Any) -> None:
    """Set columns of a reply."""
    db.execute(update(canned_reply).where(canned_reply.c.id == reply_id).values(**values))


def delete(db: Connection, reply_id: int) -> None:
    """Forget a reply."""
    db.execute(canned_reply.delete().where(canned_reply.c.id == reply_id))


def get(db: Connection, reply_id: int) -> CannedReply | None:
    """Return a reply by its id, or None."""
    row = db.execute(select(canned_reply).where(canned_reply.c.id == reply_id)).first()
    return _reply(row) if row else None


def of_team(db: Connection, team_id: int | None) -> list[CannedReply]:
    """Return the replies of a team and those for all teams, by title; without a team only the latter."""
    mine = or_(canned_reply.c.team_id == team_id, canned_reply.c.team_id.is_(None))
    return [_reply(row) for row in db.execute(select(canned_reply).where(mine).order_by(canned_reply.c.title))]


def everything(db: Connection) -> list[CannedReply]:
    """Return the replies of all teams, by title."""
    return [_reply(row) for row in db.execute(select(canned_reply).order_by(canned_reply.c.title))]


def _reply(row: Row[Any]) -> CannedReply:
    return CannedReply(row.id, row.team_id, row.title, row.text)
