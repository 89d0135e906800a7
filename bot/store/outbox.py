"""Outgoing messages and how far each of them got."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, case, func, select, update

from bot.messages import Button
from bot.store.database import Database
from bot.store.schema import conversation, outbox, relay, team, ticket

# The channel of the teams' own groups; its chats are groups, not citizens.
TEAM_CHANNEL = "telegram-team"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to send."""

    id: int
    channel: str
    chat: str
    title: str
    text: str
    buttons: tuple[Button, ...]
    attempts: int
    """How often it was tried before this time."""
    post: dict[str, Any] | None = None
    """What to do besides saying the text; see bot.desk.bench."""
    relay_id: int | None = None
    target: str = ""
    """The channel's id of the message to change, for a correction."""
    again: bool = False
    """An earlier try may have arrived, so this one has to say that it is a repeat."""


class Outbox:
    """The queue of messages to send; one chat's messages leave in order."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, channel: str, now: datetime, limit: int = 20) -> list[Outgoing]:
        """Mark up to limit due messages as sending and return them, oldest first, at most one a chat."""
        # Found among what is unsent, so that it takes no longer in a chat that has a long past.
        first = (
            select(func.min(outbox.c.id))
            .where(outbox.c.state.in_(("queued", "sending")))
            .group_by(outbox.c.conversation_id)
        )
        due = (
            select(outbox, conversation.c.channel, conversation.c.chat, relay.c.citizen_message, relay.c.group_message)
            .join(conversation)
            .outerjoin(relay, relay.c.id == outbox.c.relay_id)
            .where(
                outbox.c.id.in_(first),
                outbox.c.state == "queued",
                outbox.c.due_at <= now,
                conversation.c.channel == channel,
            )
            .order_by(outbox.c.id)
            .limit(limit)
        )
        with self._database.begin() as db:
            if not self._database.is_sqlite:
                due = due.with_for_update(skip_locked=True, of=outbox)
            rows = db.execute(due).all()
            if rows:
                db.execute(
                    update(outbox)
                    .where(outbox.c.id.in_([row.id for row in rows]))
                    .values(state="sending", attempts=outbox.c.attempts + 1)
                )
        return [
            Outgoing(
                row.id, row.channel, row.chat, row.title, row.text,
                tuple(Button(label, action) for label, action in row.buttons), row.attempts, row.post, row.relay_id,
                (row.group_message if row.channel == TEAM_CHANNEL else row.citizen_message) or "", row.again,
            )
            for row in rows
        ]  # fmt: skip

    def sent(self, message: Outgoing, external_id: str) -> None:
        """Record that the channel took the message under this id of its own."""
        with self._database.begin() as db:
            _set(db, message.id, state="sent", external_id=external_id, error=None)
            if message.relay_id is not None and not message.target:
                mine = update(relay).where(relay.c.id == message.relay_id)
                if message.channel != TEAM_CHANNEL:
                    db.execute(mine.values(citizen_message=external_id))
                elif _still_in(db, message.chat, message.relay_id):
                    db.execute(mine.values(group_message=external_id))

    def failed(self, message_id: int, reason: str) -> None:
        """Give a message up: sending it again cannot help."""
        with self._database.begin() as db:
            _set(db, message_id, state="failed", error=reason)

    def unclear(self, message_id: int, reason: str) -> None:
        """Record that the message may or may not have arrived; it is not sent again."""
        with self._database.begin() as db:
            _set(db, message_id, state="unclear", error=reason)

    def retry(self, message_id: int, due_at: datetime, reason: str, *, again: bool = False) -> None:
        """Put a message back, to be tried at due_at; again: this try may have arrived all the same."""
        with self._database.begin() as db:
            _set(db, message_id, state="queued", due_at=due_at, error=reason, **({"again": True} if again else {}))

    def postpone(self, message_id: int, due_at: datetime, reason: str) -> None:
        """Put a message back that the channel did not look at yet; this was no try."""
        with self._database.begin() as db:
            _set(
                db, message_id, state="queued", due_at=due_at, error=reason,
                attempts=case((outbox.c.attempts > 0, outbox.c.attempts - 1), else_=0),
            )  # fmt: skip

    def recover(self, channels: Sequence[str]) -> int:
        """For who alone sends from now on: put back what a dead process was sending there, and return how many.

        The platform may have taken some just before the death. Saying it twice, marked as a repeat, is better than not at all.
        """
        theirs = select(conversation.c.id).where(conversation.c.channel.in_(channels))
        under_way = (outbox.c.state == "sending") & outbox.c.conversation_id.in_(theirs)
        with self._database.begin() as db:
            return db.execute(update(outbox).where(under_way).values(state="queued", again=True)).rowcount

    def counts(self) -> dict[str, int]:
        """Return the number of messages in each state."""
        with self._database.begin() as db:
            rows = db.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state)).all()
        return {row[0]: row[1] for row in rows}


def _still_in(db: Connection, chat: str, relay_id: int) -> bool:
    """Whether the ticket of this message is still at the team of this group; held there until the transaction ends."""
    number = select(relay.c.ticket_id).where(relay.c.id == relay_id).scalar_subquery()
    there = select(ticket.c.id).join(team).where(ticket.c.id == number, team.c.telegram_chat == chat)
    return db.execute(there.with_for_update(of=ticket, key_share=True)).first() is not None


def _set(db: Connection, message_id: int, **values: object) -> None:
    db.execute(update(outbox).where(and_(outbox.c.id == message_id, outbox.c.state == "sending")).values(**values))
