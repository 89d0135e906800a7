"""Where no reviewed guide answers, look among the imported records for one whose title the message names."""

from __future__ import annotations

from bot.conversation.steps.retrieve import PLAIN, asked_aspect
from bot.conversation.turn import Turn
from knowledge.guide import Aspect
from knowledge.records.store import Match

_NATIONAL = len("1.004222")
# How much of the title the message has to name, and how much of the message the title has to cover; chosen so that
# out-of-scope questions stay unanswered, see docs/evaluation.md.
ANSWER_NAMED, ANSWER_COVERED = 0.9, 0.75
ASK_NAMED, ASK_COVERED = 0.4, 0.75
# Records are offered instead of guides that we only guess at where a title says what the message says.
ASK_OVER_GUIDES_NAMED, ASK_OVER_GUIDES_COVERED = 0.65, 0.9
# Titles that differ by "(cấp tỉnh)" alone fit nearly alike, unless that was said too.
_SIBLING_WITHIN = 0.03
# A single word, "vàng" or "tàu", names no procedure.
_LEAST_WORDS = 3
_MAX_OFFERED = 3


def consult_records(turn: Turn) -> str:
    """Return the action: tell the one record that is meant, ask back among guides or else records, or admit not to know."""
    unsure = turn.decision is not None and turn.decision.action == "ask"
    found = _search(turn)
    if meant := _named(found):
        return tell_record(turn, meant.code)
    if action := _offer(turn, found, over_guides=unsure):
        return action
    if not unsure:
        return "abstain"
    turn.context.question = turn.text
    return "ask_back"


def instead_of(turn: Turn) -> str | None:
    """Return the action that offers records whose titles say what the message says, though a guide might answer; or None."""
    return _offer(turn, _search(turn), over_guides=True)


def _search(turn: Turn) -> list[Match]:
    enough = len(turn.text.split()) >= _LEAST_WORDS
    return turn.services.records.search(turn.text, plain=PLAIN) if enough else []


def _offer(turn: Turn, found: list[Match], *, over_guides: bool) -> str | None:
    named, covered = (ASK_OVER_GUIDES_NAMED, ASK_OVER_GUIDES_COVERED) if over_guides else (ASK_NAMED, ASK_COVERED)
    turn.matches = [match for match in found if match.named >= named and match.covered >= covered][:_MAX_OFFERED]
    if not turn.matches:
        return None
    turn.context.question = turn.text
    turn.aspect = asked_aspect(turn) or Aspect.OVERVIEW
    return "ask_back_records"


def _named(found: list[Match]) -> Match | None:
    """The record whose title the message says nearly in full; None when siblings with like titles fit as well."""
    named = [match for match in found if match.named >= ANSWER_NAMED and match.covered >= ANSWER_COVERED]
    fit = [match.named * match.covered for match in named]
    best = [match for match, own in zip(named, fit, strict=True) if own >= max(fit) - _SIBLING_WITHIN]
    return best[0] if len(best) == 1 else None


def tell_record(turn: Turn, code: str) -> str:
    """Choose to tell the record, or the guide that has its code; else say that there is neither."""
    turn.argument, turn.aspect = code, asked_aspect(turn) or turn.context.wanted or Aspect.OVERVIEW
    turn.context.question, turn.context.wanted = turn.text, None
    turn.guide = turn.services.search.by_code(code[:_NATIONAL])
    if turn.guide:
        turn.aspect = Aspect.OVERVIEW if turn.aspect is Aspect.PROBLEM else turn.aspect
        return "show_guide"
    # A province's record is more to the point than the national one; where we have none, the national one still helps.
    for form in dict.fromkeys((code, code[:_NATIONAL])):
        if stored := turn.services.records.by_code(form):
            turn.record = stored.record
            return "show_record"
    return "explain_unknown_code"
