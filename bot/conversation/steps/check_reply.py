"""Last look at a reply before it leaves: notes on top, a way to a person, and nothing that asks for a secret."""

from __future__ import annotations

from dataclasses import replace

from bot import sentences
from bot.conversation.turn import Turn
from bot.messages import Button, Reply
from bot.privacy import asks_for_secret

_FAMILIES_WITH_PERSON = (
    "answered_from_guide",
    "answered_from_record",
    "answered_steps",
    "asked_back_",
    "abstained_",
    "answered_safety",
    "answered_place",
)


def check_reply(turn: Turn, reply: Reply) -> Reply:
    """Return the reply made fit to send; raise when its text would ask the citizen for a secret."""
    if asks_for_secret(reply.plain):
        raise AssertionError(f"reply of guide {reply.guide} asks for a secret")
    if turn.notes and reply.outcome != "refused_secret":
        reply = replace(reply, text="\n".join([*turn.notes, reply.text]))
    has_person = any(button.action == "person" for button in reply.buttons)
    if reply.outcome.startswith(_FAMILIES_WITH_PERSON) and not has_person:
        reply = replace(reply, buttons=(*reply.buttons, Button(sentences.PERSON, "person")))
    return reply
