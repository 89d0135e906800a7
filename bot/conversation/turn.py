"""One turn: the citizen's message, what is known of it so far, and the services that steps and actions may use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from bot.conversation.context import Context
from bot.desk.citizens import Citizens
from bot.messages import Kind, Reply
from bot.store.conversations import Effect, Waiting
from bot.store.tickets import Ticket
from knowledge.decide import Decider, Decision
from knowledge.guide import Aspect, Guide
from knowledge.places.lookup import Found, Places
from knowledge.records.record import Record
from knowledge.records.store import Match, RecordStore
from knowledge.search import Candidate, Search
from knowledge.workdays import VIETNAM
from nlu.client import Understanding


class Hears(Protocol):
    """Whatever can tell what a message means: nlu.client.NluClient, or a fake in tests."""

    def parse(self, text: str) -> Understanding: ...


@dataclass
class Services:
    """What steps and actions work with. search is swapped as a whole when a new index becomes current."""

    nlu: Hears
    search: Search
    decider: Decider
    citizens: Citizens | None
    """The desk; None for questions that belong to no conversation."""
    places: Places
    records: RecordStore


@dataclass
class Turn:
    """A message on its way through the steps; each step fills in what the next one needs."""

    conversation_id: int
    kind: Kind
    text: str
    """Masked; several short messages in a row are joined by line breaks."""
    action: str
    hidden: tuple[str, ...]
    context: Context
    now: datetime
    services: Services
    understanding: Understanding | None = None
    candidates: list[Candidate] = field(default_factory=list)
    decision: Decision | None = None
    aspect: Aspect = Aspect.OVERVIEW
    guide: Guide | None = None
    """The guide an action is to speak about."""
    record: Record | None = None
    """The imported record an action is to speak about, where no guide does."""
    matches: list[Match] = field(default_factory=list)
    """Imported records among which the citizen is to choose."""
    found: Found | None = None
    """The old place that was asked about."""
    page: int = 1
    argument: str = ""
    """What the chosen action is about, e.g. which problem of a guide."""
    notes: list[str] = field(default_factory=list)
    """Lines put above the reply, such as a warning about a code that was sent."""
    messages: tuple[Waiting, ...] = ()
    """The kept messages that this turn answers; empty for a question outside any conversation."""
    has_ticket: bool = False
    """An open request for a person was there when the turn began."""
    ticket: Ticket | None = None
    """The open request for a person."""
    blocked_until: datetime | None = None
    for_volunteer: bool = False
    """A volunteer is on: the words go to that person, and what the bot would say is only a draft."""
    effects: list[Effect] = field(default_factory=list)
    """What is to be written together with the turn."""
    steps_ms: dict[str, float] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The day in Vietnam."""
        return self.now.astimezone(VIETNAM).date()

    @property
    def intent(self) -> str | None:
        """The intent Rasa heard, or None."""
        return self.understanding.intent if self.understanding else None


Step = Callable[[Turn], str | None]
"""Looks at the turn and returns the name of the action to take, or None to leave it to the next step."""
Action = Callable[[Turn], Reply]
Actions = Mapping[str, Action]
