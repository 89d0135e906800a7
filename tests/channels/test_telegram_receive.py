"""What is read of a Telegram update: files by their ids, the letter of a name."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import Update

from bot.channels.telegram.receive import read_update
from bot.files import Attachment
from bot.messages import Incoming, Kind

CHI = {"id": 5001, "is_bot": False, "first_name": "Đào"}
CHAT = {"id": 5001, "type": "private"}


def said(**message: Any) -> Incoming:
    """What is read of Chi's message."""
    update = {"update_id": 1, "message": {"message_id": 3, "date": 0, "chat": CHAT, "from": CHI, **message}}
    incoming = read_update(Update.de_json(update, None))
    assert incoming
    return incoming


def file(file_id: str, **more: Any) -> dict[str, Any]:
    return {"file_id": file_id, "file_unique_id": file_id, **more}


def photo(file_id: str, width: int, size: int) -> dict[str, Any]:
    return file(file_id, width=width, height=width // 2, file_size=size)


PHOTOS = [photo("s", 90, 1000), photo("m", 320, 20_000), photo("y", 1280, 150_000)]


@pytest.mark.parametrize(
    ("message", "kind", "kept"),
    [
        ({"photo": PHOTOS, "caption": "đây"}, Kind.PHOTO, Attachment("y", "image/jpeg", 150_000, "m")),
        ({"photo": PHOTOS[:1]}, Kind.PHOTO, Attachment("s", "image/jpeg", 1000, "s")),
        (
            {"voice": file("v", duration=2, mime_type="audio/ogg", file_size=900)},
            Kind.VOICE,
            Attachment("v", "audio/ogg", 900),
        ),
        ({"voice": file("v", duration=2)}, Kind.VOICE, Attachment("v", "audio/ogg")),
        (
            {"video_note": file("n", length=240, duration=2, thumbnail=PHOTOS[1])},
            Kind.VOICE,
            Attachment("n", "video/mp4", 0, "m"),
        ),
        (
            {"document": file("d", file_name="CCCD 001099012345.pdf", mime_type="Application/PDF", file_size=7)},
            Kind.FILE,
            Attachment("d", "application/pdf", 7),
        ),
        ({"document": file("d", mime_type='x"; evil')}, Kind.FILE, Attachment("d", "")),
        (
            {"sticker": file("k", type="regular", width=9, height=9, is_animated=False, is_video=False)},
            Kind.STICKER,
            Attachment("k", "image/webp"),
        ),
        ({"sticker": file("k", type="regular", width=9, height=9, is_animated=True, is_video=False)}, Kind.STICKER, None),
        ({"location": {"latitude": 1.0, "longitude": 2.0}}, Kind.LOCATION, None),
        ({"text": "chào"}, Kind.TEXT, None),
    ],
)  # fmt: skip
def test_of_a_file_its_id_kind_and_size_are_kept_and_no_name(
    message: dict[str, Any], kind: Kind, kept: Attachment | None
) -> None:
    incoming = said(**message)
    assert (incoming.kind, incoming.source.file) == (kind, kept)


def test_the_letter_of_a_name_is_known_after_words_and_after_a_tap() -> None:
    tap = {
        "id": "1", "from": CHI, "chat_instance": "1", "data": "person", "message": {"message_id": 3, "date": 1, "chat": CHAT},
    }  # fmt: skip
    tapped = read_update(Update.de_json({"update_id": 1, "callback_query": tap}, None))
    assert tapped
    assert tapped.source.initial == said(text="chào").source.initial == "Đ"
