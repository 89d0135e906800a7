"""What citizens and colleagues sent besides words: fetched when somebody looks, shown to those who may read the ticket."""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from bot.console.access import Gate, Visit, problem
from bot.console.render import PATH
from bot.desk import words
from bot.errors import FileUnavailable
from bot.files import MAX_FILE_BYTES, Attachment, Fetched, Files
from bot.store import relays, tickets
from bot.store.relays import Relay
from bot.store.teams import Volunteer

# What browsers show by themselves and cannot run. Everything else is only saved: a page or an SVG would run as one of ours.
_SHOWN = frozenset((
    "image/jpeg", "image/png", "image/webp", "image/gif", "audio/ogg", "audio/mpeg", "audio/mp4", "audio/x-m4a", "audio/aac",
    "audio/wav", "audio/x-wav", "video/mp4", "video/webm",
))  # fmt: skip
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # It stays with who looked, and only as long as the page may ask for it again.
    "Cache-Control": "private, max-age=3600",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'; sandbox",
    "Referrer-Policy": "same-origin",
}
_STATUS = {"gone": 404, "too_big": 413, "away": 503}


@dataclass(frozen=True, slots=True)
class Shown:
    """How a page shows a file: as image, audio, video or file (a link to save it), or not (too_big)."""

    address: str
    shape: str
    label: str
    """What it is, for people: "PDF, 340 KB"; empty when nothing is known."""
    name: str
    """Under which it is saved."""
    small: bool
    """There is a small picture of it, at the address with "/nho" behind."""


def how_to_show(relay: Relay) -> Shown | None:
    """Return how to show what a message carries, or None when there is nothing."""
    file = relay.file
    if file is None:
        return None
    shape = (
        "too_big"
        if file.size_bytes > MAX_FILE_BYTES
        else file.type.partition("/")[0]
        if file.type in _SHOWN
        else "file"
    )
    address = f"{PATH}/yeu-cau/{relay.ticket_id}/tep/{relay.id}"
    return Shown(address, shape, _label(file), f"tep-{relay.id}{_ending(file)}", bool(file.small))


class FilePages:
    """The files of tickets; files None: no channel here has any."""

    def __init__(self, gate: Gate, files: Files | None) -> None:
        self._gate = gate
        self._files = files

    def routes(self) -> list[BaseRoute]:
        """Return the routes to mount at /."""
        address = f"{PATH}/yeu-cau/{{id:int}}/tep/{{relay:int}}"
        return [
            Route(address, self._gate.page(self.whole), methods=["GET"]),
            Route(f"{address}/nho", self._gate.page(self.small), methods=["GET"]),
        ]

    def whole(self, visit: Visit) -> Response | Awaitable[Response]:
        """The file itself."""
        return self._show(visit, lambda file: file)

    def small(self, visit: Visit) -> Response | Awaitable[Response]:
        """The small picture of it."""
        return self._show(visit, lambda file: Attachment(file.small, "image/jpeg") if file.small else None)

    def _show(
        self, visit: Visit, choose: Callable[[Attachment], Attachment | None]
    ) -> Response | Awaitable[Response]:  # fmt: skip
        with visit.desk.bench.database.begin() as db:
            relay, ticket = relays.get(db, visit.in_address("relay")), tickets.get(db, visit.number)
        theirs = relay and ticket and relay.ticket_id == ticket.id and visit.who.may_serve(ticket.team_id)
        file = choose(relay.file) if theirs and relay and relay.file else None
        if relay is None or file is None:
            # The same for all: what others have is nobody's business.
            return problem(visit.request, 404, words.NO_FILE, visit.who)
        if self._files is None:
            return problem(visit.request, 503, words.FILES["away"], visit.who)
        if file.size_bytes > MAX_FILE_BYTES:
            return problem(visit.request, 413, words.FILES["too_big"], visit.who)
        return _send(self._files, file, f"tep-{relay.id}{_ending(file)}", visit.request, visit.who)


async def _send(files: Files, file: Attachment, name: str, request: Request, who: Volunteer) -> Response:
    try:
        fetched = await files.fetch(file.id, request.headers.get("range", ""))
    except FileUnavailable as exc:
        return problem(request, _STATUS[exc.reason], words.FILES[exc.reason], who)
    safe = file.type in _SHOWN
    headers = _HEADERS | {
        "Content-Type": file.type if safe else "application/octet-stream",
        "Content-Disposition": f'{"inline" if safe else "attachment"}; filename="{name}"',
        "Accept-Ranges": "bytes",
    }
    headers |= {"Content-Length": fetched.length} if fetched.length else {}
    headers |= {"Content-Range": fetched.part} if fetched.part else {}
    return _Passing(fetched, 206 if fetched.part else 200, headers)


class _Passing(StreamingResponse):
    """Hands a file through piece by piece, and lets go of it however that ends."""

    def __init__(self, fetched: Fetched, status: int, headers: dict[str, str]) -> None:
        super().__init__(fetched.body, status, headers)
        self._close = fetched.close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._close()


def _ending(file: Attachment) -> str:
    """Return the ending of a file's name, such as ".pdf", or nothing."""
    return {"audio/ogg": ".ogg"}.get(file.type) or mimetypes.guess_extension(file.type) or ""


def _label(file: Attachment) -> str:
    kib = -(-file.size_bytes // 1024)
    size = f"{kib} KB" if kib < 1024 else f"{kib / 1024:.1f} MB".replace(".", ",")
    return ", ".join(part for part in (_ending(file)[1:].upper(), size if kib else "") if part)
