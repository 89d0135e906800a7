"""Somebody is in danger, is being scammed, or has sent a secret: short, urgent things first, no blame."""

from __future__ import annotations

import re

from actions.person import with_person
from bot import sentences
from bot.conversation.turn import Turn
from bot.messages import Button, Reply
from knowledge.answer import ASPECT_LABELS, source_line
from knowledge.guide import Aspect
from nlu.text import fold

_HAPPENED = re.compile(r"\b(?:vua|moi|dang|lo|da|mat|roi|bi ho|bi no|bi chung)\b")


def tell_emergency(turn: Turn) -> Reply:
    """Numbers first."""
    folded = f" {fold(turn.text)} "
    child = any(f" {word} " in folded for word in ("tre em", "chau be", "dua be", "dua tre", "con toi", "hoc sinh"))
    text = f"{sentences.EMERGENCY}\n{sentences.EMERGENCY_CHILD}" if child else sentences.EMERGENCY
    return Reply("answered_safety_emergency", text)


def help_victim(turn: Turn) -> Reply:
    """Four lines, then the guide for the rest."""
    guide = turn.guide
    buttons = (
        [Button(ASPECT_LABELS[aspect], f"a:{aspect}:{guide.id}") for aspect in (Aspect.STEPS, Aspect.PAPERS)]
        if guide
        else []
    )
    text = f"{sentences.VICTIM}\n{source_line(guide)}" if guide else sentences.VICTIM
    reply = Reply(
        "answered_safety_victim",
        text,
        title=sentences.VICTIM_TITLE,
        buttons=tuple(buttons),
        guide=guide.id if guide else None,
        aspect=Aspect.OVERVIEW if guide else None,
    )
    # "Bị lừa thì báo ở đâu" is asked by people who only want to know; nobody waits for a volunteer then.
    return with_person(turn, reply, "scam") if _HAPPENED.search(fold(turn.text)) else reply


def warn_secret(turn: Turn) -> Reply:
    """The message held nothing but personal data."""
    outcome = "refused_secret" if sentences.CODE_SENT in turn.notes else "refused_personal_data"
    text = "\n".join(turn.notes)
    turn.notes.clear()
    return Reply(outcome, text)
