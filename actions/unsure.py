"""Say "I am not sure" well: ask one question back, or admit it and offer a person."""

from __future__ import annotations

from collections.abc import Sequence

from actions.person import with_person
from bot import sentences
from bot.conversation.turn import Turn
from bot.messages import Button, Kind, Reply
from knowledge.answer import ASPECT_LABELS
from knowledge.guide import Facets, Guide

# How likely a message has to be out of scope, by Rasa, before we say "that is not mine" instead of "I am not sure".
_OUT_OF_SCOPE_FROM = 0.5


def ask_back(turn: Turn) -> Reply:
    """Ask which of at most three guides is meant: by the one facet in which they differ, else by title."""
    assert turn.decision is not None
    guides = [candidate.guide for candidate in turn.decision.offered]
    if turn.intent and turn.intent.startswith("ask_"):
        turn.context.wanted = turn.aspect
    facet = differing_facet(guides)
    if facet:
        text = sentences.ASK_FACET[facet]
        buttons = [Button(getattr(guide.facets, facet), f"g:{guide.id}") for guide in guides]
    else:
        text = sentences.ASK_TITLES
        buttons = [Button(guide.title, f"g:{guide.id}") for guide in guides]
    return Reply(
        "asked_back_facet" if facet else "asked_back_titles",
        text,
        buttons=(*buttons, Button(sentences.NONE_OF_THESE, "none")),
        confidence=turn.decision.confidence,
        offered=tuple(guide.id for guide in guides),
    )


def differing_facet(guides: Sequence[Guide]) -> str | None:
    """Return the one facet whose values tell these guides apart while all other facets agree, or None."""
    if len(guides) < 2:
        return None
    values = {name: [getattr(guide.facets, name) for guide in guides] for name in Facets.model_fields}
    differing = [name for name, each in values.items() if len(set(each)) > 1]
    if len(differing) != 1:
        return None
    each = values[differing[0]]
    return differing[0] if None not in each and len(set(each)) == len(each) else None


def ask_topic(turn: Turn) -> Reply:
    """The aspect is clear, the procedure is not."""
    turn.context.wanted = turn.aspect
    return Reply("asked_back_topic", sentences.ASK_TOPIC.format(aspect=ASPECT_LABELS[turn.aspect].lower()))


def ask_again(turn: Turn) -> Reply:
    """None of the offered guides was right."""
    turn.context.wanted = None
    return Reply("abstained_unsure", sentences.UNSURE)


def abstain(turn: Turn) -> Reply:
    """Admit that we do not know; the second time in a row lead to a person."""
    confidence = turn.decision.confidence if turn.decision else None
    ranking = dict(turn.understanding.ranking) if turn.understanding else {}
    if ranking.get("out_of_scope", 0.0) >= _OUT_OF_SCOPE_FROM:
        abilities = Button(sentences.COMMANDS["trogiup"], "help")
        return Reply("abstained_out_of_scope", sentences.OUT_OF_SCOPE, buttons=(abilities,), confidence=confidence)
    if turn.context.abstained:
        reply = Reply("abstained_unsure", sentences.UNSURE_TWICE, confidence=confidence)
        return with_person(turn, reply, "two_abstentions")
    return Reply("abstained_unsure", sentences.UNSURE, confidence=confidence)


def explain_unknown_code(turn: Turn) -> Reply:
    """A procedure code for which there is no reviewed guide."""
    return Reply("abstained_unknown_code", sentences.CODE_UNKNOWN.format(code=turn.argument))


def explain_old_button(turn: Turn) -> Reply:
    """A button whose guide is gone."""
    return Reply("abstained_old_button", sentences.EXPIRED_BUTTON)


def explain_media(turn: Turn) -> Reply:
    """A voice message, photo, sticker, place or file: say what to do instead; what only a person can read goes to one."""
    reply = Reply(f"abstained_{turn.kind}", sentences.MEDIA[turn.kind])
    if turn.ticket is not None:
        return Reply(reply.outcome, sentences.MEDIA_RELAYED.format(number=turn.ticket.id))
    return with_person(turn, reply, "unreadable") if turn.kind in (Kind.VOICE, Kind.PHOTO) else reply
