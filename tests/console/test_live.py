"""News for open pages: what is counted, what rings, when the stream ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request

from bot.console.access import COOKIE
from bot.console.live import Live
from bot.store import tickets
from tests.console.conftest import Browser, Cast


async def opened(cast: Cast, browser: Browser, query: str = "", ending: Any = bool) -> AsyncIterator[str]:
    """The events that a page with this browser's cookie gets."""
    live = Live(cast.desk, ending, look_every_s=0.01)
    headers = [(b"cookie", f"{COOKIE}={browser.client.cookies[COOKIE]}".encode())]
    scope = {"type": "http", "method": "GET", "path": "/ban/tin", "query_string": query.encode(), "headers": headers}
    response = await live.stream(Request(scope))
    assert response.media_type == "text/event-stream"
    async for part in response.body_iterator:  # type: ignore[attr-defined]
        yield part


async def news(stream: AsyncIterator[str]) -> dict[str, Any]:
    """The next news; fails when none comes."""
    while True:
        part = await asyncio.wait_for(anext(stream), 10)
        if part.startswith("data: "):
            return dict(json.loads(part.removeprefix("data: ")))


async def test_waiting_tickets_and_own_ones_that_want_an_answer_are_counted(cast: Cast, an: Browser) -> None:
    stream = opened(cast, an)
    first = await news(stream)
    assert (first["badge"], first["calls"], first["said"]) == (0, 0, 0)
    ticket = cast.ticket()
    waiting = await news(stream)
    assert waiting["badge"] == 1
    assert waiting["calls"] > 0
    assert waiting["version"] != first["version"]
    await an.do(f"/ban/yeu-cau/{ticket.id}/tra-loi", {"text": "chào chị"})
    answered = await news(stream)
    assert (answered["badge"], answered["calls"]) == (0, waiting["calls"])
    asked = cast.writes(cast.again(ticket), "cần giấy gì")
    wanting = await news(stream)
    assert (wanting["badge"], wanting["said"]) == (1, asked.id)


async def test_what_is_said_to_others_does_not_ring(cast: Cast, an: Browser, binh: Browser, dung: Browser) -> None:
    ticket = cast.ticket()
    await binh.do(f"/ban/yeu-cau/{ticket.id}/tra-loi", {"text": "chào chị"})
    cast.writes(cast.again(ticket), "cần giấy gì")
    assert (await news(opened(cast, an)))["said"] == 0
    foreign = await news(opened(cast, dung))
    alone = await news(opened(cast, dung, f"so={ticket.id}"))
    assert foreign == alone


async def test_reminders_and_tickets_that_come_back_call_again(cast: Cast, an: Browser) -> None:
    older, newer = cast.ticket(), cast.ticket()
    em = cast.join("Em")
    cast.desk.volunteers.claim(older.id, em, cast.now)
    first = await news(opened(cast, an))
    with cast.desk.bench.database.begin() as db:
        tickets.record(db, newer.id, "reminded", cast.now)
    reminded = await news(opened(cast, an))
    assert reminded["calls"] > first["calls"]
    cast.desk.volunteers.leave(em.id, cast.now)
    assert (await news(opened(cast, an)))["calls"] > reminded["calls"]


async def test_a_closed_ticket_is_watched_on_its_own_page(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket()
    await an.do(f"/ban/yeu-cau/{ticket.id}/nhan")
    await an.do(f"/ban/yeu-cau/{ticket.id}/dong", {"reason": "solved"})
    stream = opened(cast, an, f"so={ticket.id}")
    before = await news(stream)
    cast.desk.citizens.rate(cast.again(ticket).conversation_id, ticket.id, 5, cast.now)
    assert (await news(stream))["version"] != before["version"]


async def test_the_stream_ends_with_the_session(cast: Cast, an: Browser) -> None:
    stream = opened(cast, an)
    await news(stream)
    cast.desk.accounts.sign_out(an.client.cookies[COOKIE])
    rest = [part async for part in stream]
    assert rest[-1].startswith("event: signed-out")


async def test_the_stream_ends_with_the_service(cast: Cast, an: Browser) -> None:
    stopping: list[bool] = []
    stream = opened(cast, an, ending=lambda: bool(stopping))
    await news(stream)
    stopping.append(True)
    assert [part async for part in stream] == []


async def test_without_a_session_the_browser_is_told_not_to_try_again(browsers: Any) -> None:
    assert (await (await browsers()).get("/ban/tin")).status_code == 204
