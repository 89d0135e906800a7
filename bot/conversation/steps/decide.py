"""Choose what to do from what Rasa heard and what search found."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.conversation.steps.consult_records import instead_of, tell_record
from bot.conversation.steps.retrieve import ASPECTS, is_bare, topic_words
from bot.conversation.turn import Turn
from knowledge.guide import Aspect, Facets
from knowledge.search import Candidate
from nlu.text import expand, fold

# Dialogue acts and the action each stands for.
ACTS = {
    "greet": "greet", "thank": "accept_thanks", "goodbye": "say_goodbye", "who_are_you": "introduce",
    "ask_capabilities": "show_abilities", "ask_person": "request_person", "complain": "calm_complaint",
    "abuse": "calm_abuse", "repeat": "repeat", "simpler": "simpler", "stop": "stop", "start_over": "start_over",
    "affirm": "acknowledge", "deny": "acknowledge", "stuck": "explain_stuck", "done": "finish_step", "resume": "resume_walk",
    "emergency": "tell_emergency",
}  # fmt: skip
# A dialogue act is obeyed from this confidence; where search has a guide to offer, only from the higher one.
OBEY_FROM, OBEY_OVER_GUIDE_FROM = 0.5, 0.85
# "hủy tạm trú" is no stop, "cán bộ thái độ thì phản ánh ở đâu" asks for more than sympathy: a guide this sure goes first.
SURE_OF_GUIDE = 0.95
_GIVES_WAY = frozenset(("stop", "start_over", "complain", "deny", "affirm", "greet", "thank", "goodbye"))
# "Is this link real" is said about so many things that only a sure guess counts.
VERIFY_FROM = 0.7
# From this trust on a guide answers even the official title of a procedure whose code it does not have.
SURE_OVER_TITLE = 0.95
# Below this a record is offered instead where its title covers the message better: "giấy phép nuôi chim yến trong nhà".
SURE_OVER_RECORDS = 0.75
# National code of a procedure, perhaps with a province's own part: 1.004222, 1.004222.H56. A pattern finds it exactly,
# with or without Rasa.
_PROCEDURE_CODE = re.compile(r"(?<![\d.])\d\.\d{6}(?!\d)(?:\.[A-Za-z0-9]+)*")
# A guide for the same thing in another app is worth asking about while its rank score is this near.
TWIN_WITHIN = 8.0
SAFETY_GUIDE, LINK_GUIDE = "bi-lua-thi-lam-gi", "nhan-biet-link-app-gia"


def decide(turn: Turn) -> str | None:
    """Return the action, or None where no guide is sure to answer; the decision about guides stays in turn.decision."""
    heard = turn.understanding
    ranking = dict(heard.ranking) if heard else {}
    intent = heard.intent if heard and not heard.away else None
    sure = heard.confidence if heard else 0.0
    decision = turn.services.decider.decide(
        turn.candidates, ranking.get("out_of_scope", 0.0), heard is None or heard.away
    )
    turn.decision = decision
    first = decision.offered[0].guide if decision.offered else None

    if code := _PROCEDURE_CODE.search(turn.text):
        return tell_record(turn, code.group())
    has_topic = decision.action == "answer" or (decision.action == "ask" and len(topic_words(turn.text)) > 1)
    gives_way = intent in _GIVES_WAY and has_topic and decision.confidence >= SURE_OF_GUIDE
    if intent in ACTS and not gives_way and sure >= (OBEY_OVER_GUIDE_FROM if has_topic else OBEY_FROM):
        return ACTS[intent]
    if (
        intent in ("report_scam", "verify_link")
        and sure >= (OBEY_FROM if intent == "report_scam" else VERIFY_FROM)
        and not (decision.action == "answer" and first and first.field == "an-toan" and first.id != SAFETY_GUIDE)
    ):
        turn.guide = turn.services.search.index.guides.get(SAFETY_GUIDE if intent == "report_scam" else LINK_GUIDE)
        turn.aspect = Aspect.OVERVIEW
        return "help_victim" if intent == "report_scam" else ("show_guide" if turn.guide else "abstain")
    if intent in ASPECTS and sure >= OBEY_FROM and is_bare(turn):
        return "ask_topic"
    twins = _twins(turn, decision.offered[0]) if decision.action == "answer" else ()
    if len(twins) == 1:
        first = twins[0].guide
    elif twins:
        turn.decision = replace(decision, action="ask", offered=twins)
        turn.context.question = turn.text
        return "ask_back"
    if decision.action == "answer":
        official = turn.services.records.titled(turn.text) if decision.confidence < SURE_OVER_TITLE else None
        if official:
            # Word for word the name of another procedure than the guide's, unless the guide has its code.
            return tell_record(turn, official)
        if decision.confidence < SURE_OVER_RECORDS and (action := instead_of(turn)):
            return action
        turn.guide = first
        turn.context.question = turn.text
        turn.context.wanted = None
        return "show_guide"
    return None


def _twins(turn: Turn, first: Candidate) -> tuple[Candidate, ...]:
    """The same thing in several apps, when no app was named: "quên mật khẩu" is VNeID's or VssID's; else empty.

    One alone when it is the one in the app that the conversation is about.
    """
    near = [c for c in turn.candidates if first.score - c.score <= TWIN_WITHIN]
    twins = tuple(c for c in near if c is first or _differ_in_app(c.guide.facets, first.guide.facets))
    if len(twins) < 2:
        return ()
    text = f" {fold(expand(turn.text))} "
    heard = turn.understanding.entities if turn.understanding else ()
    named = any(entity.kind == "app" for entity in heard)
    if named or any(f" {fold(c.guide.facets.app or '')} " in text for c in twins):
        return ()
    last = turn.services.search.index.guides.get(turn.context.guide or "")
    return tuple(c for c in twins if last and c.guide.facets.app == last.facets.app) or twins[:3]


def _differ_in_app(one: Facets, other: Facets) -> bool:
    return (
        bool(one.case and one.app and other.app and one.app != other.app)
        and one.model_copy(update={"app": other.app}) == other
    )
