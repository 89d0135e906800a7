"""The morning message to each team's group and to the administrators': who waits first, numbers last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection

from bot.desk import reports, words
from bot.desk.bench import WEEKDAYS, Bench
from bot.desk.reports import Report, Row
from bot.store import relays, suggestions, teams, tickets
from bot.store.outbox import TEAM_CHANNEL
from bot.store.teams import Team
from bot.store.tickets import Ticket
from knowledge.workdays import VIETNAM, is_working_day

# What waited in the morning is old news in the afternoon, and nobody wants it at night after a restart.
_NOT_LATER_THAN = timedelta(hours=4)
# A list that fills the phone is not read; the desk shows the rest.
_LINES = 10


class Digest:
    """Writes the digests and sends each once a working day, whatever the number of replicas and restarts.

    at: in Vietnam's time; None: never by itself. admin_chat: Telegram group of the administrators, or empty.
    """

    def __init__(self, bench: Bench, at: time | None, admin_chat: str = "") -> None:
        self._bench = bench
        self._at = at
        self._admin_chat = admin_chat
        # Spares the database a question every few seconds; that a digest goes out once does not rest on it.
        self._done: date | None = None

    def tick(self, now: datetime) -> int:
        """Send what is due and return how many digests went out."""
        today = now.astimezone(VIETNAM).date()
        if self._at is None or self._done == today or not is_working_day(today):
            return 0
        due_at = datetime.combine(today, self._at, VIETNAM)
        if not due_at <= now < due_at + _NOT_LATER_THAN:
            return 0
        sent = self.send(now)
        self._done = today
        return sent

    def send(self, now: datetime) -> int:
        """Send today's digests that have not gone out yet; return how many went."""
        numbers = self._numbers(now)
        with self._bench.database.begin() as db:
            found = [team for team in teams.all_teams(db) if team.telegram_chat]
        sent = sum(self._send_to_team(team, numbers, now) for team in found)
        return sent + (self._send_to_administrators(numbers, now) if self._admin_chat else 0)

    def texts(self, now: datetime) -> list[str]:
        """Return the digest of every team, then the administrators', without sending them."""
        numbers = self._numbers(now)
        with self._bench.database.begin() as db:
            by_team = [self._of_team(db, team, numbers, now) for team in teams.all_teams(db)]
            return [*by_team, self._of_all(db, numbers, now)]

    def _numbers(self, now: datetime) -> Report:
        """Return the report of the last working day and the days off since: after a weekend all of it is told."""
        last = now.astimezone(VIETNAM).date() - timedelta(days=1)
        first = last
        while not is_working_day(first):
            first -= timedelta(days=1)
        return reports.build(self._bench, first, last)

    def _of_team(self, db: Connection, team: Team, numbers: Report, now: datetime) -> str:
        closed = tickets.closed_by_team(db, *reports.between(numbers.first, numbers.last)).get(team.id, 0)
        kept = len(suggestions.in_state(db, team_id=team.id))
        mine = [row for row in numbers.rows if row.kind == "team" and row.team_id == team.id]
        return "\n".join(
            (
                words.DIGEST_HEAD.format(name=team.name, day=_day(now.astimezone(VIETNAM).date())),
                *self._open(db, tickets.listed(db, team_id=team.id, limit=10_000), now),
                *(line for row in mine for line in _told(row, closed, numbers)),
                *_suggestions(kept),
            )
        )

    def _of_all(self, db: Connection, numbers: Report, now: datetime) -> str:
        """Return the administrators' digest: the same over all teams, and a line for each team."""
        closed = tickets.closed_by_team(db, *reports.between(numbers.first, numbers.last))
        names = {team.id: team.name for team in teams.all_teams(db)}
        total, *rows = numbers.rows
        by_team = [
            words.DIGEST_TEAM_NUMBERS.format(
                name=row.name, opened=row.opened, answered=row.answered, closed=closed.get(row.team_id, 0)
            )
            for row in rows
            if row.kind == "team"
        ]
        return "\n".join(
            (
                words.DIGEST_HEAD.format(name=words.ALL_DESKS, day=_day(now.astimezone(VIETNAM).date())),
                *self._open(db, tickets.listed(db, limit=10_000), now, names),
                *_told(total, sum(closed.values()), numbers),
                *by_team,
                *_suggestions(len(suggestions.in_state(db))),
            )
        )

    def _send_to_team(self, team: Team, numbers: Report, now: datetime) -> bool:
        with self._bench.database.begin() as db:
            if not _first_today(db, str(team.id), now):
                return False
            self._bench.to_team(db, team, self._of_team(db, team, numbers, now), now)
            return True

    def _send_to_administrators(self, numbers: Report, now: datetime) -> bool:
        with self._bench.database.begin() as db:
            if not _first_today(db, "admin", now):
                return False
            room = relays.room(db, TEAM_CHANNEL, self._admin_chat, now)
            relays.say(db, room, self._of_all(db, numbers, now), now, post={"do": "general"})
            return True

    def _open(
        self, db: Connection, found: Sequence[Ticket], now: datetime, names: dict[int, str] | None = None
    ) -> list[str]:
        """List who waits for a volunteer, then who waits for the answer of one; names: of teams, where these matter."""
        waiting = [ticket for ticket in found if ticket.state == "waiting"]
        held = [ticket for ticket in found if ticket.state == "claimed" and ticket.owed_since]
        lines = [words.DIGEST_WAITING.format(count=len(waiting)) if waiting else words.DIGEST_NONE_WAITING]
        lines += self._lines(db, waiting, now, names)
        if held:
            lines += [words.DIGEST_HELD.format(count=len(held)), *self._lines(db, held, now, names)]
        return lines

    def _lines(self, db: Connection, found: Sequence[Ticket], now: datetime, names: dict[int, str] | None) -> list[str]:
        lines = [self._line(db, ticket, now, names) for ticket in found[:_LINES]]
        return lines + ([words.DIGEST_MORE.format(count=len(found) - _LINES)] if len(found) > _LINES else [])

    def _line(self, db: Connection, ticket: Ticket, now: datetime, names: dict[int, str] | None) -> str:
        # A ticket that was passed on or taken back is owed anew; whoever has had no answer yet has waited all the time.
        since = ticket.owed_since if ticket.answered_at and ticket.owed_since else ticket.created_at
        reason = words.REASONS.get(ticket.reason, ticket.reason)
        holder = teams.volunteer_by(db, id=ticket.volunteer_id) if ticket.state == "claimed" else None
        known = (
            (words.DIGEST_URGENT + reason) if ticket.urgent else self._bench.title_of(ticket.guide) or reason,
            self._bench.place(ticket) if ticket.commune else "",
            names.get(ticket.team_id or 0, words.NO_TEAM) if names is not None else "",
            words.DIGEST_HOLDER.format(name=holder.name) if holder else "",
            words.DIGEST_AGE.format(age=age(now - since)),
        )
        return words.DIGEST_LINE.format(number=ticket.id, known=", ".join(filter(None, known)))


