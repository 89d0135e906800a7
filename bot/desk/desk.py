"""The desk as one thing, and what channels and pages ask of it that is nobody's action."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection

from bot.desk import words
from bot.desk.accounts import Accounts
from bot.desk.bench import Bench, topic_buttons
from bot.desk.citizens import Citizens
from bot.desk.clock import DeskClock
from bot.desk.volunteers import Volunteers
from bot.messages import Button
from bot.store import relays, teams, tickets, topics
from bot.store.outbox import TEAM_CHANNEL, Outgoing
from bot.store.relays import Relay
from bot.store.teams import Team, Volunteer
from bot.store.tickets import Ticket
from bot.store.topics import Topic


class Desk:
    """Everything that channels, pages and commands need of the desk."""

    def __init__(self, bench: Bench, citizens: Citizens) -> None:
        self.bench = bench
        self.citizens = citizens
        self.volunteers = Volunteers(bench)
        self.clock = DeskClock(bench, citizens, self.volunteers)
        self.accounts = Accounts(bench.database)

    def ticket(self, ticket_id: int) -> Ticket | None:
        """Return a ticket by its number, or None."""
        with self.bench.database.begin() as db:
            return tickets.get(db, ticket_id)

    def of_topic(self, chat: str, thread: str) -> Ticket | None:
        """Return the ticket whose topic in this group this is, or None."""
        with self.bench.database.begin() as db:
            number = topics.ticket_of(db, chat, thread)
            return tickets.get(db, number) if number else None

    def topic(self, ticket_id: int, chat: str) -> Topic | None:
        """Return a ticket's topic in a group, or None."""
        with self.bench.database.begin() as db:
            return topics.get(db, ticket_id, chat)

    def keep_topic(self, ticket_id: int, chat: str, thread: str) -> None:
        """Remember a ticket's new topic in a group; one that was adopted meanwhile is empty and goes."""
        with self.bench.database.begin() as db:
            tickets.hold(db, ticket_id)
            known = topics.get(db, ticket_id, chat)
            if known and known.thread != thread:
                self._drop_topic(db, chat, known.thread)
            topics.keep(db, ticket_id, chat, thread)

    def adopt_topic(self, ticket_id: int, chat: str, thread: str) -> None:
        """A topic was made for a ticket, and nobody may have got the answer: it becomes the ticket's, or goes when there is another."""
        with self.bench.database.begin() as db:
            if tickets.hold(db, ticket_id) is None:
                return
            known = topics.get(db, ticket_id, chat)
            if known is None:
                topics.keep(db, ticket_id, chat, thread)
            elif known.thread != thread:
                self._drop_topic(db, chat, thread)

    @staticmethod
    def _drop_topic(db: Connection, chat: str, thread: str) -> None:
        now = datetime.now(UTC)
        relays.say(db, relays.room(db, TEAM_CHANNEL, chat, now), "", now, post={"do": "drop", "thread": thread})

    def topic_introduced(self, ticket_id: int, chat: str, summary: str) -> None:
        """Remember the message that says what a topic is about."""
        with self.bench.database.begin() as db:
            topics.introduced(db, ticket_id, chat, summary)

    def forget_topic(self, ticket_id: int, chat: str) -> None:
        """Somebody deleted the topic."""
        with self.bench.database.begin() as db:
            topics.forget(db, ticket_id, chat)

    def first_post(self, ticket_id: int) -> tuple[str, str, tuple[Button, ...]]:
        """Return (title, summary, buttons) of a ticket's topic as they are right now."""
        with self.bench.database.begin() as db:
            ticket = self.bench.again(db, ticket_id)
            summary = self.bench.summary(db, ticket, self.bench.whose_turn(db, ticket, datetime.now(UTC)))
            return self.bench.topic_title(ticket), summary, topic_buttons(ticket) if ticket.is_open else ()

    def relayed(self, ticket_id: int, group_message: str) -> Relay | None:
        """Return what a message in the ticket's topic stands for, or None."""
        with self.bench.database.begin() as db:
            return relays.by_group_message(db, ticket_id, group_message)

    def targets(self, ticket_id: int, who: Volunteer) -> tuple[list[Volunteer], list[Team]]:
        """Return (people, teams) to whom this person may hand a ticket."""
        with self.bench.database.begin() as db:
            ticket = tickets.get(db, ticket_id)
            if ticket is None:
                return [], []
            # Where no team serves the place, an administrator hands the ticket to one.
            colleagues = teams.volunteers_of(db, [ticket.team_id]) if ticket.team_id else []
            people = [p for p in colleagues if p.on_duty and p.id not in (who.id, ticket.volunteer_id)]
            return people, [team for team in teams.all_teams(db) if team.id != ticket.team_id]

    def reply_in_group(
        self, chat: str, thread: int | None, reply_to: int | None, text: str, buttons: tuple[Button, ...] = ()
    ) -> None:  # fmt: skip
        """Answer a volunteer in the group, under the message that asked."""
        now = datetime.now(UTC)
        post = {"do": "reply", "thread": thread, "reply_to": str(reply_to or "")}
        with self.bench.database.begin() as db:
            relays.say(db, relays.room(db, TEAM_CHANNEL, chat, now), text, now, buttons=buttons, post=post)

    def told(self, message: Outgoing, result: str, reason: str = "") -> None:
        """Tell the volunteer how far the message to the citizen got: a receipt, or a warning in the topic."""
        if message.relay_id is None or message.channel == TEAM_CHANNEL or message.target or result == "retried":
            return
        now = datetime.now(UTC)
        with self.bench.database.begin() as db:
            relay = relays.get(db, message.relay_id)
            ticket = tickets.get(db, relay.ticket_id) if relay else None
            if relay is None or ticket is None:
                return
            if result != "sent":
                warning = words.NOT_DELIVERED if result == "failed" else words.UNCLEAR
                self.bench.in_topic(db, ticket, warning.format(text=relay.text, reason=reason), now)
            elif relay.group_message:
                self.bench.in_topic(db, ticket, "", now, do="react", post={"message": relay.group_message})
