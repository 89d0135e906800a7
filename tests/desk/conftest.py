"""A desk on a real database, with teams, An and Hoa who volunteer, Bình who administers, and citizens Chi and Dũng."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.desk.bench import Bench, Clock
from bot.desk.citizens import Citizens, Request, Said
from bot.desk.desk import Desk
from bot.desk.hours import Hours
from bot.messages import Incoming, Kind
from bot.privacy import mask
from bot.store import relays, teams, tickets
from bot.store.conversations import Conversations
from bot.store.database import Database
from bot.store.schema import outbox
from bot.store.teams import Team, Volunteer
from bot.store.tickets import Ticket
from knowledge.places.lookup import Places
from tests.desk.office import Office as EmptyOffice

PLACES = Places()
# A Wednesday, 9 o'clock in Vietnam.
NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)
NINH_GIANG = PLACES.home("xã Ninh Giang, Hải Phòng")[0]


@dataclass
class Office:
    """The desk and its cast."""

    desk: Desk
    commune: Team
    province: Team
    an: Volunteer
    hoa: Volunteer
    binh: Volunteer
    conversations: Conversations

    def conversation(self, chat: str, channel: str = "telegram") -> int:
        """A citizen's conversation, by one message; return its id."""
        sent = Incoming(channel, chat, f"{chat}-{datetime.now(UTC).timestamp()}", Kind.TEXT, "chào", received_at=NOW)
        self.conversations.accept(sent, mask("chào"), NOW)
        with self.desk.bench.database.begin() as db:
            return relays.room(db, channel, chat, NOW)

    def opened(self, chat: str = "chi", now: datetime = NOW, **request: str | None) -> Ticket:
        """A ticket that its team has seen."""
        what = {"reason": "asked_for_person", "question": "quên mật khẩu VNeID", "commune": NINH_GIANG} | request
        ticket, _ = self.desk.citizens.open(self.conversation(chat), Request(**what), now)  # type: ignore[arg-type]
        return self.desk.citizens.route(ticket.id, now)

    def says(self, ticket: Ticket, text: str, now: datetime = NOW, draft: tuple[str, str] | None = None) -> None:
        """The citizen writes while the ticket is open."""
        sent = Incoming("telegram", ticket.chat, f"{text}-{now.timestamp()}", Kind.TEXT, text, received_at=now)
        kept = self.conversations.accept(sent, mask(text), now)
        assert kept is not None
        with self.desk.bench.database.begin() as db:
            said = Said(kept, Kind.TEXT, mask(text).text, f"m{kept}", "", now)
            self.desk.citizens.relay(db, ticket, [said], draft)

    def now(self, ticket: Ticket) -> Ticket:
        """The ticket as it is."""
        found = self.desk.ticket(ticket.id)
        assert found is not None
        return found

    def events(self, ticket: Ticket) -> list[str]:
        """What happened to it, in order."""
        with self.desk.bench.database.begin() as db:
            return [event.kind for event in tickets.events(db, ticket.id)]

    def said(self, chat: str) -> list[str]:
        """What was put into the outbox for a chat, oldest first."""
        with self.desk.bench.database.begin() as db:
            room = relays.room(db, "telegram-team" if chat.startswith("-") else "telegram", chat, NOW)
            return list(
                db.execute(outbox.select().where(outbox.c.conversation_id == room).order_by(outbox.c.id)).scalars(
                    "text"
                )
            )

    def dropped(self) -> list[str]:
        """The topics of the commune's group that are to go, in order."""
        with self.desk.bench.database.begin() as db:
            posts = db.execute(outbox.select().order_by(outbox.c.id)).scalars("post")
            return [post["thread"] for post in posts if post and post["do"] == "drop"]


@pytest.fixture
def office(database: Database) -> Office:
    titles = {"vneid-quen-mat-khau": "Quên mật khẩu VNeID"}
    bench = Bench(
        database, PLACES, Hours.parse("T2-T6 07:30-11:30 13:30-17:00"), Clock(),
        title_of=lambda guide: titles.get(guide or ""), field_of=lambda guide: "vneid" if guide else None,
    )  # fmt: skip
    desk = Desk(bench, Citizens(bench))
    commune = desk.accounts.add_team("Tổ công nghệ số xã Ninh Giang", "xa", NOW, commune=NINH_GIANG)
    province = desk.accounts.add_team("Tổ hỗ trợ Hải Phòng", "tinh", NOW, province="Thành phố Hải Phòng")
    desk.accounts.link_group(commune.id, "-100")
    people = [desk.accounts.invite(name, "volunteer", NOW, commune.id)[0] for name in ("anh An", "chị Hoa")]
    binh, _ = desk.accounts.invite("anh Bình", "admin", NOW)
    with database.begin() as db:
        linked = teams.team_by(db, id=commune.id)
    assert linked is not None
    return Office(desk, linked, province, people[0], people[1], binh, Conversations(database, "test"))


@pytest.fixture
def later() -> Callable[[float], datetime]:
    """The moment some minutes after NOW."""
    return lambda minutes: NOW + timedelta(minutes=minutes)


@pytest.fixture
def empty_office(tmp_path: Path) -> Iterator[EmptyOffice]:
    """A fresh desk without any team."""
    made = EmptyOffice(tmp_path)
    yield made
    made.database.close()
