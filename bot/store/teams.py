"""Teams and their volunteers, invitations and sign-ins; every function works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, func, insert, select, update

from bot.store.schema import invitation, session, team, ticket, volunteer

Level = Literal["to", "xa", "tinh"]
Role = Literal["volunteer", "lead", "admin"]


@dataclass(frozen=True, slots=True)
class Team:
    """A community digital technology team, or the people above it; level: to (hamlet), xa (commune), tinh (province)."""

    id: int
    name: str
    level: Level
    commune: str | None
    province: str | None
    telegram_chat: str | None
    hours: str


@dataclass(frozen=True, slots=True)
class Volunteer:
    """Somebody who answers citizens; team_id None: an administrator of all teams."""

    id: int
    name: str
    role: Role
    team_id: int | None
    telegram_user: str | None
    login: str | None
    password_hash: str | None
    skills: tuple[str, ...]
    capacity: int
    on_duty: bool
    hours: str
    served: int
    left_at: datetime | None

    def may_serve(self, team_id: int | None) -> bool:
        """Whether this person may see and answer a ticket of that team."""
        return self.left_at is None and (self.role == "admin" or (team_id is not None and self.team_id == team_id))

    @property
    def sees_team(self) -> int | None:
        """Whose tickets this person sees: None: those of all teams; 0, which is no team: of none."""
        return None if self.role == "admin" else self.team_id or 0

    @property
    def leads(self) -> bool:
        """Whether this person may take tickets out of others' hands."""
        return self.role in ("lead", "admin")

    def may_manage(self, other: Volunteer) -> bool:
        """Whether this person may invite again, change and remove that one: a lead only volunteers of the own team."""
        if self.role == "lead":
            return other.role == "volunteer" and other.team_id == self.team_id
        return self.role == "admin"


def add_team(db: Connection, now: datetime, **values: Any) -> int:
    """Keep a new team and return its id; raises IntegrityError when the name is taken."""
    return int(db.execute(insert(team).values(created_at=now, **values).returning(team.c.id)).scalar_one())


def change_team(db: Connection, team_id: int, **values: Any) -> None:
    """Set columns of a team."""
    db.execute(update(team).where(team.c.id == team_id).values(**values))


def all_teams(db: Connection) -> list[Team]:
    """Return every team, oldest first."""
    return [_team(row) for row in db.execute(select(team).order_by(team.c.id))]


def team_by(db: Connection, **values: Any) -> Team | None:
    """Return the team whose columns have these values, or None."""
    row = db.execute(select(team).filter_by(**values)).first()
    return _team(row) if row else None


def add_volunteer(db: Connection, now: datetime, **values: Any) -> int:
    """Keep a new volunteer and return the id."""
    row = {"skills": [], "on_duty": True, "created_at": now} | values
    return int(db.execute(insert(volunteer).values(**row).returning(volunteer.c.id)).scalar_one())


def change_volunteer(db: Connection, volunteer_id: int, **values: Any) -> None:
    """Set columns of a volunteer."""
    db.execute(update(volunteer).where(volunteer.c.id == volunteer_id).values(**values))


def volunteer_by(db: Connection, **values: Any) -> Volunteer | None:
    """Return the volunteer whose columns have these values, also one who left; or None."""
    row = db.execute(select(volunteer).filter_by(**values)).first()
    return _volunteer(row) if row else None


def hold_volunteer(db: Connection, volunteer_id: int) -> Volunteer | None:
    """Return a volunteer, also one who left, or None; until the transaction ends nobody else changes this person's rights."""
    query = select(volunteer).where(volunteer.c.id == volunteer_id).with_for_update(key_share=True)
    row = db.execute(query).first()
    return _volunteer(row) if row else None


def count_served(db: Connection, volunteer_id: int) -> None:
    """Count one more ticket that this person claimed."""
    db.execute(update(volunteer).where(volunteer.c.id == volunteer_id).values(served=volunteer.c.served + 1))


