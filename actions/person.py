"""Reach a volunteer: ask for one, say where and what, cancel, check who it is, rate, go on."""

from __future__ import annotations

from dataclasses import replace

from bot import sentences
from bot.conversation.steps.decide import SAFETY_GUIDE
from bot.conversation.turn import Turn
from bot.desk.citizens import Citizens, Request
from bot.messages import Button, Reply
from knowledge.workdays import VIETNAM

_CANCEL = Button(sentences.PERSON_CANCEL, "cancel")
_SKIP = Button(sentences.PERSON_SKIP, "skip")
# Places among which a citizen can still choose on a small phone.
_MAX_PLACES = 5


def request_person(turn: Turn) -> Reply:
    """Open a ticket, or point to the one that is open; ask for what is missing, at most two things."""
    # Who asks on the page about being scammed loses money while we wait.
    return _request(turn, "scam" if turn.context.guide == SAFETY_GUIDE else "asked_for_person")


def _request(turn: Turn, reason: str) -> Reply:
    citizens = turn.services.citizens
    if citizens is None:
        # A question outside any conversation: nothing is kept, and nobody could write back.
        return Reply("handed_over_waiting", sentences.PERSON_NO_TEAM.format(number="-"), buttons=(_CANCEL,))
    if turn.ticket is None and (again := citizens.reopen(turn.conversation_id, turn.now)):
        text = sentences.PERSON_REOPENED.format(number=again.id, helper=citizens.helper(again))
        return Reply("handed_over_reopened", text, buttons=(_CANCEL,))
    ticket, created = citizens.open(turn.conversation_id, _what_is_known(turn, reason), turn.now)
    if not created:
        return Reply("handed_over_already", citizens.already(ticket), buttons=(_CANCEL,))
    if reason == "unreadable":
        # The message itself is what the person has to see.
        turn.ticket = ticket
    if ticket.urgent:
        return _show(turn, citizens, ticket.id)
    if not citizens.staffed:
        return Reply("handed_over_waiting", citizens.outlook(ticket, turn.now), buttons=(_CANCEL,))
    return _next(turn, citizens, ticket.id)


def with_person(turn: Turn, reply: Reply, reason: str) -> Reply:
    """Add a request for a person to a reply that needs one, where a team is there to take it and none is open yet."""
    citizens = turn.services.citizens
    if citizens is None or not citizens.staffed:
        return reply
    if turn.ticket is not None:
        if reason == "scam":
            citizens.hurry(turn.ticket.id, turn.now)
        return reply
    asked = _request(turn, reason)
    return replace(reply, text=f"{reply.text}\n{asked.text}", buttons=(*reply.buttons, *asked.buttons))


def _what_is_known(turn: Turn, reason: str) -> Request:
    context = turn.context
    walk = context.walk
    question = context.question if reason == "asked_for_person" else turn.text
    guide = walk.guide if walk else context.guide
    return Request(reason, question, guide, walk.step if walk else None, context.commune or None)


def take_commune(turn: Turn) -> Reply:
    """The answer to "which commune": a place, a choice among several, or, when it is no place, the trouble itself."""
    citizens, ticket = _desk(turn)
    codes = turn.services.places.home(turn.argument) if turn.argument else ()
    if len(codes) > 1:
        places = turn.services.places
        if len(codes) <= _MAX_PLACES:
            turn.context.asked = "commune"
            buttons = tuple(Button(places.name(code), f"m:{code}") for code in codes)
            return Reply("handed_over_where", sentences.PERSON_WHICH_PLACE, buttons=(*buttons, _SKIP, _CANCEL))
        codes = ()
    if codes:
        turn.context.commune = codes[0]
        citizens.describe(ticket, commune=codes[0])
        if turn.services.places.says_only(turn.argument, codes[0]):
            # The summary says it, so it is not carried over as a message as well; see `record`.
            turn.argument = ""
    elif turn.argument:
        citizens.describe(ticket, problem=turn.argument)
        turn.argument = ""
    return _next(turn, citizens, ticket, where_was_asked=True)


def take_problem(turn: Turn) -> Reply:
    """The answer to "what is the trouble"."""
    citizens, ticket = _desk(turn)
    if turn.argument:
        citizens.describe(ticket, problem=turn.argument)
    return _show(turn, citizens, ticket)


def keep_commune(turn: Turn) -> Reply:
    """Remember turn.argument as the citizen's commune, and for the ticket that waits for it."""
    turn.context.commune = turn.argument
    citizens, asked = turn.services.citizens, turn.context.asked
    if citizens and turn.ticket and asked == "commune":
        citizens.describe(turn.ticket.id, commune=turn.argument)
        return _next(turn, citizens, turn.ticket.id, where_was_asked=True)
    return Reply("answered_acknowledged", sentences.COMMUNE_KEPT.format(name=turn.services.places.name(turn.argument)))


