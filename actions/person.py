"""Record that somebody wants a person, and say truthfully what happens next."""

from __future__ import annotations

from bot import sentences
from bot.conversation.turn import Turn
from bot.messages import Button, Reply


def request_person(turn: Turn) -> Reply:
    """Open a waiting ticket, or point to the one that is open already."""
    question = turn.context.question or (turn.text if turn.intent != "ask_person" else "")
    number, created = turn.services.tickets.open(
        turn.conversation_id, "asked_for_person", question, turn.context.guide, turn.now
    )
    text = sentences.PERSON_WAITING if created else sentences.PERSON_ALREADY
    return Reply(
        "handed_over_waiting" if created else "handed_over_already",
        text.format(number=number),
        buttons=(Button(sentences.PERSON_CANCEL, "cancel"),),
    )


def cancel_request(turn: Turn) -> Reply:
    """Withdraw the citizen's own request."""
    if turn.services.tickets.cancel(turn.conversation_id, turn.now):
        return Reply("handed_over_cancelled", sentences.PERSON_CANCELLED)
    return Reply("handed_over_none", sentences.PERSON_NOTHING)
