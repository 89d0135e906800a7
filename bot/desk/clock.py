"""Due times: remind, take back, pass on, close what went quiet, end old sign-ins. They live in the database, so any replica may do the work."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from bot import sentences
from bot.desk import words
from bot.desk.bench import Bench
from bot.desk.citizens import Citizens
from bot.desk.routing import team_above
from bot.desk.volunteers import Volunteers
from bot.messages import Button
from bot.store import teams, tickets
from bot.store.teams import Team
from bot.store.tickets import Ticket

# At the top nobody is left to pass a ticket on to: the team is reminded again after this many minutes of work.
_AGAIN_MINUTES = 120


class DeskClock:
    """Does what is due; each ticket in a transaction of its own that only one replica wins."""

    def __init__(self, bench: Bench, citizens: Citizens, volunteers: Volunteers) -> None:
        self._bench = bench
        self._citizens = citizens
        self._volunteers = volunteers

    def tick(self, now: datetime) -> int:
        """Do everything that is due and return how many tickets were touched."""
        with self._bench.database.begin() as db:
            teams.end_expired_sessions(db, now)
            struck = tickets.due(db, now)
        return sum(self._strike(ticket, now) for ticket in struck)

    def _strike(self, seen: Ticket, now: datetime) -> bool:
        with self._bench.database.begin() as db:
            # Moving the clock's hand first makes this replica the only one that goes on.
            if not tickets.change(db, seen.id, if_due_at=seen.due_at, due_at=None):
                return False
            ticket = self._bench.again(db, seen.id)
            team = teams.team_by(db, id=ticket.team_id) if ticket.team_id else None
            if team is None:
                self._citizens.route_in(db, ticket.id, now)
            elif ticket.owed_since is None:
                self._volunteers.close_quiet(db, ticket, now)
            elif ticket.reminders < len(self._bench.clock.remind):
                self._remind(db, ticket, team, now)
            elif ticket.state == "claimed":
                said = words.TAKEN_BACK.format(minutes=self._bench.clock.pass_on)
                self._volunteers.take_back(db, ticket, now, "taken_back", said)
            else:
                self._pass_on(db, ticket, team, now)
        return True

    def _remind(self, db: Connection, ticket: Ticket, team: Team, now: datetime) -> None:
        minutes = self._bench.clock.marks[ticket.reminders]
        count = ticket.reminders + 1
        since = ticket.owed_since or now
        due_at = self._bench.due(team, since, count, urgent=ticket.urgent)
        tickets.change(db, ticket.id, reminders=count, due_at=due_at)
        tickets.record(
            db, ticket.id, "reminded", now, volunteer_id=ticket.volunteer_id, team_id=team.id, note=str(minutes)
        )
        holder = (
            teams.volunteer_by(db, id=ticket.volunteer_id)
            if ticket.state == "claimed" and ticket.volunteer_id
            else None
        )
        if holder:
            self._bench.in_topic(db, ticket, words.OWES.format(name=holder.name, minutes=minutes), now)
        else:
            buttons = (Button(words.CLAIM, f"d:claim:{ticket.id}"),)
            self._bench.in_topic(db, ticket, words.WAITS.format(minutes=minutes), now, buttons=buttons)

    def _pass_on(self, db: Connection, ticket: Ticket, team: Team, now: datetime) -> None:
        above = team_above(teams.all_teams(db), team, self._bench.places)
        if above is not None:
            said = words.ESCALATED.format(minutes=self._bench.clock.pass_on, to=above.name)
            self._bench.in_topic(db, ticket, said, now)
            self._volunteers.hand_to_team(db, ticket, above, now, "escalated", "")
            return
        first = not any(event.kind == "nobody" for event in tickets.events(db, ticket.id))
        tickets.record(db, ticket.id, "nobody", now, team_id=team.id)
        due_at = self._bench.hours_of(team).add(now, _AGAIN_MINUTES)
        tickets.change(db, ticket.id, due_at=due_at)
        buttons = (Button(words.CLAIM, f"d:claim:{ticket.id}"),)
        self._bench.in_topic(db, ticket, words.NOBODY, now, buttons=buttons)
        if first:
            self._bench.to_citizen(db, ticket, sentences.PERSON_NOBODY.format(number=ticket.id), now)
