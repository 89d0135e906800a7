"""What all parts of the desk work with, and the three ways in which the desk speaks: to a citizen, in a topic, to a team.

A message to a team's group carries a `post` that says what to do besides saying the text:
{"do": "open" | "say" | "edit" | "copy" | "react" | "close" | "reopen" | "general" | "drop", "ticket": number, ...}.
"open" makes the ticket's topic, "drop" has the thread of an empty one that is to go, "copy" has chat and message of what is to be copied, "react" the message; "reply_to"
may be added to "say" and "copy". A message to a citizen may carry {"do": "copy", ...} or {"do": "edit"}, and "reply_to".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.desk import words
from bot.desk.hours import Hours
from bot.desk.routing import whose_turn
from bot.messages import Button, Kind
from bot.store import relays, teams, tickets, topics
from bot.store.database import Database
from bot.store.outbox import TEAM_CHANNEL
from bot.store.teams import Team, Volunteer
from bot.store.tickets import Ticket
from knowledge.places.lookup import Places
from knowledge.workdays import VIETNAM

# Longest title of a topic that a phone shows in one line.
_TOPIC_TITLE = 40
_SUMMARY_LINES = 5
_LINE_LENGTH = 160
WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


@dataclass(frozen=True, slots=True)
class Done:
    """Whether something was done, and what to tell the person who asked for it."""

    ok: bool
    text: str


@dataclass(frozen=True)
class Clock:
    """After how many minutes of work a team is reminded, and when the ticket goes on to somebody else."""

    remind: tuple[int, ...] = (10, 20)
    pass_on: int = 30

    @property
    def marks(self) -> tuple[int, ...]:
        """All moments in minutes, in order; the last is the one at which the ticket goes on."""
        return (*self.remind, self.pass_on)


@dataclass
class Bench:
    """The desk's tools. title_of and field_of: of a guide by its id; self_delivering: channels that read the database."""

    database: Database
    places: Places
    hours: Hours
    clock: Clock
    title_of: Callable[[str | None], str | None]
    field_of: Callable[[str | None], str | None]
    self_delivering: frozenset[str] = frozenset(("web", "terminal"))

    def hours_of(self, team: Team | None) -> Hours:
        """Return when a team works."""
        return Hours.parse(team.hours) if team and team.hours else self.hours

    def due(self, ticket_team: Team | None, since: datetime, reminders: int, *, urgent: bool) -> datetime | None:
        """Return when the clock strikes next; None when the team never opens. Urgent tickets wait for no opening."""
        marks = self.clock.marks
        minutes = marks[min(reminders, len(marks) - 1)]
        if urgent:
            return datetime.fromtimestamp(since.timestamp() + minutes * 60, VIETNAM)
        return self.hours_of(ticket_team).add(since, minutes)

    def helper(self, db: Connection, ticket: Ticket) -> str:
        """Return who helps, as citizens read it: "chị Hoa, Tổ công nghệ số xã Ninh Giang"."""
        person = teams.volunteer_by(db, id=ticket.volunteer_id) if ticket.volunteer_id else None
        team = teams.team_by(db, id=ticket.team_id) if ticket.team_id else None
        return ", ".join(one.name for one in (person, team) if one)

    def place(self, ticket: Ticket) -> str:
        """Return the citizen's commune in words."""
        known = ticket.commune and self.places.known(ticket.commune)
        return self.places.name(ticket.commune) if known and ticket.commune else words.UNKNOWN_PLACE

    # ---- speaking

    def to_citizen(
        self, db: Connection, ticket: Ticket, text: str, now: datetime, *, title: str = "",
        buttons: Sequence[Button] = (), post: dict[str, Any] | None = None, relay_id: int | None = None,
    ) -> None:  # fmt: skip
        """Say something to the citizen of a ticket."""
        relays.say(
            db, ticket.conversation_id, text, now, title=title, buttons=buttons, post=post, relay_id=relay_id,
            delivered=ticket.channel in self.self_delivering,
        )  # fmt: skip

    def in_topic(
        self, db: Connection, ticket: Ticket, text: str, now: datetime, *, do: str = "say", title: str = "",
        buttons: Sequence[Button] = (), relay_id: int | None = None, post: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Say or do something in the ticket's topic; nothing happens where the team has no group."""
        team = teams.team_by(db, id=ticket.team_id) if ticket.team_id else None
        if team is None or team.telegram_chat is None:
            return
        room = relays.room(db, TEAM_CHANNEL, team.telegram_chat, now)
        # Outside working hours nobody's phone shall ring, but for somebody who is being scammed.
        quiet = not ticket.urgent and not self.hours_of(team).is_open(now)
        whole = {"do": do, "ticket": ticket.id} | ({"quiet": 1} if quiet else {}) | (post or {})
        relays.say(db, room, text, now, title=title, buttons=buttons, post=whole, relay_id=relay_id)

    def to_team(self, db: Connection, team: Team, text: str, now: datetime) -> None:
        """Say something in the general part of a team's group, where there is one."""
        if team.telegram_chat:
            room = relays.room(db, TEAM_CHANNEL, team.telegram_chat, now)
            relays.say(db, room, text, now, post={"do": "general"})

    def open_topic(self, db: Connection, ticket: Ticket, now: datetime, *, first: bool = False) -> None:
        """Show a waiting ticket to its team: a topic with the summary and buttons; first: no team has seen it yet."""
        turn = self.whose_turn(db, ticket, now)
        self.in_topic(
            db, ticket, self.summary(db, ticket, turn), now, do="open", title=self.topic_title(ticket),
            buttons=topic_buttons(ticket),
        )  # fmt: skip
        team = teams.team_by(db, id=ticket.team_id) if ticket.team_id else None
        if team is None or topics.get(db, ticket.id, team.telegram_chat or ""):
            return
        # The first team sees every message: the summary holds a few lines, and what comes later crowds them out. A next
        # team has the summary for the words, and what is no text is shown again.
        for relay in relays.of_ticket(db, ticket.id):
            if relay.author == "citizen" and (first or relay.kind != Kind.TEXT):
                self.show_message(db, ticket, relay.id)

    def show_message(self, db: Connection, ticket: Ticket, relay_id: int) -> None:
        """Show a citizen's message in the topic, its draft with it; what is no text is copied where that can be done."""
        relay = relays.get(db, relay_id)
        if relay is None or ticket.team_id is None:
            return
        answered = relays.get(db, relay.reply_to) if relay.reply_to else None
        post = {"reply_to": answered.group_message} if answered and answered.group_message else {}
        buttons: tuple[Button, ...] = ()
        do = "say"
        if relay.kind == Kind.TEXT:
            text = words.CITIZEN_SAYS.format(text=relay.text)
            if relay.draft:
                text = f"{text}\n\n{words.DRAFT.format(draft=relay.draft)}"
                buttons = (
                    Button(words.SEND_DRAFT, f"d:send:{relay_id}"),
                    Button(words.EDIT_DRAFT, f"d:edit:{relay_id}"),
                    Button(words.NEW_ANSWER, f"d:new:{relay_id}"),
                )
        else:
            text = words.CITIZEN_SENT.format(kind=words.KINDS[relay.kind], text=relay.text).strip()
            # Telegram copies within itself; from elsewhere there is nothing to copy.
            if ticket.channel == "telegram" and relay.citizen_message:
                do, post = "copy", post | {"chat": ticket.chat, "message": relay.citizen_message}
            else:
                text = f"{text} {words.CANNOT_SHOW}"
        self.in_topic(db, ticket, text, relay.at, do=do, buttons=buttons, relay_id=relay_id, post=post)

    def whose_turn(self, db: Connection, ticket: Ticket, now: datetime) -> Volunteer | None:
        """Return who of the ticket's team is asked first, or None when nobody is on duty with room.

        Somebody with hours of their own is on the roster in these only.
        """
        if ticket.team_id is None:
            return None
        people = [
            person
            for person in teams.volunteers_of(db, [ticket.team_id])
            if not person.hours or Hours.parse(person.hours).is_open(now)
        ]
        return whose_turn(people, teams.held(db), self.field_of(ticket.guide), ticket.avoid)

    def topic_title(self, ticket: Ticket) -> str:
        """Return "#1234 Khai sinh - L."; no full name, no number of a person."""
        about = self.title_of(ticket.guide) or words.REASONS.get(ticket.reason, "")
        short = about if len(about) <= _TOPIC_TITLE else f"{about[:_TOPIC_TITLE].rsplit(' ', 1)[0]}…"
        return f"#{ticket.id} {short}" + (f" - {ticket.initial}." if ticket.initial else "")

    def summary(self, db: Connection, ticket: Ticket, turn: Volunteer | None = None) -> str:
        """Return what a volunteer has to know first; everything in it was masked when it was kept."""
        lines = []
        if ticket.question:
            lines.append(f"• {_one_line(ticket.question)}")
        before = relays.before_ticket(db, ticket.conversation_id, ticket.created_at, _SUMMARY_LINES)
        lines += [
            f"• {_one_line(line.question)}" for line in before if line.question and line.question != ticket.question
        ]
        said = [r for r in relays.of_ticket(db, ticket.id) if r.author == "citizen" and r.text][-_SUMMARY_LINES:]
        lines += [f"• {_one_line(r.text)}" for r in said]
        return words.SUMMARY.format(
            urgent=words.URGENT if ticket.urgent else "",
            number=ticket.id,
            reason=words.REASONS.get(ticket.reason, ticket.reason),
            guide=self.title_of(ticket.guide) or words.UNKNOWN_GUIDE,
            step=words.AT_STEP.format(number=ticket.step + 1) if ticket.step is not None else "",
            place=self.place(ticket),
            last=words.SUMMARY_LAST.format(lines="\n".join(dict.fromkeys(lines))) if lines else "",
            turn=words.SUMMARY_TURN.format(name=turn.name) if turn else "",
        ).strip()  # fmt: skip

    def again(self, db: Connection, ticket_id: int) -> Ticket:
        """Return a ticket as it is now."""
        ticket = tickets.get(db, ticket_id)
        assert ticket is not None
        return ticket

    def hold(self, db: Connection, ticket_id: int) -> Ticket:
        """Return a ticket that nobody else changes until the transaction ends."""
        ticket = tickets.hold(db, ticket_id)
        assert ticket is not None
        return ticket


def topic_buttons(ticket: Ticket) -> tuple[Button, ...]:
    """Return what can be done with a ticket: before and after it was claimed."""
    first = () if ticket.state == "claimed" else (Button(words.CLAIM, f"d:claim:{ticket.id}"),)
    return (
        *first,
        Button(words.TRANSFER, f"d:transfer:{ticket.id}"),
        Button(words.GIVE_BACK, f"d:return:{ticket.id}"),
        Button(words.CLOSE, f"d:close:{ticket.id}"),
        Button(words.BLOCK, f"d:block:{ticket.id}"),
    )


def moment(at: datetime) -> str:
    """Return a moment as people say it: "7 giờ 30 thứ Hai 30/11"."""
    here = at.astimezone(VIETNAM)
    minutes = f" {here.minute:02}" if here.minute else ""
    return f"{here.hour} giờ{minutes} {WEEKDAYS[here.weekday()]} {here.day:02}/{here.month:02}"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LINE_LENGTH else f"{line[:_LINE_LENGTH].rsplit(' ', 1)[0]}…"
