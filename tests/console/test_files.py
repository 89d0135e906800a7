"""What citizens send besides words, on the desk's pages: who may see it, as what it comes, and what is said when it is gone."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette

from bot.console.console import Console
from bot.desk import words
from bot.desk.citizens import Said
from bot.files import MAX_FILE_BYTES, Attachment
from bot.messages import Kind
from tests.console.conftest import HOST, Browser, Cast, Stored

PHOTO = Attachment("big", "image/jpeg", 90_000, "small")
VOICE = Attachment("voice", "audio/ogg", 17_000)
PDF = Attachment("pdf", "application/pdf", 340_000)
JPEG = b"\xff\xd8\xff" + bytes(3000)


def address(cast: Cast, kind: Kind = Kind.PHOTO, file: Attachment = PHOTO) -> str:
    """Where a file stands that Chi has sent on a new ticket."""
    ticket = cast.ticket()
    return f"/ban/yeu-cau/{ticket.id}/tep/{cast.sends(ticket, kind, file).id}"


async def test_a_photo_comes_to_who_may_read_the_ticket(cast: Cast, an: Browser, binh: Browser, stored: Stored) -> None:
    stored.files = {"big": JPEG, "small": JPEG[:100]}
    photo = address(cast)
    for browser in (an, binh):
        answer = await browser.get(photo)
        assert (answer.status_code, answer.content) == (200, JPEG)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-length"] == str(len(JPEG))
    assert answer.headers["content-disposition"].startswith("inline")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"].startswith("private")
    assert (await an.get(f"{photo}/nho")).content == JPEG[:100]
    assert stored.closed == 3


async def test_nobody_else_gets_it_and_nothing_is_asked_for(
    cast: Cast, dung: Browser, an: Browser, browsers: Any, stored: Stored
) -> None:
    photo = address(cast)
    for path in (photo, f"{photo}/nho"):
        assert (await dung.get(path)).status_code == 404
        assert (await (await browsers()).get(path)).status_code == 303
    cast.desk.volunteers.leave(cast.person("An").id, cast.now)
    assert (await an.get(photo)).status_code == 303
    assert stored.asked == []


async def test_a_file_is_found_on_its_own_ticket_only(cast: Cast, dung: Browser, stored: Stored) -> None:
    number = address(cast).rpartition("/")[2]
    theirs = cast.ticket(team=cast.other_team)
    assert (await dung.get(f"/ban/yeu-cau/{theirs.id}/tep/{number}")).status_code == 404
    assert stored.asked == []


async def test_what_is_not_there_is_said_and_no_fault(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket()
    spoken = cast.writes(ticket, "chào", draft=None)
    voice = cast.sends(ticket, Kind.VOICE, VOICE)
    for path in (f"{spoken.id}", f"{voice.id}/nho", "999", "9" * 30):
        answer = await an.get(f"/ban/yeu-cau/{ticket.id}/tep/{path}")
        assert answer.status_code == 404, path
        assert words.NO_FILE in answer.text
    assert (await an.get(f"/ban/yeu-cau/{'9' * 30}")).status_code == 404


@pytest.mark.parametrize(
    ("told", "comes_as", "disposition"),
    [
        ("audio/ogg", "audio/ogg", "inline"),
        ("video/mp4", "video/mp4", "inline"),
        ("image/png", "image/png", "inline"),
        ("application/pdf", "application/octet-stream", "attachment"),
        ("text/html", "application/octet-stream", "attachment"),
        ("image/svg+xml", "application/octet-stream", "attachment"),
        ("", "application/octet-stream", "attachment"),
    ],
)
async def test_only_what_cannot_run_is_shown_by_the_browser(
    cast: Cast, an: Browser, stored: Stored, told: str, comes_as: str, disposition: str
) -> None:
    stored.files = {"x": b"<script>alert(1)</script>"}
    answer = await an.get(address(cast, Kind.FILE, Attachment("x", told)))
    assert answer.headers["content-type"] == comes_as
    assert answer.headers["content-disposition"].partition(";")[0] == disposition
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_a_saved_file_has_the_ending_of_its_kind(cast: Cast, an: Browser, stored: Stored) -> None:
    stored.files = {"pdf": b"%PDF"}
    path = address(cast, Kind.FILE, PDF)
    answer = await an.get(path)
    assert answer.headers["content-disposition"] == f'attachment; filename="tep-{path.rpartition("/")[2]}.pdf"'


async def test_a_player_may_ask_for_a_part(cast: Cast, an: Browser, stored: Stored) -> None:
    stored.files = {"voice": b"OggS...."}
    answer = await an.client.get(address(cast, Kind.VOICE, VOICE), headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer.content) == (206, b"Og")
    assert answer.headers["content-range"] == "bytes 0-1/8"


@pytest.mark.parametrize(("reason", "status"), [("gone", 404), ("too_big", 413), ("away", 503)])
async def test_why_there_is_no_file_is_said_in_plain_words(
    cast: Cast, an: Browser, stored: Stored, reason: str, status: int
) -> None:
    stored.files = {"big": reason}
    photo = address(cast)
    answer = await an.get(photo)
    assert answer.status_code == status
    assert words.FILES[reason] in answer.text
    assert answer.headers["cache-control"] == "no-store"
    told = await an.client.get(photo, headers={"Accept": "application/json"})
    assert (told.status_code, told.json()["text"]) == (status, words.FILES[reason])


async def test_what_is_known_to_be_too_big_is_not_asked_for(cast: Cast, an: Browser, stored: Stored) -> None:
    path = address(cast, Kind.FILE, Attachment("x", "video/mp4", MAX_FILE_BYTES + 1))
    page = (await an.get(path.partition("/tep/")[0])).text
    assert words.FILES["too_big"] in page
    assert path not in page
    assert (await an.get(path)).status_code == 413
    assert stored.asked == []


async def test_the_page_shows_images_plays_voices_and_links_files(cast: Cast, an: Browser, stored: Stored) -> None:
    ticket = cast.ticket()
    photo, voice, pdf = (
        f"/ban/yeu-cau/{ticket.id}/tep/{cast.sends(ticket, kind, file).id}"
        for kind, file in ((Kind.PHOTO, PHOTO), (Kind.VOICE, VOICE), (Kind.FILE, PDF))
    )
    page = (await an.get(f"/ban/yeu-cau/{ticket.id}")).text
    assert f'<img src="{photo}/nho"' in page
    assert 'loading="lazy"' in page
    assert f'<audio controls preload="none" src="{voice}"' in page
    assert f'href="{pdf}" download="tep-' in page
    assert "PDF, 333 KB" in page
    assert words.CANNOT_SHOW not in page
    # Nothing is fetched before a browser asks.
    assert stored.asked == []
    for kept_id in ("big", "small", "voice", "pdf"):
        assert f'"{kept_id}"' not in page


async def test_what_cannot_be_shown_is_still_named(cast: Cast, an: Browser, binh: Browser) -> None:
    ticket = cast.ticket()
    cast.sends(ticket, Kind.LOCATION, None)
    assert words.CANNOT_SHOW in (await an.get(f"/ban/yeu-cau/{ticket.id}")).text


async def test_a_desk_without_telegram_says_so(cast: Cast, an: Browser) -> None:
    photo = address(cast)
    an.client._transport.app = Starlette(routes=Console(cast.desk, f"http://{HOST}").routes())  # type: ignore[attr-defined]
    assert words.CANNOT_SHOW in (await an.get(photo.partition("/tep/")[0])).text
    assert (await an.get(photo)).status_code == 503


async def test_a_corrected_message_may_bring_another_file(cast: Cast, an: Browser, stored: Stored) -> None:
    stored.files = {"other": JPEG}
    ticket = cast.ticket()
    with cast.desk.bench.database.begin() as db:
        for file in (PHOTO, Attachment("other", "image/jpeg")):
            said = Said(None, Kind.PHOTO, "", "m1", "", cast.now, file)  # type: ignore[arg-type]
            cast.desk.citizens.correct(db, ticket, said)
    (photo,) = cast.relays(ticket)
    assert (await an.get(f"/ban/yeu-cau/{ticket.id}/tep/{photo.id}")).content == JPEG