def skip(turn: Turn) -> Reply:
    """The citizen does not want to say."""
    asked, turn.context.asked = turn.context.asked, ""
    if turn.services.citizens is None or turn.ticket is None or asked not in ("commune", "problem"):
        return Reply("answered_acknowledged", sentences.AFFIRM_NOTHING)
    if asked == "commune":
        return _next(turn, turn.services.citizens, turn.ticket.id, where_was_asked=True)
    return _show(turn, turn.services.citizens, turn.ticket.id)


def cancel_request(turn: Turn) -> Reply:
    """Withdraw the citizen's own request."""
    citizens = turn.services.citizens
    ticket = citizens.cancel(turn.conversation_id, turn.now) if citizens else None
    turn.ticket, turn.context.asked = None, ""
    if ticket is None:
        return Reply("handed_over_none", sentences.PERSON_NOTHING)
    return Reply("handed_over_cancelled", sentences.PERSON_CANCELLED)


def back_to_bot(turn: Turn) -> Reply:
    """Leave the volunteer and talk to the bot again."""
    reply = cancel_request(turn)
    return Reply(reply.outcome, sentences.PERSON_BOT_AGAIN) if reply.outcome == "handed_over_cancelled" else reply


def verify_volunteer(turn: Turn) -> Reply:
    """Say whether somebody of the roster is writing to this citizen now."""
    if turn.services.citizens and turn.ticket and turn.ticket.state == "claimed":
        helper = turn.services.citizens.helper(turn.ticket)
        text = sentences.PERSON_VERIFIED.format(helper=helper, number=turn.ticket.id)
        return Reply("handed_over_verified", text)
    return Reply("handed_over_not_verified", sentences.PERSON_NOT_VERIFIED)


def rate(turn: Turn) -> Reply:
    """Keep the stars; turn.argument is "TICKET:STARS"."""
    number, _, stars = turn.argument.partition(":")
    citizens = turn.services.citizens
    if citizens is None or not citizens.rate(turn.conversation_id, int(number), int(stars), turn.now):
        return Reply("abstained_old_button", sentences.EXPIRED_BUTTON)
    turn.context.asked = "stars"
    turn.context.rated = int(number), int(stars)
    return Reply("handed_over_rated", sentences.PERSON_STARS.format(stars=stars), buttons=(_SKIP,))


def keep_stars_words(turn: Turn) -> Reply:
    """Keep the word that goes with the stars."""
    citizens = turn.services.citizens
    assert citizens is not None
    number, _ = turn.context.rated
    citizens.explain_stars(number, turn.text, turn.now)
    return Reply("handed_over_rated", sentences.PERSON_STARS_KEPT)


def go_on(turn: Turn) -> Reply:
    """Go on with a ticket that was closed a short while ago."""
    citizens = turn.services.citizens
    ticket = citizens.reopen(turn.conversation_id, turn.now) if citizens and turn.ticket is None else turn.ticket
    if citizens is None or ticket is None:
        return Reply("handed_over_too_late", sentences.PERSON_TOO_LATE, buttons=(Button(sentences.PERSON, "person"),))
    text = sentences.PERSON_REOPENED.format(number=ticket.id, helper=citizens.helper(ticket))
    return Reply("handed_over_reopened", text, buttons=(_CANCEL,))


def show_transcript(turn: Turn) -> Reply:
    """Say the whole conversation with the volunteer again."""
    said = turn.services.citizens.transcript(turn.conversation_id) if turn.services.citizens else []
    if not said:
        return Reply("handed_over_none", sentences.PERSON_NO_TRANSCRIPT)
    lines = [f"{at.astimezone(VIETNAM):%H:%M} {who}: {text}" for who, text, at in said]
    return Reply("handed_over_transcript", "\n".join(lines))


def stay_silent(turn: Turn) -> Reply:
    """Say nothing: a volunteer is on, or the person is blocked."""
    return Reply("handed_over_silent", "")


def _desk(turn: Turn) -> tuple[Citizens, int]:
    assert turn.services.citizens is not None
    assert turn.ticket is not None
    return turn.services.citizens, turn.ticket.id


def _next(turn: Turn, citizens: Citizens, ticket_id: int, *, where_was_asked: bool = False) -> Reply:
    """Ask for the commune, then for the trouble, as far as they are unknown; then show the ticket to its team."""
    known = citizens.get(ticket_id)
    if not known.commune and not where_was_asked:
        turn.context.asked = "commune"
        text = sentences.PERSON_WHERE.format(number=ticket_id)
        return Reply("handed_over_where", text, buttons=(_SKIP, _CANCEL))
    if not known.question and not known.guide:
        turn.context.asked = "problem"
        return Reply("handed_over_problem", sentences.PERSON_PROBLEM, buttons=(_SKIP, _CANCEL))
    return _show(turn, citizens, ticket_id)


def _show(turn: Turn, citizens: Citizens, ticket_id: int) -> Reply:
    turn.context.asked = ""
    ticket = citizens.route(ticket_id, turn.now)
    return Reply("handed_over_waiting", citizens.outlook(ticket, turn.now), buttons=(_CANCEL,))
