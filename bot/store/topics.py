"""Where a ticket stands in the teams' groups; every function works inside the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from bot.store.schema import topic


@dataclass(frozen=True, slots=True)
class Topic:
    """A ticket's topic in one group; summary: the message that says what it is about, None while that was not said."""

    thread: str
    summary: str | None


def get(db: Connection, ticket_id: int, chat: str) -> Topic | None:
    """Return the ticket's topic in this group, or None."""
    row = db.execute(select(topic).where(topic.c.ticket_id == ticket_id, topic.c.chat == chat)).first()
    return Topic(row.thread, row.summary) if row else None


def keep(db: Connection, ticket_id: int, chat: str, thread: str) -> None:
    """Remember a new topic, instead of an earlier one in the same group; nothing changes when it is known."""
    known = get(db, ticket_id, chat)
    if known and known.thread == thread:
        return
    forget(db, ticket_id, chat)
    db.execute(insert(topic).values(ticket_id=ticket_id, chat=chat, thread=thread))


def introduced(db: Connection, ticket_id: int, chat: str, summary: str) -> None:
    """Remember that the topic says what it is about."""
    db.execute(update(topic).where(topic.c.ticket_id == ticket_id, topic.c.chat == chat).values(summary=summary))


def forget(db: Connection, ticket_id: int, chat: str) -> None:
    """The topic is gone."""
    db.execute(topic.delete().where(topic.c.ticket_id == ticket_id, topic.c.chat == chat))


def ticket_of(db: Connection, chat: str, thread: str) -> int | None:
    """Return the number of the ticket whose topic this is, or None."""
    number: int | None = db.execute(
        select(topic.c.ticket_id).where(topic.c.chat == chat, topic.c.thread == thread)
    ).scalar()
    return number
