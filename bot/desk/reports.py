"""What the desk did in a period: how many asked, how long they waited, how it ended. Names no citizen.

Everything is about the tickets opened in the period, also what happened to them later, so that columns add up.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

import numpy as np

from bot.desk import words
from bot.desk.bench import Bench
from bot.store import relays, teams, tickets
from bot.store.teams import Team
from bot.store.tickets import Ticket
from knowledge.workdays import VIETNAM

DEFAULT_DAYS = 30
# Nobody worked towards these ends, so they say nothing of how long the work takes.
_NOT_CLOSED_BY_A_PERSON = ("cancelled", "quiet")
_COUNTED = ("taken_back", "escalated", "nobody", "guard_stopped")
_HANDS_ON = ("routed", "transferred")


@dataclass(frozen=True, slots=True)
class Times:
    """Minutes that something took; median and p90 are None where nothing was counted."""

    count: int
    median: float | None
    p90: float | None

    @classmethod
    def of(cls, minutes: list[float]) -> Times:
        """Sum up."""
        if not minutes:
            return cls(0, None, None)
        return cls(len(minutes), float(np.median(minutes)), float(np.percentile(minutes, 90)))


@dataclass(frozen=True, slots=True)
class Row:
    """The numbers of all tickets, of one team or of one commune; its team_id or commune is None where it is not known.

    Tickets, times and stars count for the team that has the ticket now; what happened to a ticket counts for the team
    that had it at that moment.
    """

    kind: Literal["all", "team", "commune"]
    name: str
    team_id: int | None
    commune: str | None
    opened: int
    urgent: int
    answered: int
    ended: int
    reasons: dict[str, int]
    close_reasons: dict[str, int]
    first_answer: Times
    """From opening to a volunteer's first word, in working minutes of the ticket's team."""
    close: Times
    """From opening to the end that a person gave it, in working minutes."""
    urgent_answer: Times
    """As first_answer, of urgent tickets alone and in real minutes: whoever is being scammed waits at night too."""
    stars: dict[int, int]
    reopened: int
    taken_back: int
    escalated: int
    nobody: int
    guard_stopped: int
    drafts: dict[str, int]

    @property
    def answered_share(self) -> float | None:
        """Part of the tickets that a volunteer answered, 0 to 1; None without tickets."""
        return self.answered / self.opened if self.opened else None

    @property
    def rated(self) -> int:
        """How many citizens gave stars."""
        return sum(self.stars.values())

    @property
    def stars_mean(self) -> float | None:
        """Mean of the stars; None when nobody gave any."""
        return sum(stars * count for stars, count in self.stars.items()) / self.rated if self.rated else None


@dataclass(frozen=True, slots=True)
class Report:
    """Rows of a period of whole days in Vietnam: all tickets (unless one team was asked for), teams, communes."""

    first: date
    last: date
    rows: list[Row]

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON can hold; the derived numbers are included."""
        rows = [
            asdict(row) | {"answered_share": row.answered_share, "rated": row.rated, "stars_mean": row.stars_mean}
            for row in self.rows
        ]
        return {"from": self.first.isoformat(), "to": self.last.isoformat(), "rows": rows}


@dataclass(frozen=True, slots=True)
class _Case:
    """One ticket, measured; events: (team at that moment, kind)."""

    ticket: Ticket
    answer: float | None
    close: float | None
    events: list[tuple[int | None, str]]
    drafts: Mapping[str, int]


def period(now: datetime, first: date | None = None, last: date | None = None) -> tuple[date, date]:
    """Return the first and the last day, by default the DEFAULT_DAYS that end today in Vietnam."""
    last = last or now.astimezone(VIETNAM).date()
    return first or last - timedelta(days=DEFAULT_DAYS - 1), last


def between(first: date, last: date) -> tuple[datetime, datetime]:
    """Return the moments at which a period of whole days begins and is over."""
    return (
        datetime.combine(first, time(), VIETNAM),
        datetime.combine(last + timedelta(days=1), time(), VIETNAM),
    )


