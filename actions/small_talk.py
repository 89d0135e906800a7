"""Short right answers to what is not a question: greetings, thanks, who are you, anger, repeat, simpler."""

from __future__ import annotations

from actions.person import with_person
from bot import sentences
from bot.conversation.context import Context
from bot.conversation.turn import Turn
from bot.messages import Button, Reply
from knowledge.answer import source_line

_PERSON = Button(sentences.PERSON, "person")


def greet(turn: Turn) -> Reply:
    return Reply(
        "answered_greeting", sentences.GREETING, buttons=(Button(sentences.COMMANDS["trogiup"], "help"), _PERSON)
    )


def accept_thanks(turn: Turn) -> Reply:
    return Reply("answered_thanks", sentences.THANKS)


def say_goodbye(turn: Turn) -> Reply:
    return Reply("answered_goodbye", sentences.GOODBYE)


def introduce(turn: Turn) -> Reply:
    return Reply(
        "answered_who_are_you", sentences.WHO, buttons=(Button(sentences.COMMANDS["trogiup"], "help"), _PERSON)
    )


def show_abilities(turn: Turn) -> Reply:
    return Reply("answered_abilities", sentences.ABILITIES, buttons=(_PERSON,))


def calm_complaint(turn: Turn) -> Reply:
    return with_person(turn, Reply("answered_complaint", sentences.COMPLAINT, buttons=(_PERSON,)), "complaint")


def calm_abuse(turn: Turn) -> Reply:
    return Reply("refused_abuse", sentences.ABUSE, buttons=(_PERSON,))


def acknowledge(turn: Turn) -> Reply:
    return Reply("answered_acknowledged", sentences.AFFIRM_NOTHING)


def repeat(turn: Turn) -> Reply:
    """Say the last reply again, buttons included."""
    said = turn.context.said
    if not said.text:
        return Reply("answered_nothing_to_repeat", sentences.NOTHING_TO_REPEAT)
    return Reply(
        "answered_repeated", said.text, title=said.title, buttons=tuple(turn.context.choices), guide=turn.context.guide,
        aspect=turn.context.aspect,
    )  # fmt: skip


def simpler(turn: Turn) -> Reply:
    """Say the current guide in its simplest words."""
    guide = turn.services.search.index.guides.get(turn.context.guide or "")
    if guide is None:
        return Reply("answered_nothing_to_repeat", sentences.NOTHING_TO_REPEAT)
    walk = Button(sentences.WALK, f"w:{guide.id}")
    text = f"{guide.simple}\n{source_line(guide)}" if guide.simple else sentences.NO_SIMPLER
    return Reply(
        "answered_simpler", text, title=guide.title, buttons=(walk, _PERSON), guide=guide.id, aspect=turn.context.aspect
    )


def start_over(turn: Turn) -> Reply:
    """Forget the topic and the walk; an open request for a person stays."""
    turn.context = Context(commune=turn.context.commune)
    return Reply("answered_started_over", sentences.STARTED_OVER)
