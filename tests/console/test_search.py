"""Finding tickets on the desk's pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from alembic.config import Config

from bot.desk import words
from bot.messages import Incoming, Kind, Reply
from bot.privacy import mask
from bot.store import relays, tickets
from bot.store.conversations import Conversations, TurnRecord
from bot.store.database import MIGRATIONS, Database
from bot.store.schema import inbox
from bot.store.tickets import Ticket
from tests.console.conftest import Browser, Cast


async def found(browser: Browser, query: str) -> list[int]:
    """The numbers of the tickets that a search shows, in order."""
    page = await browser.client.get("/ban/tim", params={"q": query})
    assert page.status_code == 200
    return [int(number) for number in re.findall(r'href="/ban/yeu-cau/(\d+)"', page.text)]


def called(cast: Cast, ticket: Ticket, name: str) -> Ticket:
    """A ticket of a citizen with this name."""
    with cast.desk.bench.database.begin() as db:
        chat = relays.room(db, "telegram", name, cast.now)
        db.execute(
            inbox.insert().values(
                channel="telegram", update_id=name, conversation_id=chat, kind="text", text="", hidden=[], action="",
                source={"initial": name[:1]}, received_at=cast.now,
            )
        )  # fmt: skip
        number = tickets.add(
            db, chat, reason="asked_for_person", question="hỏi giấy tờ", created_at=cast.now, avoid=[],
            team_id=ticket.team_id,
        )  # fmt: skip
    found = cast.desk.ticket(number or 0)
    assert found
    return found


@pytest.mark.parametrize("query", ["đăng ký xe", "dang ky xe", "ĐĂNG KÝ XE", "xe, đăng ký!", "dang  ky"])
async def test_what_a_citizen_wrote_is_found_with_and_without_diacritics(cast: Cast, an: Browser, query: str) -> None:
    ticket = cast.ticket(question="", guide=None)
    cast.ticket(question="làm hộ chiếu", guide=None)
    cast.writes(ticket, "Em muốn Đăng ký xe máy", draft=None)
    assert await found(an, query) == [ticket.id]


async def test_questions_names_of_guides_answers_and_notes_are_found(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket(question="mất giấy chứng sinh", guide="khai-sinh")
    await an.do(f"/ban/yeu-cau/{ticket.id}/tra-loi", {"text": "Chị ra bệnh viện xin lại."})
    await an.do(f"/ban/yeu-cau/{ticket.id}/ghi-chu", {"text": "con đầu lòng"})
    for query in ("giay chung sinh", "dang ky khai sinh", "benh vien", "con dau long", "khai sinh benh vien"):
        assert await found(an, query) == [ticket.id], query
    assert await found(an, "bệnh viện Bạch Mai") == []


async def test_a_syllable_is_not_found_inside_another(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket(question="khẩn cấp", guide=None)
    assert await found(an, "an") == []
    assert await found(an, "khan") == [ticket.id]


async def test_what_the_bot_was_asked_before_is_found(cast: Cast, an: Browser) -> None:
    database = cast.desk.bench.database
    conversations = Conversations(database, "test")
    sent = Incoming("web", "chi-1", "1", Kind.TEXT, "mất sim thì sao", received_at=cast.now)
    conversations.accept(sent, mask(sent.text), cast.now)
    claimed = conversations.claim(datetime.now(UTC))
    assert claimed
    record = TurnRecord("mất sim thì sao", None, {}, 1.0)
    conversations.finish(
        claimed, [claimed.messages[0].id], Reply("answered_x", "…"), {}, record, delivered=True, now=cast.now
    )
    ticket = cast.ticket(question="", guide=None)
    assert await found(an, "mat sim") == [ticket.id]
    cast.desk.citizens.describe(ticket.id, problem="máy báo lỗi 500")
    assert await found(an, "mat sim loi 500") == [ticket.id]


async def test_a_number_finds_its_ticket_first(cast: Cast, an: Browser) -> None:
    first, second = cast.ticket(question="a", guide=None), cast.ticket(question="b", guide=None)
    cast.writes(second, f"lỗi {first.id}", draft=None)
    assert await found(an, f"#{first.id}") == [first.id, second.id]
    assert await found(an, str(second.id)) == [second.id]
    assert await found(an, "9" * 30) == []


async def test_the_letter_of_a_name_and_a_commune_find_a_ticket(cast: Cast, an: Browser) -> None:
    plain = cast.ticket(question="khai tử", guide=None)
    duc = called(cast, plain, "Đức")
    assert await found(an, "Đ.") == await found(an, "d") == [duc.id]
    assert "- Đ." in (await an.get("/ban")).text
    cast.desk.citizens.describe(plain.id, commune=cast.desk.bench.places.home("xã Ninh Giang, Hải Phòng")[0])
    assert await found(an, "ninh giang") == await found(an, "khai tu Ninh Giang") == [plain.id]
    assert "Xã Ninh Giang" in (await an.client.get("/ban/tim", params={"q": "ninh giang"})).text


async def test_words_side_by_side_come_before_words_apart_and_new_before_old(cast: Cast, an: Browser) -> None:
    old, new = (cast.ticket(question="đăng ký xe", guide=None) for _ in range(2))
    apart = cast.ticket(question="đang làm kỳ này", guide=None)
    assert await found(an, "dang ky") == [new.id, old.id, apart.id]


async def test_closed_tickets_are_found_and_a_correction_replaces_what_it_corrects(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket(question="", guide=None)
    asked = cast.writes(ticket, "tôi ở thôn Bắc", draft=None)
    with cast.desk.bench.database.begin() as db:
        relays.correct(db, asked.id, "tôi ở thôn Nam", cast.now)
    await an.do(f"/ban/yeu-cau/{ticket.id}/nhan")
    await an.do(f"/ban/yeu-cau/{ticket.id}/dong", {"reason": "solved"})
    assert await found(an, "thon bac") == []
    assert await found(an, "thon nam") == [ticket.id]
    assert words.STATES["closed"] in (await an.client.get("/ban/tim", params={"q": "thon nam"})).text


async def test_nobody_finds_what_they_may_not_see(cast: Cast, an: Browser, binh: Browser, dung: Browser) -> None:
    ticket = cast.ticket(question="mất hộ chiếu", guide=None)
    assert await found(an, "ho chieu") == await found(binh, "ho chieu") == [ticket.id]
    for query in ("ho chieu", f"#{ticket.id}"):
        assert await found(dung, query) == [], query


async def test_a_stranger_signs_in_first(cast: Cast, browsers: Any) -> None:
    answer = await (await browsers()).get("/ban/tim?q=khai")
    assert (answer.status_code, answer.headers["location"]) == (303, "/ban/dang-nhap?tiep=/ban/tim")


async def test_the_page_shows_where_the_words_stand_and_what_to_do_without_any(cast: Cast, an: Browser) -> None:
    cast.ticket(question="một hai ba bốn năm sáu bảy mất <b>hộ chiếu", guide=None)
    page = (await an.client.get("/ban/tim", params={"q": "ho chieu"})).text
    assert "<mark>&lt;b&gt;hộ</mark> <mark>chiếu</mark>" in page
    assert "một hai" not in page
    nothing = (await an.client.get("/ban/tim", params={"q": "xyz <script>"})).text
    assert words.FOUND_NONE in nothing
    assert "<script>" not in nothing
    for empty in ("", "?!"):
        assert words.FIND_HOW in (await an.client.get("/ban/tim", params={"q": empty})).text
    assert 'action="/ban/tim"' in (await an.get("/ban")).text


async def test_more_than_a_page_holds_is_said(cast: Cast, an: Browser) -> None:
    for _ in range(31):
        cast.ticket(question="mất hộ chiếu", guide=None)
    page = (await an.client.get("/ban/tim", params={"q": "ho chieu"})).text
    assert words.FOUND_MANY.format(count=30) in page


async def test_what_was_kept_before_there_was_a_search_is_found(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket(question="Mất hộ chiếu", guide=None)
    cast.writes(ticket, "ở Sân bay Cát Bi", draft=None)
    move(cast.desk.bench.database, "0004")
    move(cast.desk.bench.database, "head")
    assert await found(an, "ho chieu san bay") == [ticket.id]


def move(database: Database, revision: str) -> None:
    """Bring the tables to a revision, down or up."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.engine.begin() as db:
        config.attributes["connection"] = db
        (command.upgrade if revision == "head" else command.downgrade)(config, revision)
