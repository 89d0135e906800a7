"""The volunteers' side of the desk: claim, answer, note, transfer, give back, close, block. Each call is one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from bot import sentences
from bot.desk import guard, words
from bot.desk.bench import Bench, Done, moment, topic_buttons
from bot.errors import RepeatedUpdate
from bot.files import Attachment
from bot.messages import Button
from bot.privacy import mask
from bot.store import relays, suggestions, teams, tickets
from bot.store.teams import Team, Volunteer
from bot.store.tickets import OPEN, Ticket

# Without a word from either side a claimed ticket is closed after this long.
QUIET_AFTER = timedelta(hours=48)
MAX_TEXT = 3000


class Volunteers:
    """What volunteers can do at the desk; who they are was checked before, what they may do is checked here."""

    def __init__(self, bench: Bench, update: tuple[str, str] | None = None) -> None:
        self._bench = bench
        self._update = update

    def once(self, channel: str, update_id: str) -> Volunteers:
        """Return the same for one update of a channel: its action raises RepeatedUpdate when that was done before."""
        return Volunteers(self._bench, (channel, update_id))

    def claim(self, ticket_id: int, who: Volunteer, now: datetime) -> Done:
        """Take a waiting ticket; of any number of simultaneous claims exactly one wins."""
        with self._ticket(ticket_id, who) as (db, ticket):
            return Done(False, words.NO_TICKET) if ticket is None else self._claim(db, ticket, who, now)

    def answer(
        self, ticket_id: int, who: Volunteer, text: str, now: datetime, *, reply_to: int | None = None,
        group_message: str = "", media: tuple[str, str, str] | None = None, file: Attachment | None = None,
        draft_of: int | None = None,
    ) -> Done:  # fmt: skip
        """Say something to the citizen; answering a waiting ticket claims it.

        reply_to, draft_of: relay ids of this ticket; draft_of: the citizen's message whose draft this is, changed or not.
        group_message: id of the volunteer's own message, for receipts. media: (kind, chat, message) to be copied;
        file: what stands in that message, for the desk's pages.
        """
        with self._ticket(ticket_id, who) as (db, ticket):
            if ticket is None:
                return Done(False, words.NO_TICKET)
            named = [relays.get(db, one) for one in (reply_to, draft_of) if one is not None]
            if any(relay is None or relay.ticket_id != ticket.id for relay in named):
                return Done(False, words.NO_TICKET)
            if not text.strip() and media is None:
                return Done(False, words.EMPTY)
            if len(text) > MAX_TEXT:
                return Done(False, words.TOO_LONG.format(limit=MAX_TEXT))
            if media is not None and ticket.channel != "telegram":
                return Done(False, words.NO_MEDIA)
            draft = next((relay.draft for relay in named if relay and relay.id == draft_of), None)
            if reason := guard.refuse(_own_words(text, draft or "")):
                tickets.record(db, ticket.id, "guard_stopped", now, volunteer_id=who.id, note=reason)
                return Done(False, words.GUARDED[reason])
            if ticket.state == "waiting":
                claimed = self._claim(db, ticket, who, now)
                if not claimed.ok:
                    return claimed
            elif refused := self._not_theirs(db, ticket, who):
                return refused
            if not self._use_up_draft(db, ticket, text, draft_of):
                return Done(False, words.NO_DRAFT)
            self._say(db, ticket, who, text, now, reply_to, group_message, media, file)
            return Done(True, words.SENT)

    def use_draft(self, relay_id: int, who: Volunteer, now: datetime) -> Done:
        """Send the bot's draft as it is."""
        with self._bench.database.begin() as db:
            relay = relays.get(db, relay_id)
        if relay is None or relay.draft is None:
            return Done(False, words.NO_DRAFT)
        return self.answer(relay.ticket_id, who, relay.draft, now, reply_to=relay.id, draft_of=relay.id)

    def correct(self, ticket_id: int, who: Volunteer, group_message: str, text: str, now: datetime) -> Done:
        """Carry a volunteer's correction over to the citizen."""
        with self._ticket(ticket_id, who) as (db, ticket):
            relay = relays.by_group_message(db, ticket_id, group_message) if ticket else None
            if ticket is None or relay is None or relay.volunteer_id != who.id or relay.author != "volunteer":
                return Done(False, words.NO_TICKET)
            if reason := guard.refuse(text):
                tickets.record(db, ticket.id, "guard_stopped", now, volunteer_id=who.id, note=reason)
                return Done(False, words.GUARDED[reason])
            clean = _clean(text)
            relays.correct(db, relay.id, clean, now)
            self._bench.to_citizen(
                db, ticket, clean, now, title=f"{who.name} (đã sửa)", post={"do": "edit"}, relay_id=relay.id
            )
            return Done(True, words.SENT)

    def note(self, ticket_id: int, who: Volunteer, text: str, now: datetime) -> Done:
        """Keep a note that no citizen ever sees."""
        with self._ticket(ticket_id, who) as (db, ticket):
            if ticket is None:
                return Done(False, words.NO_TICKET)
            relays.add(db, ticket_id, "note", now, text=_clean(text), volunteer_id=who.id)
            return Done(True, words.NOTED)

    def transfer(
        self, ticket_id: int, who: Volunteer, note: str, now: datetime, *, team_id: int | None = None,
        volunteer_id: int | None = None,
    ) -> Done:  # fmt: skip
        """Hand a ticket to another team, where it waits, or to one volunteer of the same team, who holds it from then on."""
        with self._ticket(ticket_id, who, if_held=True) as (db, ticket):
            if ticket is None:
                return Done(False, words.NO_TICKET)
            if refused := self._not_theirs(db, ticket, who):
                return refused
            if not note.strip():
                return Done(False, words.NOTE_NEEDED)
            note = _clean(note.strip())
            person = teams.volunteer_by(db, id=volunteer_id) if volunteer_id else None
            team = teams.team_by(db, id=team_id) if team_id else None
            if person is not None:
                if not person.may_serve(ticket.team_id):
                    return Done(False, words.NOT_YOURS)
                self._hand_to_person(db, ticket, who, person, note, now)
                return Done(True, words.DONE)
            if team is None or team.id == ticket.team_id:
                return Done(False, words.SAME_TEAM)
            self.hand_to_team(db, ticket, team, now, "transferred", note, who)
            return Done(True, words.DONE)

    def give_back(self, ticket_id: int, who: Volunteer, now: datetime) -> Done:
        """End the ticket and let the bot go on."""
        with self._ticket(ticket_id, who, if_held=True) as (db, ticket):
            if ticket is None:
                return Done(False, words.NO_TICKET)
            if refused := self._not_theirs(db, ticket, who):
                return refused
            helper = self._bench.helper(db, ticket) or who.name
            said = sentences.PERSON_RETURNED.format(helper=helper)
            topic = words.GIVEN_BACK.format(name=who.name)
            self._end(
                db, ticket, who, now, state="returned", kind="returned", reason="returned", said=said, topic=topic
            )
            return Done(True, words.DONE)

    def close(self, ticket_id: int, who: Volunteer, reason: str, now: datetime) -> Done:
        """Close a ticket for one of words.CLOSE_REASONS; the citizen is asked how it was."""
        with self._ticket(ticket_id, who, if_held=True) as (db, ticket):
            if ticket is None or reason not in words.CLOSE_REASONS:
                return Done(False, words.NO_TICKET)
            if refused := self._not_theirs(db, ticket, who):
                return refused
            label = words.CLOSE_REASONS[reason]
            said = (
                ""
                if reason == "spam"
                else sentences.PERSON_CLOSED_TICKET.format(number=ticket.id, reason=label.lower())
            )
            topic = words.CLOSED.format(name=who.name, reason=label)
            self._end(db, ticket, who, now, state="closed", kind="closed", reason=reason, said=said, topic=topic)
            return Done(True, words.DONE)

    def block(self, ticket_id: int, who: Volunteer, days: int, now: datetime) -> Done:
        """End a ticket and give this person no answers for some days; for abuse only."""
        with self._ticket(ticket_id, who, if_held=True) as (db, ticket):
            if ticket is None:
                return Done(False, words.NO_TICKET)
            if refused := self._not_theirs(db, ticket, who):
                return refused
            until = now + timedelta(days=days)
            relays.block(db, ticket.conversation_id, until)
            said = sentences.PERSON_BLOCKED.format(until=moment(until))
            topic = words.BLOCKED.format(name=who.name, until=moment(until))
            self._end(db, ticket, who, now, state="blocked", kind="blocked", reason="blocked", said=said, topic=topic)
            return Done(True, words.DONE)

    def unblock(self, ticket_id: int, who: Volunteer, now: datetime) -> Done:
        """Lift a block; leads and administrators only."""
        with self._ticket(ticket_id, who, states=("blocked",)) as (db, ticket):
            if ticket is None or not who.leads:
                return Done(False, words.ONLY_LEADS)
            relays.block(db, ticket.conversation_id, None)
            tickets.change(db, ticket.id, if_state=("blocked",), state="closed")
            tickets.record(db, ticket.id, "unblocked", now, volunteer_id=who.id)
            return Done(True, words.DONE)

    def show_phone(self, ticket_id: int, who: Volunteer, now: datetime) -> Done:
        """Return the phone numbers that the citizen offered; that somebody looked is kept."""
        with self._ticket(ticket_id, who) as (db, ticket):
            if ticket is None:
                return Done(False, words.NO_TICKET)
            if refused := self._not_theirs(db, ticket, who):
                return refused
            numbers = tickets.phones(db, ticket_id)
            if not numbers:
                return Done(False, words.NO_PHONE)
            tickets.record(db, ticket_id, "phone_shown", now, volunteer_id=who.id)
            return Done(True, words.PHONES.format(numbers=", ".join(numbers)))

    def suggest(self, relay_id: int, who: Volunteer, now: datetime) -> Done:
        """Propose an answer for the knowledge base, with the question it answered."""
        with self._begin() as db:
            relay = relays.get(db, relay_id)
            # Held, so that of two taps on one answer one keeps it.
            ticket = tickets.hold(db, relay.ticket_id) if relay else None
            if relay is None or ticket is None or relay.author != "volunteer" or not who.may_serve(ticket.team_id):
                return Done(False, words.NO_TICKET)
            if not relay.text.strip():
                return Done(False, words.NOTHING_TO_KEEP)
            if suggestions.known(db, ticket.id, relay.text):
                return Done(True, words.KEPT)
            asked = [
                r.text for r in relays.of_ticket(db, ticket.id) if r.id < relay.id and r.author == "citizen" and r.text
            ]
            question = asked[-1] if asked else ticket.question
            suggestions.add(
                db,
                now,
                ticket_id=ticket.id,
                volunteer_id=who.id,
                question=question,
                answer=relay.text,
                guide=ticket.guide,
            )
            tickets.record(db, ticket.id, "suggested", now, volunteer_id=who.id)
            return Done(True, words.KEPT)

    def drop_draft(self, relay_id: int, who: Volunteer) -> Done:
        """Put a draft aside: this person writes an answer of their own."""
        with self._begin() as db:
            relay = relays.get(db, relay_id)
            ticket = tickets.get(db, relay.ticket_id) if relay else None
            if relay is None or ticket is None or not who.may_serve(ticket.team_id):
                return Done(False, words.NO_TICKET)
            relays.label_draft(db, relay_id, "replaced")
            return Done(True, words.NEW_HOW)

    def duty(self, who: Volunteer, on: bool) -> Done:
        """Go on or off duty; tickets in hand stay."""
        with self._begin() as db:
            teams.change_volunteer(db, who.id, on_duty=on)
        return Done(True, words.ON_DUTY if on else words.OFF_DUTY)

    def leave(self, volunteer_id: int, now: datetime) -> None:
        """End somebody's rights at once; what they held waits for others."""
        with self._begin() as db:
            who = teams.hold_volunteer(db, volunteer_id)
            if who is None or who.left_at is not None:
                return
            for one in tickets.listed(db, states=("claimed",), volunteer_id=who.id):
                ticket = self._bench.hold(db, one.id)
                if ticket.state == "claimed" and ticket.volunteer_id == who.id:
                    self.take_back(db, ticket, now, "left", words.LEFT.format(name=who.name))
            teams.change_volunteer(db, who.id, left_at=now, on_duty=False, telegram_user=None, login=None)
            teams.end_sessions_of(db, who.id)

    # ---- shared with the clock, inside its transaction

    def take_back(self, db: Connection, ticket: Ticket, now: datetime, kind: str, topic: str) -> None:
        """Let a claimed ticket wait again, for others than the one who held it."""
        bench = self._bench
        team = teams.team_by(db, id=ticket.team_id) if ticket.team_id else None
        # The clock starts anew: the others have not been asked yet.
        tickets.change(
            db, ticket.id, state="waiting", volunteer_id=None, avoid=[*ticket.avoid, ticket.volunteer_id], owed_since=now,
            reminders=0, due_at=bench.due(team, now, 0, urgent=ticket.urgent),
        )  # fmt: skip
        tickets.record(db, ticket.id, kind, now, volunteer_id=ticket.volunteer_id)
        bench.in_topic(db, ticket, topic, now, buttons=(Button(words.CLAIM, f"d:claim:{ticket.id}"),))
        bench.to_citizen(db, ticket, sentences.PERSON_NEXT, now)

    def hand_to_team(
        self, db: Connection, ticket: Ticket, team: Team, now: datetime, kind: str, note: str, who: Volunteer | None = None
    ) -> None:  # fmt: skip
        """Let a ticket wait at another team, with what was said so far in its summary."""
        bench = self._bench
        bench.in_topic(db, ticket, words.MOVED_AWAY.format(to=team.name), now)
        bench.in_topic(db, ticket, "", now, do="close")
        # In the other group the same numbers are other messages.
        relays.leave_group(db, ticket.id)
        tickets.change(
            db, ticket.id, state="waiting", team_id=team.id, volunteer_id=None, owed_since=now, reminders=0,
            due_at=bench.due(team, now, 0, urgent=ticket.urgent),
        )  # fmt: skip
        tickets.record(db, ticket.id, kind, now, volunteer_id=who.id if who else None, team_id=team.id, note=note)
        moved = bench.again(db, ticket.id)
        bench.open_topic(db, moved, now)
        if note and who:
            bench.in_topic(db, moved, words.HANDED_TO.format(who=who.name, to=team.name, note=note), now)
        bench.to_citizen(db, ticket, sentences.PERSON_MOVED.format(number=ticket.id, team=team.name), now)

    def close_quiet(self, db: Connection, ticket: Ticket, now: datetime) -> None:
        """Close a ticket on which nobody has said anything for QUIET_AFTER."""
        said = sentences.PERSON_QUIET.format(number=ticket.id)
        topic = words.CLOSED_BY_ITSELF.format(reason=words.OTHER_CLOSE_REASONS["quiet"])
        self._end(db, ticket, None, now, state="closed", kind="closed", reason="quiet", said=said, topic=topic)

    # ---- inside

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        """Yield the transaction of an action; what it does and that its update was done are committed together."""
        with self._bench.database.begin() as db:
            if self._update and not relays.first_time(db, *self._update, datetime.now(UTC)):
                raise RepeatedUpdate(self._update[1])
            yield db

    @contextmanager
    def _ticket(
        self, ticket_id: int, who: Volunteer, *, if_held: bool = False, states: Collection[str] = OPEN
    ) -> Iterator[tuple[Connection, Ticket | None]]:  # fmt: skip
        """Yield a transaction and the ticket, or None for one that this person may not see."""
        with self._begin() as db:
            # Rights may have ended since this person was looked up.
            now_known = teams.hold_volunteer(db, who.id)
            ticket = tickets.hold(db, ticket_id)
            allowed = ticket is not None and now_known is not None and now_known.may_serve(ticket.team_id)
            yield db, ticket if allowed and ticket and (ticket.state in states or not if_held) else None

    def _not_theirs(self, db: Connection, ticket: Ticket, who: Volunteer) -> Done | None:
        """Refuse what only the holder of a ticket, a lead or an administrator may do."""
        if not ticket.is_open:
            return Done(False, words.NOT_OPEN.format(state=words.STATES[ticket.state]))
        if ticket.volunteer_id == who.id or who.leads:
            return None
        if ticket.volunteer_id is None:
            return Done(False, words.CLAIM_FIRST)
        holder = teams.volunteer_by(db, id=ticket.volunteer_id)
        return Done(False, words.HELD_BY.format(name=holder.name if holder else ""))

    def _claim(self, db: Connection, ticket: Ticket, who: Volunteer, now: datetime) -> Done:
        bench = self._bench
        if ticket.state != "waiting":
            holder = teams.volunteer_by(db, id=ticket.volunteer_id) if ticket.volunteer_id else None
            if ticket.state == "claimed" and holder:
                return Done(
                    False, words.ALREADY_YOURS if holder.id == who.id else words.ALREADY.format(name=holder.name)
                )
            return Done(False, words.NOT_OPEN.format(state=words.STATES[ticket.state]))
        holding = teams.held(db).get(who.id, 0)
        if holding >= who.capacity:
            return Done(False, words.FULL.format(count=holding))
        team = teams.team_by(db, id=ticket.team_id) if ticket.team_id else None
        won = tickets.change(
            db, ticket.id, if_state=("waiting",), state="claimed", volunteer_id=who.id, claimed_at=ticket.claimed_at or now,
            owed_since=now, reminders=0, due_at=bench.due(team, now, 0, urgent=ticket.urgent),
        )  # fmt: skip
        if not won:
            holder_id = bench.again(db, ticket.id).volunteer_id
            holder = teams.volunteer_by(db, id=holder_id) if holder_id else None
            return Done(False, words.ALREADY.format(name=holder.name if holder else "Người khác"))
        teams.count_served(db, who.id)
        tickets.record(db, ticket.id, "claimed", now, volunteer_id=who.id, team_id=ticket.team_id)
        mine = bench.again(db, ticket.id)
        bench.in_topic(db, mine, words.CLAIMED_BY.format(name=who.name), now, buttons=topic_buttons(mine))
        bench.to_citizen(db, mine, sentences.PERSON_COMES.format(helper=bench.helper(db, mine)), now)
        return Done(True, words.STARTS)

    def _use_up_draft(self, db: Connection, ticket: Ticket, text: str, draft_of: int | None) -> bool:
        """Say what became of a draft; False when this very draft was sent before, as by a second tap."""
        if draft_of is None:
            if pending := relays.pending_draft(db, ticket.id):
                relays.label_draft(db, pending.id, "replaced")
            return True
        relay = relays.get(db, draft_of)
        as_it_is = relay is not None and relay.draft == text
        return relays.label_draft(db, draft_of, "sent" if as_it_is else "edited") or not as_it_is

    def _say(
        self, db: Connection, ticket: Ticket, who: Volunteer, text: str, now: datetime, reply_to: int | None,
        group_message: str, media: tuple[str, str, str] | None, file: Attachment | None,
    ) -> None:  # fmt: skip
        clean = _clean(text)
        relay_id = relays.add(
            db, ticket.id, "volunteer", now, volunteer_id=who.id, text=clean, reply_to=reply_to,
            group_message=group_message or None, kind=media[0] if media else "text", file=file,
        )  # fmt: skip
        post: dict[str, str] = {}
        if media:
            post |= {"do": "copy", "chat": media[1], "message": media[2]}
        answered = relays.get(db, reply_to) if reply_to else None
        if answered and answered.citizen_message:
            post["reply_to"] = answered.citizen_message
        self._bench.to_citizen(db, ticket, clean, now, title=who.name, post=post or None, relay_id=relay_id)
        if not group_message:
            # Said on the desk's page or with a tap: the group sees it as well.
            keep = (Button(words.KEEP, f"d:keep:{relay_id}"),)
            self._bench.in_topic(db, ticket, f"{who.name}: {clean}", now, relay_id=relay_id, buttons=keep)
        tickets.change(
            db, ticket.id, answered_at=ticket.answered_at or now, owed_since=None, reminders=0, due_at=now + QUIET_AFTER
        )

    def _hand_to_person(
        self, db: Connection, ticket: Ticket, who: Volunteer, person: Volunteer, note: str, now: datetime
    ) -> None:
        bench = self._bench
        team = teams.team_by(db, id=ticket.team_id) if ticket.team_id else None
        due_at = bench.due(team, now, 0, urgent=ticket.urgent)
        tickets.change(
            db, ticket.id, state="claimed", volunteer_id=person.id, owed_since=now, reminders=0, due_at=due_at
        )
        tickets.record(db, ticket.id, "transferred", now, volunteer_id=who.id, team_id=ticket.team_id, note=note)
        bench.in_topic(db, ticket, words.HANDED_TO.format(who=who.name, to=person.name, note=note), now)
        helper = bench.helper(db, bench.again(db, ticket.id))
        bench.to_citizen(db, ticket, sentences.PERSON_COMES.format(helper=helper), now)

    def _end(
        self, db: Connection, ticket: Ticket, who: Volunteer | None, now: datetime, *, state: str, kind: str, reason: str,
        said: str, topic: str,
    ) -> None:  # fmt: skip
        bench = self._bench
        tickets.change(db, ticket.id, state=state, close_reason=reason, closed_at=now, due_at=None, owed_since=None)
        tickets.forget_phones(db, ticket.id)
        tickets.record(db, ticket.id, kind, now, volunteer_id=who.id if who else None, note=reason)
        # Under what a volunteer typed in the group the bot can put no button, so the end offers the last answer.
        last = relays.last_answer(db, ticket.id) if reason in words.HELPED else None
        keep = (Button(words.KEEP, f"d:keep:{last.id}"),) if last else ()
        bench.in_topic(db, ticket, topic, now, buttons=keep)
        bench.in_topic(db, ticket, "", now, do="close")
        if said:
            buttons = after_buttons(ticket.id) if state == "closed" else ()
            bench.to_citizen(db, ticket, said, now, buttons=buttons)


def after_buttons(ticket_id: int) -> tuple[Button, ...]:
    """Return what a citizen may tap when a ticket is closed: stars, not done yet, transcript."""
    stars = tuple(Button("★" * n, f"s:{ticket_id}:{n}") for n in range(1, 6))
    return (
        *stars,
        Button(sentences.PERSON_NOT_DONE, "again"),
        Button(sentences.PERSON_TRANSCRIPT, "transcript"),
    )


def _own_words(text: str, draft: str) -> str:
    """Leave out the lines of a draft: they are a reviewed guide's, which may name codes and what a false link looks like."""
    reviewed = {line.strip() for line in draft.splitlines()}
    return "\n".join(line for line in text.splitlines() if line.strip() not in reviewed)


def _clean(text: str) -> str:
    """Hide what nobody may have in a chat; a phone number that a volunteer gives on purpose stays."""
    return mask(text, keep_phones=True).text
