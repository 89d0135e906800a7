"""Requests for a person: at most one open ticket a conversation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.store.database import Database
from bot.store.schema import conversation, ticket


@dataclass(frozen=True, slots=True)
class Ticket:
    """One request for a person; question is masked."""

    id: int
    channel: str
    chat: str
    state: str
    reason: str
    question: str
    guide: str | None
    created_at: datetime


class Rehearsal:
    """Takes requests of questions that belong to no conversation, and keeps none; every number is 0."""

    def open(
        self, conversation_id: int, reason: str, question: str, guide: str | None, now: datetime
    ) -> tuple[int, bool]:
        """Return (0, True)."""
        return 0, True

    def cancel(self, conversation_id: int, now: datetime) -> bool:
        """Return False: there is nothing to cancel."""
        return False


class Tickets:
    """The list of people who asked for a person."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(
        self, conversation_id: int, reason: str, question: str, guide: str | None, now: datetime
    ) -> tuple[int, bool]:
        """Return (id, created): a new waiting ticket, or the one already open."""
        try:
            with self._database.begin() as db:
                row = db.execute(
                    insert(ticket)
                    .values(
                        conversation_id=conversation_id, state="waiting", reason=reason, question=question, guide=guide,
                        created_at=now,
                    )
                    .returning(ticket.c.id)
                )  # fmt: skip
                return int(row.scalar_one()), True
        except IntegrityError:
            with self._database.begin() as db:
                found = db.execute(
                    select(ticket.c.id).where(ticket.c.conversation_id == conversation_id, ticket.c.state != "closed")
                ).scalar_one()
            return int(found), False

    def cancel(self, conversation_id: int, now: datetime) -> bool:
        """Close the citizen's own open ticket; tell whether there was one."""
        with self._database.begin() as db:
            done = db.execute(
                update(ticket)
                .where(ticket.c.conversation_id == conversation_id, ticket.c.state != "closed")
                .values(state="closed", closed_at=now)
            )
        return done.rowcount > 0

    def close(self, ticket_id: int, now: datetime) -> bool:
        """Close a ticket by its number; tell whether it was open."""
        with self._database.begin() as db:
            done = db.execute(
                update(ticket)
                .where(ticket.c.id == ticket_id, ticket.c.state != "closed")
                .values(state="closed", closed_at=now)
            )
        return done.rowcount > 0

    def all(self, *, open_only: bool = True) -> list[Ticket]:
        """Return tickets, longest waiting first."""
        query = select(ticket, conversation.c.channel, conversation.c.chat).join(conversation).order_by(ticket.c.id)
        if open_only:
            query = query.where(ticket.c.state != "closed")
        with self._database.begin() as db:
            rows = db.execute(query).all()
        return [Ticket(r.id, r.channel, r.chat, r.state, r.reason, r.question, r.guide, r.created_at) for r in rows]
