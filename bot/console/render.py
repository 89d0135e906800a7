"""Turn templates into pages: headers, flash messages, how moments and waiting times are said."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.desk import words
from bot.desk.bench import Done
from bot.store.teams import Volunteer
from knowledge.workdays import VIETNAM

PATH = "/ban"
FLASH = "ban_tin"
# Nothing from elsewhere runs in a page, and nobody may frame it. The referrer stays among our own pages: without any,
# browsers would send "Origin: null" with forms, and the same-origin check could not tell them from foreign ones.
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def clock(at: datetime) -> str:
    """Return a moment as "14:05", with its day when that is not today."""
    here, today = at.astimezone(VIETNAM), datetime.now(VIETNAM).date()
    return f"{here:%H:%M}" if here.date() == today else f"{here:%H:%M %d/%m}"


def lasted(since: datetime) -> str:
    """Return how long ago something was: "chưa tới 1 phút", "12 phút", "3 giờ", "2 ngày"."""
    minutes = int((datetime.now(UTC) - since).total_seconds() // 60)
    if minutes < 1:
        return "chưa tới 1 phút"
    if minutes < 60:
        return f"{minutes} phút"
    return f"{minutes // 60} giờ" if minutes < 48 * 60 else f"{minutes // 1440} ngày"


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip
_TEMPLATES.filters |= {"clock": clock, "lasted": lasted}
# One id a form: sent twice, it takes effect once.
_TEMPLATES.globals |= {"words": words, "form_id": lambda: secrets.token_urlsafe(12)}


def page(request: Request, template: str, who: Volunteer | None = None, status: int = 200, **values: Any) -> Response:
    """Return a page; a message left by the action before is shown once. said: a message of this answer itself."""
    left, values = request.cookies.get(FLASH, ""), dict(values)
    said: Done | None = values.pop("said", None)
    if said is None and left:
        said = Done(left[0] == "1", unquote(left[1:]))
    html = _TEMPLATES.get_template(template).render(who=who, said=said, path=request.url.path, **values)
    response = HTMLResponse(html, status_code=status, headers=PAGE_HEADERS)
    if left:
        response.delete_cookie(FLASH, path=PATH)
    return response


def leave(response: Response, request: Request, done: Done) -> None:
    """Leave a message for the next page."""
    value = f"{int(done.ok)}{quote(done.text)}"
    response.set_cookie(
        FLASH, value, max_age=60, path=PATH, httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
