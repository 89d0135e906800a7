"""Answer from a guide: the short answer first, or the one aspect that was asked, with buttons for the rest."""

from __future__ import annotations

from bot import sentences
from bot.conversation.turn import Turn
from bot.messages import Button, Reply
from knowledge import answer
from knowledge.guide import Aspect, Guide


def show_guide(turn: Turn) -> Reply:
    """Say turn.aspect of turn.guide, page turn.page."""
    guide = turn.guide
    assert guide is not None
    said = answer.say(guide, turn.aspect, turn.today, turn.page, symptom=turn.argument)
    buttons = [Button(sentences.MORE, f"a:{turn.aspect}:{guide.id}:{turn.page + 1}")] if said.more else []
    buttons += buttons_for(guide, turn.aspect)
    title = (
        guide.title if turn.aspect is Aspect.OVERVIEW else f"{guide.title}: {answer.ASPECT_LABELS[turn.aspect].lower()}"
    )
    return Reply(
        "answered_from_guide" if said.known else "answered_unknown_detail",
        said.text,
        title=title,
        buttons=tuple(buttons),
        guide=guide.id,
        aspect=turn.aspect,
        confidence=turn.decision.confidence if turn.decision and turn.decision.action == "answer" else None,
    )


def buttons_for(guide: Guide, said: Aspect) -> list[Button]:
    """Return the buttons under an answer: the guide's other aspects, the walk, a person."""
    buttons = [
        Button(answer.ASPECT_LABELS[aspect], f"a:{aspect}:{guide.id}")
        for aspect in answer.aspects_of(guide)
        if aspect is not said
    ]
    if len(answer.steps(guide)) > 1:
        buttons.append(Button(sentences.WALK, f"w:{guide.id}"))
    return [*buttons, Button(sentences.PERSON, "person")]
