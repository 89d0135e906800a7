"""An office for tests: the real desk on a fresh SQLite database, where the test says what time it is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from bot.desk.bench import Bench, Clock
from bot.desk.citizens import Citizens, Request
from bot.desk.clock import DeskClock
from bot.desk.hours import Hours
from bot.desk.volunteers import Volunteers
from bot.store import relays, teams
from bot.store.database import Database
from bot.store.outbox import TEAM_CHANNEL
from bot.store.schema import conversation, outbox
from bot.store.teams import Volunteer
from bot.store.tickets import Ticket
from knowledge.places.lookup import Places
from knowledge.workdays import VIETNAM

PLACES = Places()
NINH_GIANG, HOAN_KIEM = "11203", "00070"
HOURS = "T2-T6 07:30-11:30 13:30-17:00"


def at(day: str, clock: str) -> datetime:
    """Return a moment in Vietnam: at("2026-11-24", "08:00")."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=VIETNAM)


def blocked_until(database: Database, ticket: Ticket) -> datetime | None:
    """Return until when the citizen of a ticket gets no answers."""
    with database.begin() as db:
        mine = conversation.c.id == ticket.conversation_id
        return db.execute(select(conversation.c.blocked_until).where(mine)).scalar()


class Office:
    """Teams, their people and what they do."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(f"sqlite:///{folder / 'desk.db'}")
        self.database.migrate()
        titles = {"khai-sinh": "Đăng ký khai sinh"}
        self.bench = Bench(
            self.database, PLACES, Hours.parse(HOURS), Clock(), lambda guide: titles.get(guide or ""), lambda _: None
        )
        self.citizens = Citizens(self.bench)
        self.volunteers = Volunteers(self.bench)
        self.clock = DeskClock(self.bench, self.citizens, self.volunteers)
        self._start = at("2026-01-05", "08:00")

    def team(self, name: str, commune: str | None = NINH_GIANG, chat: str | None = None, **values: str) -> int:
        """Make a team and return its number."""
        row = {"level": "to", "commune": commune, "telegram_chat": chat} | values
        with self.database.begin() as db:
            return teams.add_team(db, self._start, name=name, **row)

    def volunteer(self, name: str, team: int, capacity: int = 50) -> Volunteer:
        """Let somebody join a team."""
        with self.database.begin() as db:
            number = teams.add_volunteer(db, self._start, name=name, role="volunteer", team_id=team, capacity=capacity)
            who = teams.volunteer_by(db, id=number)
            assert who is not None
            return who

    def ask(self, citizen: str, now: datetime, reason: str = "asked_for_person", **known: str | None) -> int:
        """Let a citizen ask for a person at that moment; return the ticket's number."""
        with self.database.begin() as db:
            chat = relays.room(db, "web", citizen, now)
        ticket, _ = self.citizens.open(chat, Request(reason, **{"commune": NINH_GIANG} | known), now)
        return self.citizens.route(ticket.id, now).id

    def rate(self, citizen: str, ticket: int, stars: int, now: datetime) -> None:
        """Let a citizen give stars."""
        with self.database.begin() as db:
            chat = relays.room(db, "web", citizen, now)
        assert self.citizens.rate(chat, ticket, stars, now)

    def said_in(self, chat: str) -> list[str]:
        """Return what was said in the general part of a group."""
        query = select(outbox.c.text, outbox.c.post).join(conversation).order_by(outbox.c.id)
        with self.database.begin() as db:
            rows = db.execute(query.where(conversation.c.channel == TEAM_CHANNEL, conversation.c.chat == chat)).all()
        return [text for text, post in rows if post["do"] == "general"]
