"""Answer "xã X cũ giờ là xã nào" from the list of communes; needs neither Rasa nor a guide."""

from __future__ import annotations

from bot.conversation.turn import Turn

# An answer to "ở huyện nào, tỉnh nào" is short.
_SHORT_WORDS = 8


def find_place(turn: Turn) -> str | None:
    """Fill in turn.found when the message asks what a place has become, or says more about such a question."""
    places, context = turn.services.places, turn.context
    turn.found = places.find(turn.text)
    if turn.found is None and context.place and len(turn.text.split()) <= _SHORT_WORDS:
        before = places.find(context.place)
        together = places.find(f"{context.place} {turn.text}")
        if before and together and len(together.places) < len(before.places):
            turn.found = together
            turn.text = f"{context.place} {turn.text}"
    context.place = ""
    return "tell_new_place" if turn.found else None
