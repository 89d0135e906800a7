"""Who asks, and may they: session, role, origin, and forms that take effect once. Every page and action passes here."""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs, quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from bot.console.render import PAGE_HEADERS, PATH, leave, page
from bot.desk import words
from bot.desk.accounts import SESSION_LASTS
from bot.desk.bench import Done
from bot.desk.desk import Desk
from bot.desk.volunteers import Volunteers
from bot.errors import AccountError, BadBody, HoursError, RepeatedUpdate
from bot.json_body import read_bytes
from bot.store import relays
from bot.store.teams import Role, Volunteer

COOKIE = "ban"
SIGN_IN = f"{PATH}/dang-nhap"
EVERYBODY: tuple[Role, ...] = ("volunteer", "lead", "admin")
LEADS: tuple[Role, ...] = ("lead", "admin")
ADMINS: tuple[Role, ...] = ("admin",)
MAX_BODY_BYTES = 64_000
_FORM_ID = re.compile(r"^[A-Za-z0-9_-]{8,40}$")
_OWN_PAGE = re.compile(rf"^{PATH}(?:/[a-z0-9-]+)*$")
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Form:
    """The fields of a sent form; line ends as we keep them."""

    fields: Mapping[str, list[str]] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """Return a field's text without spaces around it, empty when it was not sent."""
        return self.fields.get(name, [""])[0].replace("\r\n", "\n").strip()

    def number(self, name: str) -> int | None:
        """Return a field as a number, or None."""
        text = self.get(name)
        return int(text) if text.isdecimal() and len(text) < 10 else None

    def many(self, name: str) -> list[str]:
        """Return every value of a field that may be ticked more than once."""
        return self.fields.get(name, [])


@dataclass(frozen=True)
class Visit:
    """One request of somebody who is signed in and may do this."""

    request: Request
    who: Volunteer
    now: datetime
    desk: Desk
    form: Form = field(default_factory=Form)

    @property
    def number(self) -> int:
        """The number in the address."""
        return self.in_address("id")

    def in_address(self, name: str) -> int:
        """Return a number in the address; 0, which nothing has, for one that no table could hold."""
        number = int(self.request.path_params[name])
        return number if number < 2**31 else 0

    @property
    def _update(self) -> tuple[str, str]:
        return "desk", f"{self.who.id}:{self.form.get('form_id')}"

    @property
    def volunteers(self) -> Volunteers:
        """What volunteers can do, once for each form."""
        return self.desk.volunteers.once(*self._update)

    def once(self) -> None:
        """Mark the form as done; raise RepeatedUpdate when it was done before."""
        with self.desk.bench.database.begin() as db:
            if not relays.first_time(db, *self._update, self.now):
                raise RepeatedUpdate(self._update[1])


# Work runs in threads: the database blocks. What waits for others is awaited outside, where waiting costs no thread.
Handler = Callable[[Visit], Response | Awaitable[Response]]
Action = Callable[[Visit], Done | Response]


class Gate:
    """Makes an endpoint of what a page or an action does."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def page(self, handler: Handler, roles: tuple[Role, ...] = EVERYBODY) -> Endpoint:
        """Show a page to people with one of these roles; who is not signed in signs in first and comes back."""

        def answer(request: Request) -> Response | Awaitable[Response]:
            who = self.who(request)
            if who is None:
                return RedirectResponse(f"{SIGN_IN}?tiep={quote(request.url.path)}", 303)
            if who.role not in roles:
                return problem(request, 403, words.ONLY_LEADS, who)
            return handler(Visit(request, who, datetime.now(UTC), self._desk))

        async def endpoint(request: Request) -> Response:
            answered = await run_in_threadpool(answer, request)
            return answered if isinstance(answered, Response) else await answered

        return endpoint

    def action(self, handler: Action, back: str, roles: tuple[Role, ...] = EVERYBODY) -> Endpoint:
        """Do what a form asks for, once, then go back to a page; scripts get JSON instead.

        back: address with the parameters of the path, such as "/ban/yeu-cau/{id}".
        """

        def answer(request: Request, form: Form) -> Response:
            who = self.who(request)
            if who is None:
                if wants_json(request):
                    return JSONResponse({"ok": False, "text": words.SIGNED_OUT, "to": SIGN_IN}, 401)
                return RedirectResponse(SIGN_IN, 303)
            if who.role not in roles:
                return problem(request, 403, words.ONLY_LEADS, who)
            if not _FORM_ID.match(form.get("form_id")):
                return problem(request, 400, words.OLD_FORM, who)
            to = back.format(**request.path_params)
            try:
                done = handler(Visit(request, who, datetime.now(UTC), self._desk, form))
            except RepeatedUpdate:
                done = Done(True, words.DONE_BEFORE)
            except (AccountError, HoursError) as exc:
                done = Done(False, _sentence(str(exc)))
            return done if isinstance(done, Response) else told(request, done, to)

        return self.open_action(answer)

    def open_action(self, handler: Callable[[Request, Form], Response]) -> Endpoint:
        """Do what a form asks for that needs no sign-in; only the origin is checked."""

        async def endpoint(request: Request) -> Response:
            if not same_origin(request):
                return problem(request, 403, words.FOREIGN_FORM)
            try:
                form = await read_form(request)
            except BadBody as exc:
                return problem(request, exc.status, str(exc))
            return await run_in_threadpool(handler, request, form)

        return endpoint

    def who(self, request: Request) -> Volunteer | None:
        """Return who is signed in, or None."""
        return self._desk.accounts.signed_in(request.cookies.get(COOKIE, ""), datetime.now(UTC))


async def read_form(request: Request) -> Form:
    """Return the sent form; raise BadBody when it is too large or no form."""
    raw = await read_bytes(request, MAX_BODY_BYTES)
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise BadBody(415, words.OLD_FORM)
    try:
        return Form(parse_qs(raw.decode(), keep_blank_values=True, max_num_fields=200))
    except ValueError as exc:
        raise BadBody(400, words.OLD_FORM) from exc


def same_origin(request: Request) -> bool:
    """Tell whether a form was sent by one of our own pages; what does not say so is refused."""
    origin = request.headers.get("origin")
    if origin is not None:
        return origin.partition("://")[2] == request.headers.get("host")
    return request.headers.get("sec-fetch-site") == "same-origin"


def wants_json(request: Request) -> bool:
    """Tell whether a script asks, which shows the answer itself."""
    return request.headers.get("accept", "") == "application/json"


def told(request: Request, done: Done, to: str) -> Response:
    """Say what came of an action: to a script as JSON, with an id for its next form; else on the next page."""
    if wants_json(request):
        body = {"ok": done.ok, "text": done.text, "to": to, "form_id": secrets.token_urlsafe(12)}
        return JSONResponse(body, headers=PAGE_HEADERS)
    response = RedirectResponse(to, 303)
    leave(response, request, done)
    return response


def problem(request: Request, status: int, text: str, who: Volunteer | None = None) -> Response:
    """Say why something is not there or not done."""
    if wants_json(request):
        return JSONResponse({"ok": False, "text": text}, status, headers=PAGE_HEADERS)
    return page(request, "problem.html", who, status, text=text)


def let_in(response: Response, request: Request, session: str) -> None:
    """Give the session's cookie."""
    response.set_cookie(
        COOKIE, session, max_age=int(SESSION_LASTS.total_seconds()), path=PATH, httponly=True, samesite="strict",
        secure=request.url.scheme == "https",
    )  # fmt: skip


def own_page(path: str) -> str:
    """Return where to go after signing in: the page that was asked for, when it is one of ours."""
    return path if _OWN_PAGE.match(path) else PATH


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
