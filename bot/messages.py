"""The words that every channel, the router and the outbox share: what came in, what goes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from bot.files import Attachment

# Longest button payload, in bytes. Source: Telegram Bot API, InlineKeyboardButton.callback_data (read 22 Nov 2026).
MAX_ACTION_BYTES = 64


class Kind(StrEnum):
    """What a person sent. Only text and button carry words that we read."""

    TEXT = "text"
    BUTTON = "button"
    VOICE = "voice"
    PHOTO = "photo"
    STICKER = "sticker"
    LOCATION = "location"
    FILE = "file"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Source:
    """Ids that a channel needs to copy, answer or change a message later; empty where it has none."""

    message: str = ""
    reply_to: str = ""
    """The message this one answers."""
    edited: bool = False
    """message was sent before and has been corrected."""
    initial: str = ""
    """First letter of the sender's name, for the title of a ticket."""
    file: Attachment | None = None

    @classmethod
    def read(cls, kept: dict[str, Any]) -> Source:
        """Return what dataclasses.asdict made of one, perhaps by an earlier version with fewer fields."""
        return cls(**kept | {"file": Attachment(**kept["file"]) if kept.get("file") else None})


@dataclass(frozen=True, slots=True)
class Incoming:
    """One update of one channel, before masking."""

    channel: str
    chat: str
    """Where replies go, in the channel's own terms."""
    update_id: str
    """Unique within the channel; a second one with this id is the same message again."""
    kind: Kind
    text: str = ""
    action: str = ""
    """Payload of the pressed button."""
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    source: Source = field(default_factory=Source)


@dataclass(frozen=True, slots=True)
class Button:
    """Something to tap; action comes back as Incoming.action."""

    label: str
    action: str

    def __post_init__(self) -> None:
        if len(self.action.encode()) > MAX_ACTION_BYTES:
            raise ValueError(f"button action longer than {MAX_ACTION_BYTES} bytes: {self.action!r}")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the assistant says in one turn. text is plain; channels escape it and set the title in bold."""

    outcome: str
    """answered_…, asked_back_…, abstained_…, handed_over_…, refused_… or error_…"""
    text: str
    title: str = ""
    buttons: tuple[Button, ...] = ()
    guide: str | None = None
    record: str | None = None
    """Code of the imported record that the reply is made of."""
    aspect: str | None = None
    confidence: float | None = None
    """Calibrated probability that the guide is the right one, 0 to 1."""
    offered: tuple[str, ...] = ()
    """Guide ids, or codes of records, among which the citizen is asked to choose, best first."""

    @property
    def plain(self) -> str:
        """Title and text together, for places without formatting."""
        return f"{self.title}\n{self.text}" if self.title else self.text
