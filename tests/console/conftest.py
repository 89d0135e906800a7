"""The cast of the desk: An volunteers, Bình administers, Chi is a citizen, Dũng has no right to be there."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from bot.console.access import COOKIE
from bot.console.console import Console
from bot.desk.bench import Bench, Clock
from bot.desk.citizens import Citizens, Request, Said
from bot.desk.desk import Desk
from bot.desk.hours import Hours
from bot.errors import FileUnavailable
from bot.files import Attachment, Fetched
from bot.messages import Kind
from bot.store import relays, teams, tickets
from bot.store.database import Database
from bot.store.relays import Relay
from bot.store.schema import metadata
from bot.store.teams import Role, Team, Volunteer
from bot.store.tickets import Event, Ticket
from knowledge.places.lookup import Places

# As in tests/store: where a server is named, everything here runs on it; its tables are dropped.
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "")
PASSWORD = "con meo nam tren mai nha"
HOST = "ban.test"
DRAFT = "Mình mở VNeID, bấm Quên mật khẩu."


@pytest.fixture(scope="session")
def places() -> Places:
    return Places()


@pytest.fixture
def desk(tmp_path: Path, places: Places) -> Iterator[Desk]:
    database = Database(POSTGRES or f"sqlite:///{tmp_path / 'desk.db'}")
    if POSTGRES:
        with database.begin() as db:
            metadata.drop_all(db)
            db.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
    database.migrate()
    always = Hours.parse("T2-CN 00:00-23:59")
    bench = Bench(
        database, places, always, Clock(), title_of={"khai-sinh": "Đăng ký khai sinh"}.get, field_of=lambda guide: None
    )
    yield Desk(bench, Citizens(bench))
    database.close()


@dataclass
class Cast:
    """People and tickets at the desk, made as the tests need them."""

    desk: Desk
    team: Team
    other_team: Team
    conversations: int = 0

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def join(self, name: str, role: Role = "volunteer", team: Team | None = None) -> Volunteer:
        """Somebody of a team."""
        team_id = None if role == "admin" else (team or self.team).id
        return self.desk.accounts.invite(name, role, self.now, team_id)[0]

    def accept(self, who: Volunteer, login: str) -> Volunteer:
        """Somebody takes up an invitation with a password, which takes a moment."""
        secret = self.desk.accounts.invite_again(who.id, self.now)
        return self.desk.accounts.accept_with_password(secret, login, PASSWORD, self.now)

    def ticket(
        self, *, team: Team | None = None, question: str = "làm khai sinh cho bé", guide: str | None = "khai-sinh"
    ) -> Ticket:
        """Chi asks for a person; the ticket waits at the team."""
        self.conversations += 1
        with self.desk.bench.database.begin() as db:
            conversation = relays.room(db, "web", f"chi-{self.conversations}", self.now)
        opened, _ = self.desk.citizens.open(conversation, Request("asked_for_person", question, guide), self.now)
        with self.desk.bench.database.begin() as db:
            tickets.change(db, opened.id, team_id=(team or self.team).id)
        return self.again(opened)

    def writes(self, ticket: Ticket, text: str, draft: str | None = DRAFT) -> Relay:
        """Chi writes on the ticket; the bot has a draft."""
        with self.desk.bench.database.begin() as db:
            said = Said(None, Kind.TEXT, text, "", "", self.now)  # type: ignore[arg-type]
            self.desk.citizens.relay(db, ticket, [said], (draft, "khai-sinh") if draft else None)
        return self.relays(ticket)[-1]

    def sends(self, ticket: Ticket, kind: Kind, file: Attachment | None, text: str = "") -> Relay:
        """Chi sends something that is no text."""
        with self.desk.bench.database.begin() as db:
            said = Said(None, kind, text, "", "", self.now, file)  # type: ignore[arg-type]
            self.desk.citizens.relay(db, ticket, [said], None)
        return self.relays(ticket)[-1]

    def again(self, ticket: Ticket) -> Ticket:
        found = self.desk.ticket(ticket.id)
        assert found is not None
        return found

    def relays(self, ticket: Ticket) -> list[Relay]:
        with self.desk.bench.database.begin() as db:
            return relays.of_ticket(db, ticket.id)

    def events(self, ticket: Ticket) -> list[Event]:
        with self.desk.bench.database.begin() as db:
            return tickets.events(db, ticket.id)

    def person(self, name: str) -> Volunteer:
        with self.desk.bench.database.begin() as db:
            found = teams.volunteer_by(db, name=name)
        assert found is not None
        return found


@pytest.fixture
def cast(desk: Desk) -> Cast:
    now = datetime.now(UTC)
    team = desk.accounts.add_team("Tổ thôn Đông", "tinh", now, province="Thành phố Hải Phòng")
    other = desk.accounts.add_team("Tổ thôn Tây", "tinh", now, province="Thành phố Hà Nội")
    return Cast(desk, team, other)


class Browser:
    """Somebody's browser on the desk."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def post(self, path: str, fields: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        """Send a form as a page of ours does, with a new form id unless one is given."""
        body = {"form_id": secrets.token_urlsafe(12)} | (fields or {})
        origin = headers or {"Origin": f"http://{HOST}"}
        return await self.client.post(path, data=body, headers=origin)

    async def do(self, path: str, fields: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a form as the script does and return what it is told."""
        answer = await self.post(path, fields, Origin=f"http://{HOST}", Accept="application/json")
        return {"status": answer.status_code, **answer.json()}

    async def sign_in(self, login: str, password: str = PASSWORD) -> httpx.Response:
        return await self.post("/ban/dang-nhap", {"login": login, "password": password})


class Stored:
    """Files of a channel that the test put there; a reason in the place of bytes: why a file cannot be had."""

    def __init__(self) -> None:
        self.files: dict[str, bytes | str] = {}
        self.asked: list[str] = []
        self.closed = 0

    async def fetch(self, file_id: str, part: str) -> Fetched:
        """A part is always the first two bytes."""
        self.asked.append(file_id)
        found = self.files[file_id]
        if isinstance(found, str):
            raise FileUnavailable(found)  # type: ignore[arg-type]
        body = found[:2] if part else found

        async def pieces() -> AsyncIterator[bytes]:
            for start in range(0, len(body), 1000):
                yield body[start : start + 1000]

        async def close() -> None:
            self.closed += 1

        return Fetched(pieces(), close, str(len(body)), f"bytes 0-1/{len(found)}" if part else "")


@pytest.fixture
def stored() -> Stored:
    return Stored()


@pytest.fixture
async def browsers(desk: Desk, stored: Stored) -> AsyncIterator[Any]:
    console = Console(desk, "https://tro-ly.test", files=stored, bot_name=lambda: "tro_ly_bot")
    app = Starlette(routes=console.routes())
    async with AsyncExitStack() as stack:

        async def browser(who: Volunteer | None = None) -> Browser:
            """A browser of a stranger or of somebody who is signed in."""
            client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{HOST}")
            if who:
                client.cookies.set(COOKIE, desk.accounts.start_session(who.id, datetime.now(UTC)), HOST, "/ban")
            return Browser(await stack.enter_async_context(client))

        yield browser


@pytest.fixture
async def an(cast: Cast, browsers: Any) -> Browser:
    """An, a volunteer, signed in."""
    return await browsers(cast.join("An"))


@pytest.fixture
async def binh(cast: Cast, browsers: Any) -> Browser:
    """Bình, an administrator, signed in."""
    return await browsers(cast.join("Bình", "admin"))


@pytest.fixture
async def dung(cast: Cast, browsers: Any) -> Browser:
    """Dũng, of another team, signed in."""
    return await browsers(cast.join("Dũng", team=cast.other_team))
