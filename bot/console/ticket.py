"""The page of one ticket, and everything that can be done there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.console.access import LEADS, Gate, Visit, problem, told, wants_json
from bot.console.files import Shown, how_to_show
from bot.console.render import PATH, page
from bot.desk import words
from bot.desk.bench import Done
from bot.desk.canned import fill, values_for
from bot.store import canned, relays, suggestions, teams, tickets
from bot.store.relays import Relay
from bot.store.tickets import Event, Ticket

_BEFORE_LINES = 20
# Blocking is for abuse; a day is enough to calm down, and a lead can lift it. The same as in Telegram.
_BLOCK_DAYS = 1
ADDRESS = f"{PATH}/yeu-cau/{{id}}"


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a ticket's story: something said, or something that happened."""

    at: datetime
    relay: Relay | None = None
    event: Event | None = None
    who: str = ""
    team: str = ""
    quoted: str = ""
    delivery: str = ""
    """How far a volunteer's message got: queued, sending, sent, failed or unclear."""
    kept: bool = False
    """It was suggested for the knowledge base."""
    file: Shown | None = None


class TicketPages:
    """A ticket and its actions; what somebody may do to it is decided in bot.desk.volunteers.

    shows_files: whether what people sent can be fetched here.
    """

    def __init__(self, gate: Gate, shows_files: bool) -> None:
        self._gate = gate
        self._shows_files = shows_files

    def routes(self) -> list[BaseRoute]:
        """Return the routes to mount at /."""
        actions = {
            "nhan": self.claim, "tra-loi": self.answer, "goi-y": self.use_draft, "bo-goi-y": self.drop_draft,
            "ghi-chu": self.note, "chuyen": self.transfer, "tra-lai": self.give_back, "dong": self.close,
            "chan": self.block, "so-dien-thoai": self.show_phone, "kho": self.suggest,
        }  # fmt: skip
        gate = self._gate
        return [
            Route(f"{PATH}/yeu-cau/{{id:int}}", gate.page(self.show), methods=["GET"]),
            *(
                Route(f"{PATH}/yeu-cau/{{id:int}}/{name}", gate.action(do, ADDRESS), methods=["POST"])
                for name, do in actions.items()
            ),
            Route(f"{PATH}/yeu-cau/{{id:int}}/bo-chan", gate.action(self.unblock, ADDRESS, LEADS), methods=["POST"]),
        ]

    def show(self, visit: Visit) -> Response:
        """The page. ?sua=…: with the draft to a message in the answer box; ?mau=…: with a canned reply."""
        query = visit.request.query_params
        draft, reply = query.get("sua", ""), query.get("mau", "")
        return self._page(
            visit,
            draft_of=int(draft) if draft.isdecimal() else None,
            canned_id=int(reply) if reply.isdecimal() else None,
        )

    def claim(self, visit: Visit) -> Done:
        """Take the ticket."""
        done = visit.volunteers.claim(visit.number, visit.who, visit.now)
        return Done(True, words.CLAIMED_HERE) if done.ok else done

    def answer(self, visit: Visit) -> Response | Done:
        """Say something to the citizen; words that were not sent stay in the box."""
        form = visit.form
        text, draft_of = form.get("text"), form.number("draft_of")
        if text.startswith("//"):
            # In Telegram this is how a private note begins; whoever is used to it must not tell the citizen.
            return self._note(visit, text[2:].strip())
        done = visit.volunteers.answer(
            visit.number, visit.who, text, visit.now, draft_of=draft_of, reply_to=form.number("reply_to") or draft_of
        )
        return self._or_again(visit, done, typed=text, draft_of=draft_of)

    def use_draft(self, visit: Visit) -> Done:
        """Send the bot's draft as it is."""
        return visit.volunteers.use_draft(visit.form.number("relay") or 0, visit.who, visit.now)

    def drop_draft(self, visit: Visit) -> Done:
        """Put the bot's draft aside."""
        done = visit.volunteers.drop_draft(visit.form.number("relay") or 0, visit.who)
        return Done(True, words.WRITE_OWN) if done.ok else done

    def note(self, visit: Visit) -> Done:
        """Keep a note that no citizen sees."""
        return self._note(visit, visit.form.get("text"))

    def transfer(self, visit: Visit) -> Done:
        """Hand the ticket to a person ("v12") or to another team ("t3")."""
        kind, number = visit.form.get("to")[:1], visit.form.get("to")[1:]
        to = int(number) if number.isdecimal() else None
        if to is None or kind not in ("v", "t"):
            return Done(False, words.WHERE_TO)
        return visit.volunteers.transfer(
            visit.number, visit.who, visit.form.get("text"), visit.now, team_id=to if kind == "t" else None,
            volunteer_id=to if kind == "v" else None,
        )  # fmt: skip

    def give_back(self, visit: Visit) -> Done:
        """Let the bot go on."""
        return visit.volunteers.give_back(visit.number, visit.who, visit.now)

    def close(self, visit: Visit) -> Done:
        """Close the ticket."""
        if visit.form.get("reason") not in words.CLOSE_REASONS:
            return Done(False, words.WHY_CLOSE)
        return visit.volunteers.close(visit.number, visit.who, visit.form.get("reason"), visit.now)

    def block(self, visit: Visit) -> Done:
        """Give the citizen no answers for a day."""
        return visit.volunteers.block(visit.number, visit.who, _BLOCK_DAYS, visit.now)

    def unblock(self, visit: Visit) -> Done:
        """Lift the block."""
        return visit.volunteers.unblock(visit.number, visit.who, visit.now)

    def show_phone(self, visit: Visit) -> Response | Done:
        """Show the numbers on this answer only: they go into no cookie and no address."""
        return self._or_again(visit, visit.volunteers.show_phone(visit.number, visit.who, visit.now), always=True)

    def suggest(self, visit: Visit) -> Done:
        """Propose an answer for the knowledge base."""
        return visit.volunteers.suggest(visit.form.number("relay") or 0, visit.who, visit.now)

    def _note(self, visit: Visit, text: str) -> Done:
        return (
            visit.volunteers.note(visit.number, visit.who, text, visit.now) if text else Done(False, words.NOTE_EMPTY)
        )

    def _or_again(
        self, visit: Visit, done: Done, *, typed: str = "", draft_of: int | None = None, always: bool = False
    ) -> Response | Done:  # fmt: skip
        """Show the page itself, not the way to it, when something must not get lost: what was typed, or what is said."""
        # The page shows a refusal in red; the sign is for Telegram.
        done = Done(done.ok, done.text.removeprefix("⛔ "))
        if wants_json(visit.request):
            return told(visit.request, done, ADDRESS.format(id=visit.number))
        if done.ok and not always:
            return done
        return self._page(visit, said=done, typed=typed, draft_of=draft_of, status=200 if done.ok else 409)

    def _page(
        self, visit: Visit, *, said: Done | None = None, typed: str = "", draft_of: int | None = None,
        canned_id: int | None = None, status: int = 200,
    ) -> Response:  # fmt: skip
        bench, who = visit.desk.bench, visit.who
        people, groups = visit.desk.targets(visit.number, who)
        with bench.database.begin() as db:
            ticket = tickets.get(db, visit.number)
            if ticket is None or not who.may_serve(ticket.team_id):
                # The same for both: numbers of other teams' tickets are nobody's business.
                return problem(visit.request, 404, words.NO_TICKET, who)
            said_so_far = relays.of_ticket(db, ticket.id)
            story = _story(
                said_so_far, tickets.events(db, ticket.id), relays.delivery(db, ticket.id),
                suggestions.answers_of(db, ticket.id), {p.id: p.name for p in teams.everybody(db)},
                {team.id: team.name for team in teams.all_teams(db)}, shows_files=self._shows_files,
            )  # fmt: skip
            values = values_for(db, bench, ticket, who, visit.now)
            replies = [(one.id, one.title, fill(one.text, values)) for one in canned.of_team(db, ticket.team_id)]
            draft = next((r for r in said_so_far if r.id == draft_of and r.draft is not None), None)
            holder = teams.volunteer_by(db, id=ticket.volunteer_id) if ticket.volunteer_id else None
            team = teams.team_by(db, id=ticket.team_id) if ticket.team_id else None
            shown: dict[str, Any] = {
                "before": relays.before_ticket(db, ticket.conversation_id, ticket.created_at, _BEFORE_LINES),
                "title": bench.topic_title(ticket),
                "has_phone": bool(tickets.phones(db, ticket.id)),
            }
        prepared = next((text for number, _, text in replies if number == canned_id), "")
        return page(
            visit.request, "ticket.html", who, status, said=said, ticket=ticket, story=story, team=team, holder=holder,
            about=bench.title_of(ticket.guide) or words.UNKNOWN_GUIDE, place=bench.place(ticket), replies=replies,
            people=people, groups=groups, typed=typed or prepared or (draft.draft if draft else ""),
            draft_of=draft.id if draft else "", stays=said is not None, mine=ticket.volunteer_id == who.id,
            may_answer=_may_answer(ticket, who.id, who.leads), may_act=ticket.is_open and (ticket.volunteer_id == who.id or who.leads),
            **shown,
        )  # fmt: skip


def _may_answer(ticket: Ticket, who: int, leads: bool) -> bool:
    return ticket.state == "waiting" or (ticket.state == "claimed" and (ticket.volunteer_id == who or leads))


def _story(
    said: list[Relay], happened: list[Event], delivery: dict[int, str], kept: set[str], people: dict[int, str],
    groups: dict[int, str], *, shows_files: bool,
) -> list[Item]:  # fmt: skip
    """Return what was said and what happened in one order."""
    texts = {relay.id: relay.text or words.KINDS.get(relay.kind, "") for relay in said}
    items = [
        Item(
            relay.at, relay=relay, who=people.get(relay.volunteer_id or 0, ""), quoted=texts.get(relay.reply_to or 0, ""),
            delivery=delivery.get(relay.id, ""), kept=relay.author == "volunteer" and relay.text in kept,
            file=how_to_show(relay) if shows_files else None,
        )
        for relay in said
    ]  # fmt: skip
    items += [
        Item(one.at, event=one, who=people.get(one.volunteer_id or 0, ""), team=groups.get(one.team_id or 0, ""))
        for one in happened
    ]
    return sorted(items, key=lambda item: item.at)
