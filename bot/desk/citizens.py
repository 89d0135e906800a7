"""The citizen's side of the desk: asking for a person, saying where and what, messages, cancelling, stars, asking again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from bot import sentences
from bot.desk import words
from bot.desk.bench import Bench, moment
from bot.desk.routing import team_for
from bot.files import Attachment
from bot.messages import Button, Kind
from bot.store import relays, teams, tickets
from bot.store.tickets import Ticket

# A closed ticket goes on with the same volunteer for this long; later it is a new one.
REOPEN_WITHIN = timedelta(hours=24)
# How long we wait for commune and problem before the team sees a ticket without them.
DETAILS_WITHIN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Request:
    """Why somebody needs a person, and what is known; question is masked."""

    reason: str
    question: str = ""
    guide: str | None = None
    step: int | None = None
    commune: str | None = None

    @property
    def urgent(self) -> bool:
        """Whether somebody loses money while we wait."""
        return self.reason == "scam"


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a citizen to be carried over; text is masked."""

    inbox_id: int
    kind: Kind
    text: str
    message: str
    """Id in the citizen's channel, empty where it has none."""
    reply_to: str
    at: datetime
    file: Attachment | None = None


class Citizens:
    """What citizens can do at the desk."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    @property
    def staffed(self) -> bool:
        """Whether any team is there at all."""
        with self._bench.database.begin() as db:
            return bool(teams.all_teams(db))

    def ticket_of(self, conversation_id: int) -> Ticket | None:
        """Return the open ticket of a conversation, or None."""
        with self._bench.database.begin() as db:
            return tickets.open_of(db, conversation_id)

    def open(self, conversation_id: int, request: Request, now: datetime) -> tuple[Ticket, bool]:
        """Return (ticket, created): a new waiting ticket that no team sees yet, or the one already open.

        Call `route` when commune and problem are known or were skipped; after DETAILS_WITHIN the clock does it.
        """
        with self._bench.database.begin() as db:
            known = tickets.last_of(db, conversation_id)
            if known and known.is_open:
                return known, False
            number = tickets.add(
                db, conversation_id, reason=request.reason, question=request.question, guide=request.guide,
                step=request.step, commune=request.commune, urgent=request.urgent, created_at=now, owed_since=now,
                due_at=now + DETAILS_WITHIN, avoid=[],
            )  # fmt: skip
            if number is not None:
                tickets.record(db, number, "opened", now, note=request.reason)
            ticket = tickets.open_of(db, conversation_id)
            assert ticket is not None
            return ticket, number is not None

    def describe(self, ticket_id: int, *, commune: str | None = None, problem: str | None = None) -> None:
        """Add where the citizen lives or what the trouble is."""
        with self._bench.database.begin() as db:
            self._bench.hold(db, ticket_id)
            if commune:
                tickets.change(db, ticket_id, commune=commune)
            if problem:
                tickets.change(db, ticket_id, question=problem)
                ticket = self._bench.again(db, ticket_id)
                if ticket.team_id is not None:
                    # The clock showed the ticket to the team before this was known.
                    self._bench.in_topic(db, ticket, words.CITIZEN_SAYS.format(text=problem), datetime.now(UTC))

    def get(self, ticket_id: int) -> Ticket:
        """Return a ticket as it is now."""
        with self._bench.database.begin() as db:
            return self._bench.again(db, ticket_id)

    def hurry(self, ticket_id: int, now: datetime) -> None:
        """Make an open ticket urgent: the citizen is losing money while it waits."""
        with self._bench.database.begin() as db:
            ticket = self._bench.hold(db, ticket_id)
            if ticket.urgent or not ticket.is_open:
                return
            team = teams.team_by(db, id=ticket.team_id) if ticket.team_id else None
            due_at = self._bench.due(team, now, 0, urgent=True)
            tickets.change(db, ticket_id, urgent=True, owed_since=now, reminders=0, due_at=due_at)
            tickets.record(db, ticket_id, "hurried", now, team_id=ticket.team_id)
            said = f"{words.URGENT}{words.REASONS['scam']}."
            self._bench.in_topic(db, self._bench.again(db, ticket_id), said, now)
            self.route_in(db, ticket_id, now)

    def route(self, ticket_id: int, now: datetime) -> Ticket:
        """Show a ticket to the right team, once; return it as it is then."""
        with self._bench.database.begin() as db:
            return self.route_in(db, ticket_id, now)

    def route_in(self, db: Connection, ticket_id: int, now: datetime) -> Ticket:
        """Do the same inside a transaction."""
        bench, ticket = self._bench, self._bench.hold(db, ticket_id)
        if ticket.state != "waiting" or ticket.team_id is not None:
            return ticket
        team = team_for(teams.all_teams(db), ticket.commune, bench.places, tickets.waiting_by_team(db))
        if team is None:
            # Administrators see it on the desk; the clock has nobody to remind.
            tickets.change(db, ticket.id, due_at=None)
            return bench.again(db, ticket.id)
        due_at = bench.due(team, now, 0, urgent=ticket.urgent)
        tickets.change(db, ticket.id, team_id=team.id, owed_since=now, reminders=0, due_at=due_at)
        tickets.record(db, ticket.id, "routed", now, team_id=team.id)
        ticket = bench.again(db, ticket.id)
        bench.open_topic(db, ticket, now, first=True)
        return ticket

    def outlook(self, ticket: Ticket, now: datetime) -> str:
        """Return what truly happens next with a waiting ticket; no minute is promised."""
        bench = self._bench
        with bench.database.begin() as db:
            team = teams.team_by(db, id=ticket.team_id) if ticket.team_id else None
            if team is None:
                return sentences.PERSON_NO_TEAM.format(number=ticket.id)
            free = bench.whose_turn(db, ticket, now) is not None
            queue = self._queue(db, ticket)
        hours = bench.hours_of(team)
        opening = None if hours.is_open(now) else hours.next_opening(now)
        if opening and not ticket.urgent:
            text = sentences.PERSON_CLOSED.format(
                number=ticket.id, team=team.name, queue=queue, opening=moment(opening)
            )
        elif free:
            text = sentences.PERSON_FREE.format(number=ticket.id, team=team.name, queue=queue)
        else:
            text = sentences.PERSON_BUSY.format(number=ticket.id, team=team.name, queue=queue)
        return f"{text}\n{sentences.PERSON_MEANWHILE}"

    def already(self, ticket: Ticket) -> str:
        """Return how an open ticket stands, for somebody who asks again."""
        with self._bench.database.begin() as db:
            if ticket.state == "claimed":
                return sentences.PERSON_ALREADY_HELPED.format(helper=self._bench.helper(db, ticket), number=ticket.id)
            return sentences.PERSON_ALREADY.format(number=ticket.id, queue=self._queue(db, ticket))

    def relay(self, db: Connection, ticket: Ticket, said: Sequence[Said], draft: tuple[str, str] | None) -> None:
        """Carry a citizen's messages over to the ticket; draft: what the bot would have said, and from which guide.

        Runs in the transaction that commits the turn, so each message is carried over exactly once. After it a person
        owes an answer.
        """
        # Also when a volunteer closed the ticket during this very turn: the words were meant for that person.
        bench, ticket = self._bench, self._bench.hold(db, ticket.id)
        for number, one in enumerate(said, start=1):
            mine = draft if number == len(said) else None
            reply = relays.by_citizen_message(db, ticket.id, one.reply_to) if one.reply_to else None
            relay_id = relays.add(
                db, ticket.id, "citizen", one.at, inbox_id=one.inbox_id, kind=one.kind, text=one.text, file=one.file,
                reply_to=reply.id if reply else None, citizen_message=one.message or None,
                draft=mine[0] if mine else None, draft_guide=mine[1] if mine else None,
                draft_label="offered" if mine else None,
            )  # fmt: skip
            bench.show_message(db, ticket, relay_id)
        if ticket.state == "claimed" and ticket.owed_since is None:
            team = teams.team_by(db, id=ticket.team_id) if ticket.team_id else None
            first = said[0].at
            due_at = bench.due(team, first, 0, urgent=ticket.urgent)
            tickets.change(db, ticket.id, owed_since=first, reminders=0, due_at=due_at)

    def correct(self, db: Connection, ticket: Ticket, said: Said) -> None:
        """Carry a correction over; where the volunteer has not seen the message that was changed, it is a new one."""
        ticket = self._bench.hold(db, ticket.id)
        relay = relays.by_citizen_message(db, ticket.id, said.message)
        if relay is None:
            self.relay(db, ticket, [said], None)
            return
        relays.correct(db, relay.id, said.text, said.at, file=said.file)
        text = words.CITIZEN_EDITED.format(text=said.text)
        self._bench.in_topic(db, ticket, text, said.at, do="edit", relay_id=relay.id)

    def cancel(self, conversation_id: int, now: datetime) -> Ticket | None:
        """Close the citizen's own open ticket and return it; None when there is none."""
        with self._bench.database.begin() as db:
            ticket = tickets.last_of(db, conversation_id)
            if ticket is None or not ticket.is_open:
                return None
            tickets.change(db, ticket.id, state="closed", close_reason="cancelled", closed_at=now, due_at=None)
            tickets.forget_phones(db, ticket.id)
            tickets.record(db, ticket.id, "cancelled", now)
            said = words.CLOSED_BY_ITSELF.format(reason=words.OTHER_CLOSE_REASONS["cancelled"])
            self._bench.in_topic(db, ticket, said, now)
            self._bench.in_topic(db, ticket, "", now, do="close")
            return ticket

    def rate(self, conversation_id: int, ticket_id: int, stars: int, now: datetime) -> bool:
        """Keep how satisfied the citizen is, 1 to 5; False for somebody else's ticket."""
        with self._bench.database.begin() as db:
            ticket = tickets.hold(db, ticket_id)
            if ticket is None or ticket.conversation_id != conversation_id or ticket.is_open or not 1 <= stars <= 5:
                return False
            # The same star again is a tap that was not felt.
            if stars != ticket.stars:
                tickets.change(db, ticket_id, if_state=(ticket.state,), stars=stars)
                tickets.record(db, ticket_id, "rated", now, note=str(stars))
                self._bench.in_topic(db, ticket, words.RATED.format(stars=stars), now)
        return True

    def explain_stars(self, ticket_id: int, said: str, now: datetime) -> None:
        """Keep the word (masked) that a citizen adds to the stars."""
        with self._bench.database.begin() as db:
            ticket = self._bench.hold(db, ticket_id)
            tickets.change(db, ticket_id, if_state=(ticket.state,), stars_words=said)
            self._bench.in_topic(db, ticket, words.RATED_WITH.format(words=said), now)

    def reopen(self, conversation_id: int, now: datetime) -> Ticket | None:
        """Go on with the ticket that was closed within REOPEN_WITHIN, the same volunteer first; None when none was."""
        bench = self._bench
        with bench.database.begin() as db:
            ticket = tickets.last_of(db, conversation_id)
            if ticket is None or ticket.is_open or ticket.closed_at is None or now - ticket.closed_at > REOPEN_WITHIN:
                return None
            if ticket.state == "blocked" or ticket.close_reason == "cancelled":
                return None
            team = teams.team_by(db, id=ticket.team_id) if ticket.team_id else None
            person = teams.volunteer_by(db, id=ticket.volunteer_id) if ticket.volunteer_id else None
            # The same volunteer has it back at once when there and on duty; the clock takes it on if not answered.
            holds = person is not None and person.on_duty and person.may_serve(ticket.team_id)
            tickets.change(
                db, ticket.id, if_state=(ticket.state,), state="claimed" if holds else "waiting",
                volunteer_id=ticket.volunteer_id if holds else None, closed_at=None, close_reason=None,
                owed_since=now, reminders=0, due_at=bench.due(team, now, 0, urgent=ticket.urgent),
                reopened=ticket.reopened + 1,
            )  # fmt: skip
            tickets.record(db, ticket.id, "reopened", now)
            ticket = bench.again(db, ticket.id)
            bench.in_topic(db, ticket, "", now, do="reopen")
            said = words.REOPENED if holds else f"{words.REOPENED}\n{bench.summary(db, ticket)}"
            bench.in_topic(
                db, ticket, said, now, buttons=() if holds else (Button(words.CLAIM, f"d:claim:{ticket.id}"),)
            )
            return ticket

    def helper(self, ticket: Ticket) -> str:
        """Return who helps, or the team's name while nobody holds the ticket."""
        with self._bench.database.begin() as db:
            return self._bench.helper(db, ticket)

    def transcript(self, conversation_id: int) -> list[tuple[str, str, datetime]]:
        """Return (who, words, when) of the newest ticket, oldest first; empty without one. Notes are left out."""
        with self._bench.database.begin() as db:
            ticket = tickets.last_of(db, conversation_id)
            if ticket is None:
                return []
            names = {person.id: person.name for person in teams.everybody(db)}
            return [
                (names.get(r.volunteer_id or 0, "Mình"), r.text or words.KINDS.get(r.kind, ""), r.at)
                for r in relays.of_ticket(db, ticket.id)
                if r.author != "note"
            ]

    def _queue(self, db: Connection, ticket: Ticket) -> str:
        count = tickets.waiting_before(db, ticket)
        return sentences.PERSON_QUEUE.format(count=count) if count else ""
