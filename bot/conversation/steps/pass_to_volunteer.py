"""While a volunteer helps, a citizen's words go to that person; the bot stays silent but for danger and secrets."""

from __future__ import annotations

from functools import partial

from bot import sentences
from bot.conversation.steps.check_reply import check_reply
from bot.conversation.steps.retrieve import topic_words
from bot.conversation.steps.shield import is_emergency
from bot.conversation.turn import Actions, Turn
from bot.desk.citizens import Said
from bot.messages import Kind, Reply
from bot.store.conversations import Waiting
from nlu.text import fold

# What the bot would say is worth a draft only when it comes from a guide.
_DRAFTED = frozenset(("show_guide", "explain_problem"))
_STILL_SAID = frozenset(("tell_emergency", "warn_secret"))
# Words to the desk itself, which the ticket shows already. An answer to "which commune" may say more, or be no place at
# all though it sounds like one: then its words stay in turn.argument.
_ABOUT_THE_DESK = frozenset(("take_problem", "request_person", "cancel_request", "skip", "stay_silent"))
# Answers to "which commune" and the like that mean "leave me alone with that".
_SKIP = frozenset(("bo qua", "khong", "ko", "khong biet", "thoi", "khoi"))


def pass_to_volunteer(turn: Turn) -> str | None:
    """Stop for people who are blocked, carry corrections over, and take answers to what the desk asked."""
    citizens = turn.services.citizens
    if citizens is None:
        return None
    turn.ticket = citizens.ticket_of(turn.conversation_id) if turn.has_ticket else None
    if turn.blocked_until is not None and turn.blocked_until > turn.now:
        return "stay_silent"
    spoken = turn.kind is not Kind.BUTTON and not turn.text.startswith("/")
    first = turn.messages[0] if turn.messages else None
    if turn.ticket and first and first.source.edited:
        turn.effects.append(partial(citizens.correct, ticket=turn.ticket, said=_said(first)))
        return "stay_silent"
    if turn.ticket and turn.ticket.state == "claimed" and spoken:
        turn.for_volunteer = True
        return None if turn.kind is Kind.TEXT else "stay_silent"
    asked, turn.context.asked = turn.context.asked, ""
    if not spoken or turn.kind is not Kind.TEXT or not asked or is_emergency(turn.text):
        turn.context.asked = asked if turn.kind is Kind.BUTTON else ""
        return None
    if asked == "stars":
        return "keep_stars_words"
    if turn.ticket is None or turn.ticket.team_id is not None:
        # Without a ticket it is an ordinary question; a ticket that the team sees already shows it as a message.
        return None
    turn.argument = "" if fold(turn.text) in _SKIP else turn.text
    return "take_commune" if asked == "commune" else "take_problem"


def hand_over(turn: Turn, action: str, actions: Actions) -> Reply:
    """Carry the messages over, with what the bot would have said as a draft; say only what cannot wait."""
    draft = None
    reply = Reply("handed_over_relayed", "")
    if action in _STILL_SAID:
        reply = check_reply(turn, actions[action](turn))
    elif turn.kind is Kind.TEXT and action in _DRAFTED and topic_words(turn.text):
        answer = actions[action](turn)
        if answer.outcome == "answered_from_guide" and answer.guide:
            draft = (answer.plain, answer.guide)
        if sentences.CODE_SENT in turn.notes:
            reply = Reply("refused_secret", sentences.CODE_SENT)
    elif sentences.CODE_SENT in turn.notes:
        reply = Reply("refused_secret", sentences.CODE_SENT)
    _carry(turn, draft)
    return reply


def record(turn: Turn, action: str) -> None:
    """Keep what a citizen says while nobody has claimed the ticket yet, so that it is delivered in order."""
    waiting = turn.ticket is not None and turn.ticket.state == "waiting"
    if action == "take_commune" and not turn.argument:
        return
    if waiting and turn.kind is not Kind.BUTTON and not turn.text.startswith("/") and action not in _ABOUT_THE_DESK:
        _carry(turn, None)


def carry_after_error(turn: Turn) -> bool:
    """Carry the messages over although the bot failed on them; False when no volunteer is on."""
    if not turn.for_volunteer:
        return False
    turn.effects.clear()
    _carry(turn, None)
    return True


def _carry(turn: Turn, draft: tuple[str, str] | None) -> None:
    citizens = turn.services.citizens
    assert citizens is not None
    assert turn.ticket is not None
    said = [_said(message) for message in turn.messages]
    turn.effects.append(partial(citizens.relay, ticket=turn.ticket, said=said, draft=draft))


def _said(message: Waiting) -> Said:
    source = message.source
    return Said(
        message.id, message.kind, message.text, source.message, source.reply_to, message.received_at, source.file
    )
