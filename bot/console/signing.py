"""Signing in and out, invitations, and one's own page."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.console.access import COOKIE, EVERYBODY, SIGN_IN, Form, Gate, Visit, let_in, own_page
from bot.console.guessing import Guesses
from bot.console.render import PAGE_HEADERS, PATH, leave, page
from bot.desk import words
from bot.desk.accounts import MIN_PASSWORD
from bot.desk.bench import Done
from bot.desk.desk import Desk
from bot.errors import AccountError
from bot.store import teams


class SigningPages:
    """bot_name: the Telegram bot's user name, empty without one."""

    def __init__(self, desk: Desk, gate: Gate, bot_name: Callable[[], str]) -> None:
        self._desk = desk
        self._gate = gate
        self._bot_name = bot_name
        self._guesses = Guesses(desk.bench.database)
        # A password check takes 64 MB and a core for a moment on purpose: not many at a time.
        self._checking = threading.BoundedSemaphore(2)

    def routes(self) -> list[BaseRoute]:
        """Return the routes to mount at /."""
        gate = self._gate
        return [
            Route(SIGN_IN, self.sign_in_page, methods=["GET"]),
            Route(SIGN_IN, gate.open_action(self.sign_in), methods=["POST"]),
            Route(f"{PATH}/dang-xuat", gate.open_action(self.sign_out), methods=["POST"]),
            Route(f"{PATH}/moi", self.invitation_page, methods=["GET"]),
            Route(f"{PATH}/moi", gate.open_action(self.accept), methods=["POST"]),
            Route(f"{PATH}/moi/xem", gate.open_action(self.invited), methods=["POST"]),
            Route(f"{PATH}/toi", gate.page(self.me), methods=["GET"]),
            Route(f"{PATH}/toi/sua", gate.action(self.change_me, f"{PATH}/toi", EVERYBODY), methods=["POST"]),
            Route(f"{PATH}/toi/mat-khau", gate.action(self.change_password, f"{PATH}/toi"), methods=["POST"]),
        ]

    def sign_in_page(self, request: Request) -> Response:
        """The form; who is signed in goes on at once."""
        to = own_page(request.query_params.get("tiep", ""))
        if self._gate.who(request):
            return RedirectResponse(to, 303)
        return page(request, "sign_in.html", to=to, login="")

    def sign_in(self, request: Request, form: Form) -> Response:
        """Check name and password, not more often than somebody who mistypes needs."""
        login, now, to = form.get("login").lower()[:60], datetime.now(UTC), own_page(form.get("tiep"))
        address = request.client.host if request.client else ""
        if wait := self._guesses.count(login, address, now):
            said = Done(False, words.TOO_MANY_TRIES.format(minutes=int(wait.total_seconds() // 60) + 1))
            return page(request, "sign_in.html", status=429, to=to, login=login, said=said)
        with self._checking:
            session = self._desk.accounts.sign_in(login, form.fields.get("password", [""])[0][:300], now)
        if session is None:
            said = Done(False, words.WRONG_SIGN_IN)
            return page(request, "sign_in.html", status=403, to=to, login=login, said=said)
        self._guesses.right(login, address)
        response = RedirectResponse(to, 303)
        let_in(response, request, session)
        return response

    def sign_out(self, request: Request, form: Form) -> Response:
        """End the session, here and in the database."""
        self._desk.accounts.sign_out(request.cookies.get(COOKIE, ""))
        response = RedirectResponse(SIGN_IN, 303)
        response.delete_cookie(COOKIE, path=PATH)
        # What citizens sent stays in no browser that somebody else uses next.
        response.headers["Clear-Site-Data"] = '"cache"'
        leave(response, request, Done(True, words.SIGNED_OUT))
        return response

    def invitation_page(self, request: Request) -> Response:
        """The page of an invitation; its secret stands behind the # of the address, which no server or log sees."""
        return page(request, "invited.html", secret="", login="", bot=self._bot_name(), at_least=MIN_PASSWORD)

    def invited(self, request: Request, form: Form) -> Response:
        """Tell the page whom its invitation is for."""
        who = self._desk.accounts.invited(form.get("secret"), datetime.now(UTC))
        if who is None:
            return JSONResponse({"ok": False, "text": words.BAD_INVITATION}, 404, headers=PAGE_HEADERS)
        text = words.INVITED.format(name=who.name, role=words.ROLES[who.role])
        return JSONResponse({"ok": True, "text": text, "login": who.login or ""}, headers=PAGE_HEADERS)

    def accept(self, request: Request, form: Form) -> Response:
        """Give the invited person name and password, and let them in."""
        now, secret, login = datetime.now(UTC), form.get("secret"), form.get("login")
        try:
            with self._checking:
                password = form.fields.get("password", [""])[0]
                who = self._desk.accounts.accept_with_password(secret, login, password, now)
        except AccountError as exc:
            text = str(exc)
            return page(
                request, "invited.html", status=422, secret=secret, login=login, bot=self._bot_name(),
                at_least=MIN_PASSWORD, said=Done(False, f"{text[:1].upper()}{text[1:]}."),
            )  # fmt: skip
        response = RedirectResponse(PATH, 303)
        let_in(response, request, self._desk.accounts.start_session(who.id, now))
        leave(response, request, Done(True, words.WELCOME_TO_DESK.format(name=who.name)))
        return response

    def me(self, visit: Visit) -> Response:
        """One's own page."""
        with self._desk.bench.database.begin() as db:
            team = teams.team_by(db, id=visit.who.team_id) if visit.who.team_id else None
        return page(visit.request, "me.html", visit.who, team=team, at_least=MIN_PASSWORD)

    def change_me(self, visit: Visit) -> Done:
        """Set one's skills and how many tickets one takes at a time. The name that citizens read is a lead's to set."""
        skills = [skill for skill in visit.form.many("skills") if skill in words.FIELDS]
        visit.once()
        self._desk.accounts.change_person(
            visit.who.id, skills=skills, capacity=visit.form.number("capacity") or 0, hours=visit.form.get("hours")
        )
        return Done(True, words.SAVED)

    def change_password(self, visit: Visit) -> Response | Done:
        """Set another password; other sign-ins end."""
        fields = visit.form.fields
        visit.once()
        with self._checking:
            session = self._desk.accounts.change_password(
                visit.who, fields.get("old", [""])[0], fields.get("new", [""])[0], visit.now
            )
        response = RedirectResponse(f"{PATH}/toi", 303)
        let_in(response, visit.request, session)
        leave(response, visit.request, Done(True, words.SIGN_IN_CHANGED))
        return response