def build(bench: Bench, first: date, last: date, team_id: int | None = None) -> Report:
    """Return the report of these days, both included; team_id: of one team alone, without the row of all tickets.

    Every team has a row, also one without tickets. Communes come by the number of their tickets, most first.
    """
    known, cases = _measured(bench, first, last)
    happened: dict[int | None, list[str]] = defaultdict(list)
    by_team: dict[int | None, list[_Case]] = defaultdict(list)
    by_commune: dict[str | None, list[_Case]] = defaultdict(list)
    for case in cases:
        by_team[case.ticket.team_id].append(case)
        if not team_id or case.ticket.team_id == team_id:
            by_commune[case.ticket.commune].append(case)
        for team, kind in case.events:
            happened[team].append(kind)
    rows = [] if team_id else [_row("all", words.ALL_TEAMS, cases, [kind for c in cases for _, kind in c.events])]
    # Tickets without a team are a row only when there are some.
    wanted = [team_id] if team_id else [*known, *({None} & by_team.keys())]
    for team in wanted:
        name = known[team].name if team else words.NO_TEAM
        rows.append(_row("team", name, by_team[team], happened[team], team_id=team))
    for commune, here in sorted(by_commune.items(), key=lambda item: -len(item[1])):
        kinds = [kind for case in here for team, kind in case.events if not team_id or team == team_id]
        rows.append(_row("commune", bench.place(here[0].ticket), here, kinds, commune=commune))
    return Report(first, last, rows)


def _measured(bench: Bench, first: date, last: date) -> tuple[dict[int, Team], list[_Case]]:
    """Return all teams, and the tickets opened in these days."""
    start, end = between(first, last)
    # SQLite lets nobody else write during a transaction, so the reckoning waits until this one is over.
    with bench.database.begin() as db:
        known = {team.id: team for team in teams.all_teams(db)}
        found = tickets.opened_between(db, start, end)
        events = tickets.events_between(db, start, end, (*_COUNTED, *_HANDS_ON))
        drafts = relays.draft_labels(db, start, end)
    hours = {number: bench.hours_of(known.get(number or 0)) for number in (*known, None)}
    cases = []
    for ticket in found:
        work = hours[ticket.team_id]
        by_person = ticket.closed_at and ticket.close_reason not in _NOT_CLOSED_BY_A_PERSON
        cases.append(
            _Case(
                ticket,
                work.minutes_between(ticket.created_at, ticket.answered_at) if ticket.answered_at else None,
                work.minutes_between(ticket.created_at, ticket.closed_at) if ticket.closed_at and by_person else None,
                _placed(events.get(ticket.id, ())),
                drafts.get(ticket.id, {}),
            )
        )
    return known, cases


def _placed(events: Iterable[tuple[str, int | None]]) -> list[tuple[int | None, str]]:
    """Return (team that had the ticket then, kind); an event that names another team hands the ticket on to it."""
    holder: int | None = None
    placed = []
    for kind, team in events:
        placed.append((holder, kind))
        holder = team or holder
    return placed


def _row(
    kind: Literal["all", "team", "commune"], name: str, cases: list[_Case], events: list[str], *,
    team_id: int | None = None, commune: str | None = None,
) -> Row:  # fmt: skip
    found = [case.ticket for case in cases]
    happened = Counter(events)
    drafts: Counter[str] = Counter()
    for case in cases:
        drafts.update(case.drafts)
    return Row(
        kind, name, team_id, commune,
        opened=len(found),
        urgent=sum(ticket.urgent for ticket in found),
        answered=sum(ticket.answered_at is not None for ticket in found),
        ended=sum(not ticket.is_open for ticket in found),
        reasons=dict(Counter(ticket.reason for ticket in found)),
        close_reasons=dict(Counter(t.close_reason for t in found if t.close_reason)),
        first_answer=Times.of([case.answer for case in cases if case.answer is not None]),
        close=Times.of([case.close for case in cases if case.close is not None]),
        urgent_answer=Times.of(
            [(t.answered_at - t.created_at).total_seconds() / 60 for t in found if t.urgent and t.answered_at]
        ),
        stars=dict(sorted(Counter(t.stars for t in found if t.stars).items())),
        reopened=sum(ticket.reopened for ticket in found),
        taken_back=happened["taken_back"],
        escalated=happened["escalated"],
        nobody=happened["nobody"],
        guard_stopped=happened["guard_stopped"],
        drafts=dict(drafts),
    )  # fmt: skip
