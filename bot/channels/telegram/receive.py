"""Read Telegram updates: what a person wrote, tapped or sent."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from telegram import Animation, Audio, Document, Message, Update, Video, VideoNote
from telegram.constants import ChatType

from bot.files import Attachment
from bot.messages import Incoming, Kind, Source

# What we ask Telegram for; the list is sticky on its side. Source: Bot API, getUpdates (read 22 Nov 2026).
ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "chat_member"]
# A picture of this many pixels is sharp enough in a list on a phone.
_SMALL_PX = 320
_MIME_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9.+-]{1,80}")


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
    return Source(
        str(message.message_id), str(replied.message_id) if replied else "", edited, name[:1].upper(), file_of(message)
    )


def file_of(message: Message) -> Attachment | None:
    """Return what a browser may show or save of a message, or None."""
    if message.photo:
        # The same picture in several sizes, the smallest first.
        small = next((one for one in message.photo if max(one.width, one.height) >= _SMALL_PX), message.photo[-1])
        return Attachment(message.photo[-1].file_id, "image/jpeg", message.photo[-1].file_size or 0, small.file_id)
    if sticker := message.sticker:
        # Those that move are made for Telegram's apps.
        return (
            None
            if sticker.is_animated
            else Attachment(sticker.file_id, "video/webm" if sticker.is_video else "image/webp")
        )
    if note := message.video_note:
        return Attachment(note.file_id, "video/mp4", note.file_size or 0, _thumbnail(note))
    if voice := message.voice:
        return Attachment(voice.file_id, _type(voice.mime_type) or "audio/ogg", voice.file_size or 0)
    # An animation comes as a document, too.
    for file in (message.audio, message.animation, message.video, message.document):
        if file:
            return Attachment(file.file_id, _type(file.mime_type), file.file_size or 0, _thumbnail(file))
    return None


def _thumbnail(file: Animation | Audio | Document | Video | VideoNote) -> str:
    return file.thumbnail.file_id if file.thumbnail else ""


def _type(told: str | None) -> str:
    """Return a MIME type as it may be kept; what is none is left out."""
    told = (told or "").lower()
    return told if _MIME_TYPE.fullmatch(told) else ""


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
