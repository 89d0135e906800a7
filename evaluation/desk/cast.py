"""Teams and volunteers with groups on Telegram, set up the way administrators do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.desk.accounts import Accounts
from bot.store import teams
from bot.store.database import Database
from bot.store.teams import Level

# At work at any hour, so that a measurement says the same at night.
ALWAYS = "T2-CN 00:00-23:59"
# More than anybody needs; what a full hand means is not the question here.
_CAPACITY = 30


@dataclass(frozen=True, slots=True)
class Member:
    """A volunteer: number at the desk, name as citizens read it, Telegram account."""

    id: int
    name: str
    user: int


@dataclass(frozen=True, slots=True)
class Group:
    """A team with its Telegram group."""

    id: int
    name: str
    chat: int
    members: tuple[Member, ...]


def open_database(url: str) -> Database:
    """Return the service's database with current tables, before the service starts."""
    database = Database(url)
    database.migrate()
    return database


def found_team(
    database: Database, name: str, chat: int, people: Mapping[int, str], *, level: Level = "tinh",
    commune: str | None = None,
) -> Group:  # fmt: skip
    """Make a team that is always at work, let its people in and tie its group; people: name by Telegram account."""
    accounts, now = Accounts(database), datetime.now(UTC)
    team = accounts.add_team(name, level, now, commune=commune)
    members = []
    for user, person in people.items():
        who, token = accounts.invite(person, "volunteer", now, team.id)
        accounts.accept_with_telegram(token, str(user), now)
        members.append(Member(who.id, person, user))
    accounts.link_group(team.id, str(chat))
    with database.begin() as db:
        teams.change_team(db, team.id, hours=ALWAYS)
        for member in members:
            teams.change_volunteer(db, member.id, capacity=_CAPACITY)
    return Group(team.id, name, chat, tuple(members))
