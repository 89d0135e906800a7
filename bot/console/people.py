"""People and teams: invite, change, end rights; administrators also add teams and set their hours."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast, get_args

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.console.access import ADMINS, LEADS, Gate, Visit
from bot.console.render import PATH, page
from bot.desk import words
from bot.desk.bench import Done
from bot.desk.where import served
from bot.store import teams
from bot.store.teams import Level, Role, Volunteer

_ADDRESS = f"{PATH}/nguoi"


class PeoplePages:
    """public_url: how people reach this service, for invitations. bot_name: the Telegram bot's, empty without one."""

    def __init__(self, gate: Gate, public_url: str, bot_name: Callable[[], str]) -> None:
        self._gate = gate
        self._public_url = public_url.rstrip("/")
        self._bot_name = bot_name

    def routes(self) -> list[BaseRoute]:
        """Return the routes to mount at /."""
        gate = self._gate
        return [
            Route(_ADDRESS, gate.page(self.show, LEADS), methods=["GET"]),
            Route(f"{_ADDRESS}/moi", gate.action(self.invite, _ADDRESS, LEADS), methods=["POST"]),
            Route(f"{_ADDRESS}/{{id:int}}/moi-lai", gate.action(self.again, _ADDRESS, LEADS), methods=["POST"]),
            Route(f"{_ADDRESS}/{{id:int}}/sua", gate.action(self.change, _ADDRESS, LEADS), methods=["POST"]),
            Route(f"{_ADDRESS}/{{id:int}}/thoi", gate.action(self.end, _ADDRESS, LEADS), methods=["POST"]),
            Route(f"{PATH}/to", gate.action(self.add_team, _ADDRESS, ADMINS), methods=["POST"]),
            Route(f"{PATH}/to/{{id:int}}/gio", gate.action(self.set_hours, _ADDRESS, ADMINS), methods=["POST"]),
        ]

    def show(self, visit: Visit) -> Response:
        """List the people of the own team; for administrators all teams with theirs."""
        who, bench = visit.who, visit.desk.bench
        with bench.database.begin() as db:
            found = teams.volunteers_of(db, None if who.sees_team is None else [who.sees_team])
            groups = [team for team in teams.all_teams(db) if who.sees_team in (None, team.id)]
            held = teams.held(db)
        found.sort(key=lambda one: (one.team_id or 0, one.name))
        places = bench.places
        shown = [
            (team, places.name(team.commune) if team.commune and places.known(team.commune) else team.province or "")
            for team in groups
        ]
        return page(
            visit.request, "people.html", who, people=[(one, who.may_manage(one)) for one in found], groups=shown, held=held,
            names={team.id: team.name for team in groups}, roles=_roles(who),
        )  # fmt: skip

    def invite(self, visit: Visit) -> Response | Done:
        """Invite somebody new and show the link, once."""
        form, who = visit.form, visit.who
        role, team_id = form.get("role"), form.number("team") if who.role == "admin" else who.team_id
        if role not in _roles(who):
            return Done(False, words.ROLE_NOT_ALLOWED)
        visit.once()
        person, secret = visit.desk.accounts.invite(form.get("name"), role, visit.now, team_id or None)
        return self._link(visit, person, secret)

    def again(self, visit: Visit) -> Response | Done:
        """Make a new link for somebody who lost the password or the phone."""
        person = self._person(visit)
        if person is None:
            return Done(False, words.NOT_YOUR_PERSON)
        visit.once()
        return self._link(visit, person, visit.desk.accounts.invite_again(person.id, visit.now))

    def change(self, visit: Visit) -> Done:
        """Set name, skills, capacity and, by administrators, the role of somebody."""
        person, form = self._person(visit), visit.form
        if person is None:
            return Done(False, words.NOT_YOUR_PERSON)
        role = form.get("role") or person.role
        if role != person.role and person.id == visit.who.id:
            return Done(False, words.NOT_YOURSELF)
        if role != person.role and role not in _roles(visit.who):
            return Done(False, words.ROLE_NOT_ALLOWED)
        visit.once()
        skills = [skill for skill in form.many("skills") if skill in words.FIELDS]
        visit.desk.accounts.change_person(
            person.id,
            name=form.get("name"),
            role=role,
            skills=skills,
            capacity=form.number("capacity") or 0,
            hours=form.get("hours"),
        )
        return Done(True, words.SAVED)

    def end(self, visit: Visit) -> Done:
        """End somebody's rights."""
        person = self._person(visit)
        if person is None:
            return Done(False, words.NOT_YOUR_PERSON)
        if person.id == visit.who.id:
            return Done(False, words.NOT_YOURSELF)
        visit.volunteers.leave(person.id, visit.now)
        return Done(True, words.RIGHTS_ENDED.format(name=person.name))

    def add_team(self, visit: Visit) -> Done:
        """Add a team for a commune or a province, found by its name."""
        form, desk = visit.form, visit.desk
        level = cast("Level", form.get("level"))
        if level not in get_args(Level):
            return Done(False, words.OLD_FORM)
        commune, province = served(desk.bench.places, level, form.get("place"), form.get("place"))
        visit.once()
        team = desk.accounts.add_team(form.get("name"), level, visit.now, commune=commune, province=province)
        place = desk.bench.places.name(commune) if commune else province
        return Done(True, words.TEAM_ADDED.format(team=team.name, place=place))

    def set_hours(self, visit: Visit) -> Done:
        """Set when a team works."""
        visit.once()
        visit.desk.accounts.set_hours(visit.number, visit.form.get("hours"))
        return Done(True, words.SAVED)

    def _person(self, visit: Visit) -> Volunteer | None:
        """Return the person in the address whom this visitor may manage, or None."""
        with visit.desk.bench.database.begin() as db:
            person = teams.volunteer_by(db, id=visit.number)
        return person if person and person.left_at is None and visit.who.may_manage(person) else None

    def _link(self, visit: Visit, person: Volunteer, secret: str) -> Response:
        """Show an invitation on the answer itself: it goes into no cookie and is shown once."""
        bot = self._bot_name()
        return page(
            visit.request, "link.html", visit.who, person=person, link=f"{self._public_url}{PATH}/moi#{secret}",
            telegram=f"https://t.me/{bot}?start=moi-{secret}" if bot else "",
        )  # fmt: skip


def _roles(who: Volunteer) -> tuple[Role, ...]:
    """Return the roles that somebody may give."""
    return get_args(Role) if who.role == "admin" else ("volunteer",)
