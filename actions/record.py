"""Answer from an imported record: its own texts under the label that nobody here has reviewed them."""

from __future__ import annotations

from bot import sentences
from bot.conversation.turn import Turn
from bot.messages import Button, Reply
from knowledge.guide import Aspect
from knowledge.records import say

# Titles of published procedures run to a thousand letters.
_LONGEST_TITLE, _LONGEST_LABEL = 240, 40


def show_record(turn: Turn) -> Reply:
    """Say turn.aspect of turn.record."""
    record = turn.record
    assert record is not None
    said = say.say(record, turn.aspect)
    buttons = [
        Button(say.LABELS[aspect], f"r:{record.code}:{aspect}")
        for aspect in say.aspects_of(record)
        if aspect is not turn.aspect
    ]
    title = _short(record.title, _LONGEST_TITLE)
    if turn.aspect is not Aspect.OVERVIEW:
        title = f"{title}: {say.LABELS[turn.aspect].lower()}"
    return Reply(
        "answered_from_record" if said.known else "answered_unknown_detail", said.text, title=title,
        buttons=(*buttons, Button(sentences.PERSON, "person")), record=record.code, aspect=turn.aspect,
    )  # fmt: skip


def ask_back_records(turn: Turn) -> Reply:
    """Ask which of the records in turn.matches is meant; one that has a reviewed guide leads to the guide."""
    if turn.intent and turn.intent.startswith("ask_"):
        turn.context.wanted = turn.aspect
    lines, buttons = [sentences.ASK_RECORDS], []
    for number, match in enumerate(turn.matches, start=1):
        guide = turn.services.search.by_code(match.code)
        lines.append(f"{number}. {_short(match.title, _LONGEST_TITLE)} (mã {match.code})")
        label = _short(f"{number}. {match.title}", _LONGEST_LABEL)
        buttons.append(Button(label, f"g:{guide.id}" if guide else f"r:{match.code}"))
    return Reply(
        "asked_back_records", "\n".join(lines), buttons=(*buttons, Button(sentences.NONE_OF_THESE, "none")),
        offered=tuple(match.code for match in turn.matches),
    )  # fmt: skip


def _short(text: str, longest: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
