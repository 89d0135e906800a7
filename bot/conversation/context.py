"""What a conversation remembers between messages; kept as JSON in the database, nothing in memory."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel

from bot.messages import Button, Reply
from knowledge.guide import Aspect

# A walk through the steps waits this long for the citizen to come back from the counter or the app.
WALK_LASTS = timedelta(days=3)


class Walk(BaseModel):
    """Where somebody stands in the step-by-step mode of one guide; step counts from 0."""

    guide: str
    step: int = 0


class Said(BaseModel):
    """The last reply, for "nhắc lại" and for choices by number."""

    title: str = ""
    text: str = ""
    buttons: list[tuple[str, str]] = []


class Context(BaseModel):
    """The memory of one conversation. guide or record, question and aspect are the topic, and expire together."""

    guide: str | None = None
    record: str | None = None
    """Code of the imported record that is the topic; then guide is None."""
    aspect: Aspect | None = None
    question: str = ""
    """The last question (masked) that named a topic."""
    wanted: Aspect | None = None
    """Aspect asked for before the topic was known; the next topic is answered with it."""
    place: str = ""
    """The last question about an old place that several places fit."""
    commune: str = ""
    """Code of the citizen's own commune, once told; kept for good, changed with /xa."""
    asked: str = ""
    """What the desk has just asked: commune, problem or stars; empty: nothing."""
    rated: tuple[int, int] = (0, 0)
    """Ticket and stars of the last rating, while a word to go with it is awaited."""
    walk: Walk | None = None
    abstained: int = 0
    """Abstentions in a row."""
    said: Said = Said()
    seen_at: datetime | None = None

    def expire(self, now: datetime, topic_lasts: timedelta) -> None:
        """Forget what is too old to be meant."""
        if self.seen_at is None:
            return
        age = now - self.seen_at
        if age > topic_lasts:
            self.guide = self.record = self.aspect = self.wanted = None
            self.question = self.place = self.asked = ""
            self.abstained = 0
            self.said = Said()
        if age > WALK_LASTS:
            self.walk = None

    def remember(self, reply: Reply) -> None:
        """Keep what was said, and the topic when the reply has one; silence changes nothing."""
        if not reply.text:
            return
        self.said = Said(title=reply.title, text=reply.text, buttons=[(b.label, b.action) for b in reply.buttons])
        if reply.guide is not None or reply.record is not None:
            self.guide, self.record = reply.guide, reply.record
            self.aspect = Aspect(reply.aspect) if reply.aspect else None
        self.abstained = self.abstained + 1 if reply.outcome.startswith("abstained_unsure") else 0

    @property
    def choices(self) -> list[Button]:
        """The buttons of the last reply."""
        return [Button(label, action) for label, action in self.said.buttons]
