"""What can be done with a ticket on the desk's pages, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from bot.desk import words
from bot.desk.bench import Done
from bot.store import suggestions, tickets
from tests.console.conftest import DRAFT, Browser, Cast
from tests.desk.office import blocked_until

ACTIONS = {
    "nhan": {}, "tra-loi": {"text": "chào chị"}, "goi-y": {"relay": "1"}, "bo-goi-y": {"relay": "1"},
    "ghi-chu": {"text": "gọi lại"}, "chuyen": {"to": "t2", "text": "đúng địa bàn"}, "tra-lai": {}, "dong": {"reason": "solved"},
    "chan": {}, "so-dien-thoai": {}, "kho": {"relay": "2"}, "bo-chan": {},
}  # fmt: skip


async def test_a_claim_is_told_to_the_citizen(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket()
    answer = await an.post(f"/ban/yeu-cau/{ticket.id}/nhan")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/ban/yeu-cau/{ticket.id}")
    assert cast.again(ticket).volunteer_id == cast.person("An").id
    assert words.CLAIMED_HERE in (await an.get(f"/ban/yeu-cau/{ticket.id}")).text
    # Said once: the next page is silent.
    assert words.CLAIMED_HERE not in (await an.get(f"/ban/yeu-cau/{ticket.id}")).text


async def test_a_second_claim_names_who_was_first(cast: Cast, an: Browser, binh: Browser) -> None:
    ticket = cast.ticket()
    await an.do(f"/ban/yeu-cau/{ticket.id}/nhan")
    told = await binh.do(f"/ban/yeu-cau/{ticket.id}/nhan")
    assert told["text"] == words.ALREADY.format(name="An")
    assert not told["ok"]


async def test_an_answer_reaches_the_citizen_and_claims(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket()
    told = await an.do(f"/ban/yeu-cau/{ticket.id}/tra-loi", {"text": "Chào chị,\r\nmang giấy chứng sinh ạ."})
    assert told["ok"]
    (said,) = cast.relays(ticket)
    assert said.text == "Chào chị,\nmang giấy chứng sinh ạ."
    page = (await an.get(f"/ban/yeu-cau/{ticket.id}")).text
    assert words.DELIVERY["sent"] in page


async def test_the_same_form_twice_is_one_message(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket()
    form = {"text": "chào chị", "form_id": "mot-lan-thoi"}
    first = await an.do(f"/ban/yeu-cau/{ticket.id}/tra-loi", form)
    second = await an.do(f"/ban/yeu-cau/{ticket.id}/tra-loi", form)
    assert first["ok"]
    assert (second["ok"], second["text"]) == (True, words.DONE_BEFORE)
    assert len(cast.relays(ticket)) == 1


async def test_after_a_refusal_the_script_gets_an_id_for_another_try(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket()
    refused = await an.do(f"/ban/yeu-cau/{ticket.id}/tra-loi", {"text": "cho em xin mã OTP"})
    again = await an.do(f"/ban/yeu-cau/{ticket.id}/tra-loi", {"text": "chào chị", "form_id": refused["form_id"]})
    assert (refused["ok"], again["ok"]) == (False, True)


async def test_the_guard_stops_an_answer_and_the_words_stay_in_the_box(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket()
    page = await an.post(f"/ban/yeu-cau/{ticket.id}/tra-loi", {"text": "chị đọc mã OTP cho em"})
    assert page.status_code == 409
    assert words.GUARDED["secret"].removeprefix("⛔ ") in page.text
    assert "chị đọc mã OTP cho em</textarea>" in page.text
    assert cast.relays(ticket) == []
    assert "guard_stopped" in [event.kind for event in cast.events(ticket)]


async def test_words_after_two_slashes_stay_among_us(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket()
    await an.do(f"/ban/yeu-cau/{ticket.id}/tra-loi", {"text": "// hỏi chị Bình"})
    (note,) = cast.relays(ticket)
    assert (note.author, note.text) == ("note", "hỏi chị Bình")


@pytest.mark.parametrize(
    ("action", "fields", "label", "said"),
    [
        ("goi-y", {}, "sent", DRAFT),
        ("tra-loi", {"text": f"{DRAFT} Rồi gõ 12 số."}, "edited", f"{DRAFT} Rồi gõ 12 số."),
        ("tra-loi", {"text": "Chị ra xã giúp em."}, "replaced", "Chị ra xã giúp em."),
        ("bo-goi-y", {}, "replaced", None),
    ],
)
async def test_what_becomes_of_a_draft_is_kept(
    cast: Cast, an: Browser, action: str, fields: dict[str, str], label: str, said: str | None
) -> None:
    ticket = cast.ticket()
    asked = cast.writes(ticket, "quên mật khẩu")
    of = {"draft_of": str(asked.id)} if label == "edited" else {}
    told = await an.do(f"/ban/yeu-cau/{ticket.id}/{action}", {"relay": str(asked.id), **fields, **of})
    assert told["ok"]
    kept = cast.relays(ticket)
    assert kept[0].draft_label == label
    assert [relay.text for relay in kept[1:]] == ([said] if said else [])


async def test_a_reviewed_draft_may_name_what_a_volunteer_may_not_ask_for(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket()
    draft = "Nhập mã OTP rồi đặt 6 số mới.\nTrang dichvucong-gov.vn.xyz là giả."
    asked = cast.writes(ticket, "quên passcode", draft)
    of = {"draft_of": str(asked.id)}
    for added in ("Gửi mã OTP cho em", "Mở http://la.example"):
        path = f"/ban/yeu-cau/{ticket.id}/tra-loi"
        assert not (await an.do(path, {"text": f"{draft}\n{added}", **of}))["ok"], added
    assert (await an.do(f"/ban/yeu-cau/{ticket.id}/tra-loi", {"text": f"Chị làm thế này:\n{draft}", **of}))["ok"]


async def test_a_volunteer_may_say_how_to_get_a_password_back(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket()
    said = {"text": "Chị ra nhà mạng làm lại SIM, rồi lấy lại mật khẩu nhé."}
    assert (await an.do(f"/ban/yeu-cau/{ticket.id}/tra-loi", said))["ok"]


async def test_a_draft_is_sent_once_from_two_pages(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket()
    asked = cast.writes(ticket, "quên mật khẩu")
    first = await an.do(f"/ban/yeu-cau/{ticket.id}/goi-y", {"relay": str(asked.id)})
    second = await an.do(f"/ban/yeu-cau/{ticket.id}/goi-y", {"relay": str(asked.id)})
    assert (first["ok"], second["text"]) == (True, words.NO_DRAFT)
    assert len(cast.relays(ticket)) == 2


async def test_a_draft_of_another_ticket_is_refused(cast: Cast, an: Browser, dung: Browser) -> None:
    theirs, mine = cast.ticket(), cast.ticket(team=cast.other_team)
    asked = cast.writes(theirs, "quên mật khẩu")
    told = await dung.do(f"/ban/yeu-cau/{mine.id}/tra-loi", {"text": "chào", "draft_of": str(asked.id)})
    assert (told["ok"], cast.relays(theirs)[0].draft_label) == (False, "offered")


async def test_changing_a_draft_without_a_script_opens_the_page_with_it(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket()
    asked = cast.writes(ticket, "quên mật khẩu")
    page = (await an.get(f"/ban/yeu-cau/{ticket.id}?sua={asked.id}")).text
    assert f"{DRAFT}</textarea>" in page
    assert f'name="draft_of" value="{asked.id}"' in page


async def test_what_citizens_write_is_no_markup(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket(question='<script>alert("1")</script>')
    cast.writes(ticket, '<img src=x onerror="alert(2)">', draft='"><script>alert(3)</script>')
    for path in (f"/ban/yeu-cau/{ticket.id}", "/ban"):
        page = (await an.get(path)).text
        assert "<script>alert" not in page
        assert "<img src" not in page


async def test_transfer_to_a_colleague_and_to_another_team(cast: Cast, an: Browser) -> None:
    em = cast.join("Em")
    first, second = cast.ticket(), cast.ticket()
    for ticket in (first, second):
        await an.do(f"/ban/yeu-cau/{ticket.id}/nhan")
    unsaid = await an.do(f"/ban/yeu-cau/{first.id}/chuyen", {"to": f"v{em.id}", "text": " "})
    assert unsaid["text"] == words.NOTE_NEEDED
    assert (await an.do(f"/ban/yeu-cau/{first.id}/chuyen", {"to": f"v{em.id}", "text": "Em rành hơn"}))["ok"]
    assert cast.again(first).volunteer_id == em.id
    to_team = {"to": f"t{cast.other_team.id}", "text": "đúng địa bàn"}
    assert (await an.do(f"/ban/yeu-cau/{second.id}/chuyen", to_team))["ok"]
    assert (cast.again(second).state, cast.again(second).team_id) == ("waiting", cast.other_team.id)
    assert (await an.get(f"/ban/yeu-cau/{second.id}")).status_code == 404
    assert not (await an.do(f"/ban/yeu-cau/{first.id}/chuyen", {"to": "x9", "text": "?"}))["ok"]


async def test_an_administrator_hands_a_ticket_without_a_team_to_one(cast: Cast, binh: Browser) -> None:
    ticket = cast.ticket()
    with cast.desk.bench.database.begin() as db:
        tickets.change(db, ticket.id, team_id=None)
    assert "Tổ thôn Đông" in (await binh.get(f"/ban/yeu-cau/{ticket.id}")).text
    assert (await binh.do(f"/ban/yeu-cau/{ticket.id}/chuyen", {"to": f"t{cast.team.id}", "text": "gần nhất"}))["ok"]
    assert cast.again(ticket).team_id == cast.team.id


@pytest.mark.parametrize(
    ("action", "fields", "state"),
    [("tra-lai", {}, "returned"), ("dong", {"reason": "solved"}, "closed"), ("chan", {}, "blocked")],
)
async def test_ending_a_ticket_works_once(
    cast: Cast, an: Browser, action: str, fields: dict[str, str], state: str
) -> None:
    ticket = cast.ticket()
    assert (await an.do(f"/ban/yeu-cau/{ticket.id}/{action}", fields))["text"] == words.CLAIM_FIRST
    await an.do(f"/ban/yeu-cau/{ticket.id}/nhan")
    assert (await an.do(f"/ban/yeu-cau/{ticket.id}/{action}", fields))["ok"]
    assert cast.again(ticket).state == state
    assert not (await an.do(f"/ban/yeu-cau/{ticket.id}/{action}", fields))["ok"]
    late = await an.do(f"/ban/yeu-cau/{ticket.id}/tra-loi", {"text": "còn nữa ạ"})
    assert late["text"] == words.NOT_OPEN.format(state=words.STATES[state])


async def test_closing_needs_one_of_the_reasons(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket()
    await an.do(f"/ban/yeu-cau/{ticket.id}/nhan")
    assert (await an.do(f"/ban/yeu-cau/{ticket.id}/dong", {"reason": "quiet"}))["text"] == words.WHY_CLOSE
    assert cast.again(ticket).is_open


async def test_only_leads_lift_a_block(cast: Cast, an: Browser, binh: Browser) -> None:
    ticket = cast.ticket()
    await an.do(f"/ban/yeu-cau/{ticket.id}/nhan")
    await an.do(f"/ban/yeu-cau/{ticket.id}/chan")
    assert (await an.do(f"/ban/yeu-cau/{ticket.id}/bo-chan"))["status"] == 403
    assert (await binh.do(f"/ban/yeu-cau/{ticket.id}/bo-chan"))["ok"]
    assert blocked_until(cast.desk.bench.database, ticket) is None


async def test_a_phone_number_is_shown_on_purpose_and_the_look_is_kept(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket()
    await an.do(f"/ban/yeu-cau/{ticket.id}/nhan")
    assert "so-dien-thoai" not in (await an.get(f"/ban/yeu-cau/{ticket.id}")).text
    with cast.desk.bench.database.begin() as db:
        db.exec_driver_sql(
            f"INSERT INTO offered_phone (ticket_id, number, at) VALUES ({ticket.id}, '0900000001', '2026-11-25 00:00:00')"
        )
    page = (await an.get(f"/ban/yeu-cau/{ticket.id}")).text
    assert "so-dien-thoai" in page
    assert "0900000001" not in page
    shown = await an.post(f"/ban/yeu-cau/{ticket.id}/so-dien-thoai")
    assert "0900000001" in shown.text
    assert "0900000001" not in str(shown.headers)
    assert "phone_shown" in [event.kind for event in cast.events(ticket)]


async def test_a_good_answer_is_suggested_once(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket()
    cast.writes(ticket, "cần giấy gì")
    await an.do(f"/ban/yeu-cau/{ticket.id}/tra-loi", {"text": "Giấy chứng sinh ạ."})
    answer = cast.relays(ticket)[-1]
    for _ in range(2):
        told = await an.do(f"/ban/yeu-cau/{ticket.id}/kho", {"relay": str(answer.id)})
        assert told["text"] == words.KEPT
    with cast.desk.bench.database.begin() as db:
        (kept,) = suggestions.in_state(db)
    assert (kept.question, kept.answer) == ("cần giấy gì", "Giấy chứng sinh ạ.")
    assert "đã đưa vào kho" in (await an.get(f"/ban/yeu-cau/{ticket.id}")).text


async def test_who_does_not_hold_a_ticket_reads_and_notes_only(cast: Cast, an: Browser, browsers: Any) -> None:
    em, ticket = await browsers(cast.join("Em")), cast.ticket()
    await an.do(f"/ban/yeu-cau/{ticket.id}/nhan")
    page = (await em.get(f"/ban/yeu-cau/{ticket.id}")).text
    assert 'name="draft_of"' not in page
    assert (await em.do(f"/ban/yeu-cau/{ticket.id}/tra-loi", {"text": "chào"}))["text"].startswith("An đang giữ")
    assert (await em.do(f"/ban/yeu-cau/{ticket.id}/ghi-chu", {"text": "chị ấy ở thôn em"}))["ok"]


@pytest.mark.parametrize("action", ACTIONS)
async def test_nothing_happens_to_a_ticket_of_another_team(cast: Cast, an: Browser, dung: Browser, action: str) -> None:
    ticket = cast.ticket()
    cast.writes(ticket, "quên mật khẩu")
    await an.do(f"/ban/yeu-cau/{ticket.id}/tra-loi", {"text": "chào chị"})
    before, said = cast.again(ticket), cast.relays(ticket)
    told = await dung.do(f"/ban/yeu-cau/{ticket.id}/{action}", ACTIONS[action])
    assert not told["ok"]
    assert (cast.again(ticket), cast.relays(ticket)) == (before, said)


@pytest.mark.parametrize("action", ACTIONS)
async def test_actions_take_no_get_no_stranger_and_no_foreign_page(
    cast: Cast, an: Browser, browsers: Any, action: str
) -> None:
    ticket = cast.ticket()
    cast.writes(ticket, "quên mật khẩu")
    before, said = cast.again(ticket), cast.relays(ticket)
    path, stranger = f"/ban/yeu-cau/{ticket.id}/{action}", await browsers()
    assert (await an.get(path)).status_code == 405
    assert (await stranger.do(path, ACTIONS[action]))["status"] == 401
    foreign: list[dict[str, str]] = [
        {"Origin": "https://la.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"X-Nothing": "1"},
    ]  # fmt: skip
    for headers in foreign:
        assert (await an.post(path, ACTIONS[action], **headers)).status_code == 403, headers
    assert (cast.again(ticket), cast.relays(ticket)) == (before, said)


async def test_a_form_without_its_id_does_nothing(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket()
    answer = await an.post(f"/ban/yeu-cau/{ticket.id}/nhan", {"form_id": ""})
    assert answer.status_code == 400
    assert cast.again(ticket).state == "waiting"


async def test_a_page_that_says_where_it_comes_from_only_by_fetch_metadata_is_heard(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket()
    assert (await an.post(f"/ban/yeu-cau/{ticket.id}/nhan", **{"Sec-Fetch-Site": "same-origin"})).status_code == 303
    assert cast.again(ticket).state == "claimed"


async def test_unknown_tickets_and_those_of_others_look_the_same(cast: Cast, an: Browser, dung: Browser) -> None:
    ticket = cast.ticket()
    pages = [await dung.get(f"/ban/yeu-cau/{number}") for number in (ticket.id, 999)]
    assert [page.status_code for page in pages] == [404, 404]
    assert pages[0].text.replace(f"yeu-cau/{ticket.id}", "") == pages[1].text.replace("yeu-cau/999", "")
    assert words.NO_TICKET in pages[0].text


async def test_whose_rights_ended_does_nothing_more(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket()
    cast.desk.volunteers.leave(cast.person("An").id, cast.now)
    assert (await an.do(f"/ban/yeu-cau/{ticket.id}/nhan"))["status"] == 401
    assert cast.again(ticket).state == "waiting"


async def test_lists_show_what_is_mine_what_waits_and_the_teams(cast: Cast, an: Browser, dung: Browser) -> None:
    em = cast.join("Em")
    mine, waiting, others = cast.ticket(), cast.ticket(), cast.ticket()
    await an.do(f"/ban/yeu-cau/{mine.id}/nhan")
    assert cast.desk.volunteers.claim(others.id, em, cast.now) == Done(True, words.STARTS)
    page = (await an.get("/ban")).text
    at = [page.index(f"/ban/yeu-cau/{ticket.id}") for ticket in (mine, waiting, others)]
    assert at == sorted(at)
    assert "/ban/yeu-cau/" not in (await dung.get("/ban")).text


async def test_duty(cast: Cast, an: Browser) -> None:
    assert (await an.do("/ban/truc", {"on": "0"}))["text"] == words.NOW_OFF_DUTY
    assert not cast.person("An").on_duty
    assert (await an.do("/ban/truc", {"on": "1"}))["ok"]
    assert cast.person("An").on_duty
