"""News for open pages by server-sent events: how many people wait, and that something has changed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from bot.console.access import COOKIE
from bot.console.render import PATH
from bot.desk.desk import Desk
from bot.store import tickets
from bot.store.teams import Volunteer

# Proxies cut connections on which nothing is said.
_HEARTBEAT_S = 15.0
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Live:
    """Looks into the database, so that it sees what any replica does. ending: whether the service is stopping."""

    def __init__(self, desk: Desk, ending: Callable[[], bool], look_every_s: float = 1.0) -> None:
        self._desk = desk
        self._ending = ending
        self._look_every_s = look_every_s

    def routes(self) -> list[BaseRoute]:
        """Return the routes to mount at /."""
        return [Route(f"{PATH}/tin", self.stream, methods=["GET"])]

    async def stream(self, request: Request) -> Response:
        """Events until the page goes, the session ends or the service stops; 204, which ends it for good, without one.

        ?so=…: also the ticket with this number, whatever its state.
        """
        session, one = request.cookies.get(COOKIE, ""), request.query_params.get("so", "")
        if await run_in_threadpool(self._desk.accounts.signed_in, session, datetime.now(UTC)) is None:
            return Response(status_code=204)
        ticket = int(one) if one.isdecimal() and len(one) < 10 else None
        return StreamingResponse(self._events(session, ticket), media_type="text/event-stream", headers=_HEADERS)

    async def _events(self, session: str, one: int | None) -> AsyncIterator[str]:
        yield "retry: 3000\n\n"
        last, said_at = "", time.monotonic()
        while not self._ending():
            news = await run_in_threadpool(self._look, session, one)
            if news is None:
                yield "event: signed-out\ndata: {}\n\n"
                return
            if news != last:
                yield f"data: {news}\n\n"
                last, said_at = news, time.monotonic()
            elif time.monotonic() - said_at > _HEARTBEAT_S:
                yield ": still here\n\n"
                said_at = time.monotonic()
            await asyncio.sleep(self._look_every_s)

    def _look(self, session: str, one: int | None) -> str | None:
        """Return the news as JSON, or None when the session has ended."""
        who = self._desk.accounts.signed_in(session, datetime.now(UTC))
        if who is None:
            return None
        with self._desk.bench.database.begin() as db:
            found = tickets.glimpses(db, team_id=who.sees_team, one=one)
        return json.dumps(news_of(found, who))


def news_of(found: list[tickets.Glimpse], who: Volunteer) -> dict[str, Any]:
    """Return {"badge", "calls", "said", "version"}.

    badge: how many citizens wait for this person: tickets nobody has taken, and own ones that want an answer.
    calls, said: newest call for help (a ticket, a reminder, a transfer) and newest message of a citizen to this person;
    a higher number is worth a sound.
    version: another one whenever anything visible has changed.
    """
    waiting = [one for one in found if one.state == "waiting"]
    mine = [one for one in found if one.state == "claimed" and one.volunteer_id == who.id]
    return {
        "badge": len(waiting) + sum(one.owed_since is not None for one in mine),
        "calls": max((one.call or 0 for one in (*waiting, *mine)), default=0),
        "said": max((one.from_citizen or 0 for one in mine), default=0),
        "version": hashlib.sha256(repr((who.on_duty, found)).encode()).hexdigest()[:16],
    }
