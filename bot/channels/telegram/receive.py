"""Read Telegram updates: what a person wrote, tapped or sent."""

from __future__ import annotations

from datetime import UTC, datetime

from telegram import Message, Update
from telegram.constants import ChatType

from bot.messages import Incoming, Kind, Source

# What we ask Telegram for; the list is sticky on its side. Source: Bot API, getUpdates (read 22 Nov 2026).
ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "chat_member"]


def read_update(update: Update) -> Incoming | None:
    """Return what a citizen sent, or None for what needs no answer (groups, service messages, old buttons' chats)."""
    update_id = str(update.update_id)
    query = update.callback_query
    if query is not None:
        chat = query.message.chat if query.message else None
        if chat is None or chat.type != ChatType.PRIVATE or not query.data:
            return None
        return Incoming(
            "telegram", str(chat.id), update_id, Kind.BUTTON, action=query.data, received_at=datetime.now(UTC),
            source=Source(initial=query.from_user.first_name[:1].upper()),
        )  # fmt: skip
    # A corrected message is asked anew: the person wants the answer to what they meant.
    message = update.message or update.edited_message
    if message is None or message.chat.type != ChatType.PRIVATE:
        return None
    kind = kind_of(message)
    if kind is None:
        return None
    return Incoming(
        "telegram",
        str(message.chat.id),
        update_id,
        kind,
        text=message.text or message.caption or "",
        received_at=datetime.now(UTC),
        source=_source(message, edited=update.edited_message is not None),
    )


def _source(message: Message, *, edited: bool) -> Source:
    replied = message.reply_to_message
    name = message.from_user.first_name if message.from_user else ""
    return Source(str(message.message_id), str(replied.message_id) if replied else "", edited, name[:1].upper())


def kind_of(message: Message) -> Kind | None:
    """Return what a message carries, or None for service messages."""
    if message.text:
        return Kind.TEXT
    if message.voice or message.audio or message.video_note:
        return Kind.VOICE
    if message.photo:
        return Kind.PHOTO
    if message.sticker or message.animation:
        return Kind.STICKER
    if message.location or message.venue:
        return Kind.LOCATION
    if message.document or message.video:
        return Kind.FILE
    if message.contact or message.poll or message.dice or message.story:
        return Kind.OTHER
    # Service messages: pinned, title changed, auto-delete timer …
    return None
