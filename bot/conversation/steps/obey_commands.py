"""Obey what needs no understanding: buttons, /commands, choices by number, the words of the step-by-step mode."""

from __future__ import annotations

import re

from bot.conversation.turn import Turn
from bot.messages import Button, Kind
from knowledge.guide import Aspect
from knowledge.places.lookup import Found
from nlu.text import fold

COMMANDS = {
    "start": "greet",
    "help": "show_abilities",
    "trogiup": "show_abilities",
    "nguoi": "request_person",
    "xacminh": "verify_volunteer",
    "bot": "back_to_bot",
    "huy": "cancel_request",
    "lamlai": "start_over",
    "dung": "stop",
    "xa": "show_commune",
}
# Exact folded messages that must work even when Rasa is away: a person is always one tap, or a few words, away.
PHRASES = {
    "gap nguoi": "request_person",
    "gap nguoi that": "request_person",
    "gap nguoi ho tro": "request_person",
    "gap can bo": "request_person",
    "gap tinh nguyen vien": "request_person",
    "cho gap nguoi that": "request_person",
    "cho toi gap nguoi": "request_person",
    "cho toi gap nguoi that": "request_person",
    "huy yeu cau": "cancel_request",
    "bo qua": "skip",
    "nhac lai": "repeat",
    "noi don gian hon": "simpler",
    "lam tiep": "resume_walk",
    **dict.fromkeys(("chao", "xin chao", "chao em", "chao ban", "alo", "hi", "hello"), "greet"),
    **dict.fromkeys(("cam on", "cam on em", "cam on ban", "cam on nhe", "tks", "thank you"), "accept_thanks"),
}
WALK_WORDS = {
    "xong": "finish_step",
    "xong roi": "finish_step",
    "duoc roi": "finish_step",
    "tiep": "finish_step",
    "bi ket": "explain_stuck",
    "ket": "explain_stuck",
    "ket roi": "explain_stuck",
    "khong duoc": "explain_stuck",
    "nhac lai": "repeat_step",
    "dung": "stop",
    "dung lai": "stop",
    "thoi": "stop",
}
_ORDINALS = {"mot": 1, "nhat": 1, "dau": 1, "dau tien": 1, "hai": 2, "ba": 3, "tu": 4, "bon": 4, "nam": 5}
_CHOICE = re.compile(
    r"^(?:so|cai|cau|muc|chon|cai so|viec|y|thu|cai thu|so thu|muc so)? ?(?:thu )?(\d|mot|nhat|hai|ba|tu|bon|nam|dau|dau tien)(?: (?:nhe|a|di|em|nha|do|ay))*$"
)


def obey_commands(turn: Turn) -> str | None:
    """Return the action that a button, command or fixed phrase stands for."""
    if turn.kind is Kind.BUTTON:
        return press(turn, turn.action)
    if turn.kind is not Kind.TEXT:
        return "explain_media"
    text = turn.text.strip()
    if text.startswith("/"):
        name = text[1:].split()[0].split("@")[0].lower() if len(text) > 1 else ""
        if name == "dung" and turn.ticket is not None:
            return "back_to_bot"
        return COMMANDS.get(name, "show_abilities")
    folded = fold(text)
    if turn.context.walk and folded in WALK_WORDS:
        return WALK_WORDS[folded]
    if folded in PHRASES:
        return PHRASES[folded]
    chosen = _chosen(folded, turn.context.choices)
    return press(turn, chosen.action) if chosen else None


def press(turn: Turn, action: str) -> str:
    """Return the action behind a button payload and fill in what it is about; old buttons stay harmless.

    Payloads: g:GUIDE, a:ASPECT:GUIDE[:PAGE], r:CODE[:ASPECT] (imported record), w:GUIDE (walk),
    w+ w? w! w. w> (step done, stuck, again, stop, resume), x:N:GUIDE (problem N), o:N (old place N), m:CODE (my commune),
    s:TICKET:STARS, person, cancel, skip, again, transcript, none.
    """
    verb, _, rest = action.partition(":")
    guides = turn.services.search.index.guides
    if verb == "g" and rest in guides:
        turn.guide = guides[rest]
        turn.aspect = turn.context.wanted or Aspect.OVERVIEW
        turn.context.wanted = None
        return "show_guide"
    if verb == "a":
        aspect, _, rest = rest.partition(":")
        guide, _, page = rest.partition(":")
        if aspect in Aspect.__members__.values() and guide in guides:
            turn.guide, turn.aspect = guides[guide], Aspect(aspect)
            turn.page = int(page) if page.isdecimal() else 1
            return "show_guide"
    if verb == "r":
        code, _, aspect = rest.partition(":")
        if stored := turn.services.records.by_code(code):
            turn.record = stored.record
            turn.aspect = (
                Aspect(aspect) if aspect in Aspect.__members__.values() else turn.context.wanted or Aspect.OVERVIEW
            )
            turn.context.wanted = None
            return "show_record"
    if verb == "w" and rest in guides:
        turn.guide = guides[rest]
        return "start_walk"
    if verb == "x":
        number, _, guide = rest.partition(":")
        if guide in guides and number.isdecimal() and int(number) < len(guides[guide].problems):
            turn.guide, turn.argument = guides[guide], number
            return "explain_problem"
    places = turn.services.places
    if verb == "o" and rest.isdecimal() and int(rest) < len(places.old):
        turn.found = Found((places.old[int(rest)],), exact=True)
        return "tell_new_place"
    if verb == "m" and places.known(rest):
        turn.argument = rest
        return "keep_commune"
    if verb == "s" and re.fullmatch(r"\d+:[1-5]", rest):
        turn.argument = rest
        return "rate"
    return {
        "w+": "finish_step", "w?": "explain_stuck", "w!": "repeat_step", "w.": "stop", "w>": "resume_walk",
        "person": "request_person", "cancel": "cancel_request", "none": "ask_again",
        "help": "show_abilities", "skip": "skip", "again": "go_on", "transcript": "show_transcript",
    }.get(action, "explain_old_button")  # fmt: skip


def _chosen(folded: str, choices: list[Button]) -> Button | None:
    """The button of the last reply that a typed message names, by its label or its number."""
    for button in choices:
        if folded == fold(button.label):
            return button
    match = _CHOICE.match(folded)
    if match is None:
        return None
    word = match.group(1)
    number = int(word) if word.isdecimal() else _ORDINALS[word]
    return choices[number - 1] if 1 <= number <= len(choices) else None
