"""The one door in: every channel hands its messages here, and may acknowledge them once this returns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from bot.messages import Incoming, Kind
from bot.privacy import mask
from bot.store.conversations import Conversations

# A message of at most this many words without a question mark may be the first half of a question.
_SHORT_WORDS = 6


class Inbox:
    """Masks and keeps messages, and says when each is due for an answer."""

    def __init__(self, conversations: Conversations, burst: timedelta, wake: Callable[[], None]) -> None:
        """wake: called after each kept message, so that a sleeping worker looks at once."""
        self._conversations = conversations
        self._burst = burst
        self._wake = wake

    def receive(self, incoming: Incoming) -> bool:
        """Keep a message; return False when the same update was kept before. After this returns, no crash loses it."""
        masked = mask(incoming.text)
        due_at = incoming.received_at + (self._burst if _may_go_on(incoming) else timedelta())
        kept = self._conversations.accept(incoming, masked, due_at)
        if kept is not None:
            self._wake()
        return kept is not None


def _may_go_on(incoming: Incoming) -> bool:
    if incoming.kind is not Kind.TEXT or incoming.text.startswith("/"):
        return False
    return "?" not in incoming.text and len(incoming.text.split()) <= _SHORT_WORDS