def volunteers_of(db: Connection, team_ids: Sequence[int] | None = None) -> list[Volunteer]:
    """Return those who have not left, of these teams or of all, in the order in which it is their turn."""
    query = select(volunteer).where(volunteer.c.left_at.is_(None)).order_by(volunteer.c.served, volunteer.c.id)
    if team_ids is not None:
        query = query.where(volunteer.c.team_id.in_(team_ids))
    return [_volunteer(row) for row in db.execute(query)]


def everybody(db: Connection) -> list[Volunteer]:
    """Return all volunteers, also those who left."""
    return [_volunteer(row) for row in db.execute(select(volunteer).order_by(volunteer.c.id))]


def held(db: Connection) -> dict[int, int]:
    """Return how many tickets each volunteer holds now; those who hold none are absent."""
    query = (
        select(ticket.c.volunteer_id, func.count()).where(ticket.c.state == "claimed").group_by(ticket.c.volunteer_id)
    )
    return {row[0]: row[1] for row in db.execute(query)}


def add_invitation(db: Connection, token_hash: str, volunteer_id: int, expires_at: datetime) -> None:
    """Keep an invitation; earlier ones of the same person end."""
    db.execute(
        update(invitation)
        .where(invitation.c.volunteer_id == volunteer_id, invitation.c.used_at.is_(None))
        .values(used_at=expires_at)
    )
    db.execute(insert(invitation).values(token_hash=token_hash, volunteer_id=volunteer_id, expires_at=expires_at))


def invited(db: Connection, token_hash: str, now: datetime) -> Volunteer | None:
    """Return whom a valid unused invitation is for, or None."""
    valid = (invitation.c.token_hash == token_hash) & invitation.c.used_at.is_(None) & (invitation.c.expires_at > now)
    row = db.execute(select(volunteer).join(invitation).where(valid, volunteer.c.left_at.is_(None))).first()
    return _volunteer(row) if row else None


def use_invitation(db: Connection, token_hash: str, now: datetime) -> bool:
    """Spend an invitation; False when somebody did so first."""
    done = db.execute(
        update(invitation)
        .where(invitation.c.token_hash == token_hash, invitation.c.used_at.is_(None), invitation.c.expires_at > now)
        .values(used_at=now)
    )
    return done.rowcount == 1


def add_session(db: Connection, token_hash: str, volunteer_id: int, expires_at: datetime) -> None:
    """Keep a sign-in."""
    db.execute(insert(session).values(token_hash=token_hash, volunteer_id=volunteer_id, expires_at=expires_at))


def signed_in(db: Connection, token_hash: str, now: datetime) -> Volunteer | None:
    """Return who holds this session and still has rights, or None."""
    query = (
        select(volunteer)
        .join(session)
        .where(session.c.token_hash == token_hash, session.c.expires_at > now, volunteer.c.left_at.is_(None))
    )
    row = db.execute(query).first()
    return _volunteer(row) if row else None


def end_session(db: Connection, token_hash: str) -> None:
    """Forget a sign-in."""
    db.execute(session.delete().where(session.c.token_hash == token_hash))


def end_expired_sessions(db: Connection, now: datetime) -> None:
    """Forget the sign-ins that have run out."""
    db.execute(session.delete().where(session.c.expires_at <= now))


def end_sessions_of(db: Connection, volunteer_id: int) -> None:
    """Forget every sign-in of a person."""
    db.execute(session.delete().where(session.c.volunteer_id == volunteer_id))


def _team(row: Row[Any]) -> Team:
    return Team(row.id, row.name, row.level, row.commune, row.province, row.telegram_chat, row.hours)


def _volunteer(row: Row[Any]) -> Volunteer:
    return Volunteer(
        row.id, row.name, row.role, row.team_id, row.telegram_user, row.login, row.password_hash, tuple(row.skills),
        row.capacity, row.on_duty, row.hours, row.served, row.left_at,
    )  # fmt: skip
