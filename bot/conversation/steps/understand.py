"""Ask Rasa what the message means; "Rasa is away" is one of the normal answers."""

from __future__ import annotations

from bot import sentences
from bot.conversation.turn import Turn

# Longer than any question we saw; the rest of a pasted text only adds noise.
MAX_READ = 400


def understand(turn: Turn) -> str | None:
    """Fill in turn.understanding."""
    if len(turn.text) > MAX_READ:
        turn.text = turn.text[:MAX_READ]
        turn.notes.append(sentences.TOO_LONG)
    turn.understanding = turn.services.nlu.parse(turn.text)
    return None