def age(passed: timedelta) -> str:
    """Return how long ago in one unit, rounded down: "40 phút", "3 giờ", "2 ngày"."""
    minutes = int(passed.total_seconds() // 60)
    if minutes < 60:
        return words.MINUTES.format(count=minutes)
    if minutes < 24 * 60:
        return words.HOURS.format(count=minutes // 60)
    return words.DAYS.format(count=minutes // (24 * 60))


def _first_today(db: Connection, who: str, now: datetime) -> bool:
    """Mark today's digest as sent, in the transaction that writes it; False when it was."""
    return relays.first_time(db, "digest", f"{who}:{now.astimezone(VIETNAM).date()}", now)


def _day(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]} {day:%d/%m}"


def _told(row: Row, closed: int, numbers: Report) -> list[str]:
    one_day = numbers.first == numbers.last
    span = words.DIGEST_YESTERDAY if one_day else words.DIGEST_SINCE.format(day=_day(numbers.first))
    lines = [words.DIGEST_NUMBERS.format(span=span, opened=row.opened, answered=row.answered, closed=closed)]
    if row.first_answer.median is not None:
        lines.append(words.DIGEST_MEDIAN.format(minutes=round(row.first_answer.median)))
    if row.stars_mean is not None:
        mean = f"{row.stars_mean:.1f}".replace(".", ",")
        lines.append(words.DIGEST_STARS.format(count=row.rated, mean=mean))
    return lines


def _suggestions(count: int) -> list[str]:
    return [words.DIGEST_SUGGESTIONS.format(count=count)] if count else []
