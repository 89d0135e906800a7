"""The desk's first page: my tickets, those that wait, the team's; and going on or off duty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.console.access import Gate, Visit
from bot.console.render import PATH, page
from bot.desk import words
from bot.desk.bench import Bench, Done
from bot.store import relays, teams, tickets
from bot.store.tickets import Ticket

_CLOSED_SHOWN = 15
_LINE_LENGTH = 110


@dataclass(frozen=True, slots=True)
class Row:
    """One ticket in a list; since: how long the citizen waits for an answer, None: nobody waits."""

    ticket: Ticket
    title: str
    words: str
    since: datetime | None
    holder: str
    team: str
    place: str


class HomePages:
    """The lists of tickets."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def routes(self) -> list[BaseRoute]:
        """Return the routes to mount at /."""
        return [
            Route(PATH, self._gate.page(self.home), methods=["GET"]),
            Route(f"{PATH}/truc", self._gate.action(self.duty, PATH), methods=["POST"]),
        ]

    def home(self, visit: Visit) -> Response:
        """Show what this person may see, the own tickets first."""
        who, bench = visit.who, visit.desk.bench
        with bench.database.begin() as db:
            found = tickets.listed(db, team_id=who.sees_team)
            closed = tickets.listed(
                db, states=("closed", "returned", "blocked"), team_id=who.sees_team, limit=_CLOSED_SHOWN
            )
            open_rows, ended = rows(db, bench, found), rows(db, bench, closed)
        mine = [row for row in open_rows if row.ticket.state == "claimed" and row.ticket.volunteer_id == who.id]
        waiting = [row for row in open_rows if row.ticket.state == "waiting"]
        others = [row for row in open_rows if row.ticket.state == "claimed" and row.ticket.volunteer_id != who.id]
        # Who waits for a word of mine comes first.
        mine.sort(key=lambda row: (row.since is None, row.ticket.id))
        return page(
            visit.request, "home.html", who, mine=mine, waiting=waiting, others=others, ended=ended,
            several_teams=who.sees_team is None,
        )  # fmt: skip

    def duty(self, visit: Visit) -> Done:
        """Go on or off duty."""
        on = visit.form.get("on") == "1"
        visit.volunteers.duty(visit.who, on)
        return Done(True, words.NOW_ON_DUTY if on else words.NOW_OFF_DUTY)


def rows(db: Connection, bench: Bench, found: list[Ticket]) -> list[Row]:
    """Return tickets as lists show them, in the same order."""
    people = {person.id: person.name for person in teams.everybody(db)}
    groups = {team.id: team.name for team in teams.all_teams(db)}
    return [
        Row(
            ticket, bench.topic_title(ticket), _last_words(db, ticket), ticket.owed_since,
            people.get(ticket.volunteer_id or 0, ""), groups.get(ticket.team_id or 0, words.TEAMLESS),
            bench.place(ticket),
        )
        for ticket in found
    ]  # fmt: skip


def _last_words(db: Connection, ticket: Ticket) -> str:
    last = relays.last_word(db, ticket.id)
    said = (last.text or words.KINDS.get(last.kind, "")) if last else ticket.question
    line = " ".join(said.split())
    return line if len(line) <= _LINE_LENGTH else f"{line[:_LINE_LENGTH].rsplit(' ', 1)[0]}…"
