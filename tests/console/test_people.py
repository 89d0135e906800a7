"""Who may invite, change and remove whom; teams and their hours; canned replies."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.desk import words
from bot.desk.canned import fill, unknown_variables
from bot.store import canned, teams
from knowledge.guide import Guide
from tests.console.conftest import Browser, Cast


@pytest.fixture
async def giang(cast: Cast, browsers: Any) -> Browser:
    """Giang, lead of An's team, signed in."""
    return await browsers(cast.join("Giang", "lead"))


def secret_in(text: str) -> str:
    found = re.search(r"https://tro-ly\.test/ban/moi#([\w-]+)", text)
    assert found
    return found.group(1)


async def test_an_administrator_invites_and_the_link_works(cast: Cast, binh: Browser) -> None:
    page = await binh.post("/ban/nguoi/moi", {"name": "Hoa", "role": "lead", "team": str(cast.team.id)})
    invited = cast.desk.accounts.invited(secret_in(page.text), cast.now)
    assert invited
    assert (invited.name, invited.role, invited.team_id) == ("Hoa", "lead", cast.team.id)
    assert "https://t.me/tro_ly_bot?start=moi-" in page.text
    assert secret_in(page.text) not in str(page.headers)


async def test_the_same_invitation_form_twice_invites_one(cast: Cast, binh: Browser) -> None:
    form = {"name": "Hoa", "role": "volunteer", "team": str(cast.team.id), "form_id": "mot-lan-thoi"}
    await binh.post("/ban/nguoi/moi", form)
    assert (await binh.post("/ban/nguoi/moi", form)).status_code == 303
    with cast.desk.bench.database.begin() as db:
        assert [one.name for one in teams.everybody(db)] == ["Bình", "Hoa"]


async def test_a_lead_invites_volunteers_of_the_own_team_only(cast: Cast, giang: Browser) -> None:
    fields = {"name": "Hoa", "role": "volunteer", "team": str(cast.other_team.id)}
    page = await giang.post("/ban/nguoi/moi", fields)
    invited = cast.desk.accounts.invited(secret_in(page.text), cast.now)
    assert invited
    assert invited.team_id == cast.team.id
    for role in ("lead", "admin"):
        assert (await giang.do("/ban/nguoi/moi", fields | {"role": role}))["text"] == words.ROLE_NOT_ALLOWED


@pytest.mark.parametrize("action", ["moi-lai", "sua", "thoi"])
async def test_a_lead_takes_over_nobody_above_and_nobody_elsewhere(
    cast: Cast, giang: Browser, binh: Browser, dung: Browser, action: str
) -> None:
    cast.join("Khoa", "lead")
    for name in ("Bình", "Khoa", "Dũng", "Giang"):
        before = cast.person(name)
        told = await giang.do(f"/ban/nguoi/{before.id}/{action}", {"name": "X", "capacity": "1"})
        assert told["text"] == words.NOT_YOUR_PERSON, name
        assert cast.person(name) == before


async def test_volunteers_have_no_business_there(cast: Cast, an: Browser, browsers: Any) -> None:
    giang = cast.join("Giang", "lead")
    assert (await an.get("/ban/nguoi")).status_code == 403
    for path in (
        "/ban/nguoi/moi",
        f"/ban/nguoi/{giang.id}/thoi",
        "/ban/to",
        f"/ban/to/{cast.team.id}/gio",
        "/ban/cau-mau",
    ):
        assert (await an.post(path, {"name": "X", "role": "volunteer"})).status_code == 403, path
    lead = await browsers(giang)
    assert (await lead.post("/ban/to", {"name": "Tổ mới", "level": "tinh", "place": "Hà Nội"})).status_code == 403
    assert (await (await browsers()).get("/ban/nguoi")).status_code == 303


async def test_changing_somebody(cast: Cast, binh: Browser, an: Browser) -> None:
    number = cast.person("An").id
    fields = {"name": "chị An", "role": "lead", "capacity": "4", "skills": ["vssid"]}
    assert (await binh.do(f"/ban/nguoi/{number}/sua", fields))["ok"]
    changed = cast.person("chị An")
    assert (changed.role, changed.capacity, changed.skills) == ("lead", 4, ("vssid",))
    assert (await an.get("/ban/nguoi")).status_code == 200
    me = cast.person("Bình").id
    assert (await binh.do(f"/ban/nguoi/{me}/sua", fields | {"role": "volunteer"}))["text"] == words.NOT_YOURSELF
    assert (await binh.do(f"/ban/nguoi/{me}/thoi"))["text"] == words.NOT_YOURSELF


async def test_an_administrator_without_a_team_becomes_no_volunteer(cast: Cast, binh: Browser) -> None:
    other = cast.join("Lan", "admin")
    told = await binh.do(f"/ban/nguoi/{other.id}/sua", {"name": "Lan", "role": "volunteer", "capacity": "3"})
    assert (told["ok"], cast.person("Lan").role) == (False, "admin")


async def test_ended_rights_end_at_once_and_tickets_go_on(cast: Cast, binh: Browser, an: Browser) -> None:
    ticket = cast.ticket()
    await an.do(f"/ban/yeu-cau/{ticket.id}/nhan")
    number = cast.person("An").id
    assert (await binh.do(f"/ban/nguoi/{number}/thoi"))["ok"]
    assert (await an.get("/ban")).status_code == 303
    assert cast.again(ticket).state == "waiting"
    assert (await binh.do(f"/ban/nguoi/{number}/thoi"))["text"] == words.NOT_YOUR_PERSON


async def test_a_team_is_added_by_the_name_of_its_commune(cast: Cast, binh: Browser) -> None:
    fields = {"name": "Tổ xã Ninh Giang", "level": "xa", "place": "xã Ninh Giang, Hải Phòng"}
    told = await binh.do("/ban/to", fields)
    assert told["text"] == "Đã thêm Tổ xã Ninh Giang, phụ trách Xã Ninh Giang, Thành phố Hải Phòng."
    assert not (await binh.do("/ban/to", fields))["ok"]
    several = await binh.do("/ban/to", fields | {"name": "Tổ khác", "place": "xã Tân Tiến"})
    assert "Ghi rõ cả tỉnh" in several["text"]
    assert not (await binh.do("/ban/to", fields | {"name": "Tổ khác", "place": "xã Không Có Đâu Cả Zz"}))["ok"]
    assert (await binh.do("/ban/to", {"name": "Tổ tỉnh", "level": "tinh", "place": "hai phong"}))["ok"]
    with cast.desk.bench.database.begin() as db:
        team = teams.team_by(db, name="Tổ tỉnh")
    assert team
    assert (team.commune, team.province) == (None, "Thành phố Hải Phòng")


async def test_wrong_hours_are_named(cast: Cast, binh: Browser) -> None:
    path = f"/ban/to/{cast.team.id}/gio"
    wrong = await binh.do(path, {"hours": "T2 7h-11h"})
    assert "T2 7h-11h" in wrong["text"]
    assert (await binh.do(path, {"hours": "T7 07:30-11:30"}))["ok"]
    with cast.desk.bench.database.begin() as db:
        team = teams.team_by(db, id=cast.team.id)
    assert team
    assert team.hours == "T7 07:30-11:30"


async def test_a_canned_reply_is_filled_on_the_ticket(cast: Cast, giang: Browser, an: Browser, dung: Browser) -> None:
    text = "Chào mình, {tinh_nguyen_vien} của {ten_to} đây. Việc {viec}, yêu cầu {so_yeu_cau}."
    assert (await giang.post("/ban/cau-mau", {"title": "Chào", "text": text})).status_code == 303
    ticket, theirs = cast.ticket(), cast.ticket(team=cast.other_team)
    filled = f"Chào mình, An của Tổ thôn Đông đây. Việc Đăng ký khai sinh, yêu cầu {ticket.id}."
    assert filled in (await an.get(f"/ban/yeu-cau/{ticket.id}")).text
    with cast.desk.bench.database.begin() as db:
        (reply,) = canned.everything(db)
    assert f"{filled}</textarea>" in (await an.get(f"/ban/yeu-cau/{ticket.id}?mau={reply.id}")).text
    assert "của Tổ thôn Đông đây" not in (await dung.get(f"/ban/yeu-cau/{theirs.id}")).text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Chào {ten}, {so_yeu_cau}", "{ten}"),
        ("{ten_to.__class__}", "{ten_to.__class__}"),
        ("Gửi mã OTP cho em nhé", "mã OTP"),
        ("", "nội dung"),
    ],
)
async def test_a_canned_reply_that_cannot_be_used_is_refused(
    cast: Cast, giang: Browser, text: str, problem: str
) -> None:
    for path in ("/ban/cau-mau", "/ban/cau-mau/xem"):
        page = await giang.post(path, {"title": "Chào", "text": text})
        assert page.status_code == 422
        assert problem in page.text
    with cast.desk.bench.database.begin() as db:
        assert canned.everything(db) == []


async def test_a_preview_keeps_nothing(cast: Cast, giang: Browser) -> None:
    page = await giang.post("/ban/cau-mau/xem", {"title": "Chào", "text": "Em là {tinh_nguyen_vien}"})
    assert "Em là chị Hoa" in page.text
    with cast.desk.bench.database.begin() as db:
        assert canned.everything(db) == []


async def test_leads_write_only_their_teams_replies(cast: Cast, giang: Browser, binh: Browser) -> None:
    for team in ("", str(cast.other_team.id)):
        assert (await binh.post("/ban/cau-mau", {"title": "Chung", "text": "Chào", "team": team})).status_code == 303
    with cast.desk.bench.database.begin() as db:
        kept = canned.everything(db)
    for reply in kept:
        changed = await giang.post("/ban/cau-mau", {"id": str(reply.id), "title": "Khác", "text": "Khác"})
        assert changed.status_code == 422
        assert not (await giang.do("/ban/cau-mau/xoa", {"id": str(reply.id)}))["ok"]
    with cast.desk.bench.database.begin() as db:
        assert canned.everything(db) == kept
    assert (await binh.do("/ban/cau-mau/xoa", {"id": str(kept[0].id)}))["ok"]


def test_braces_that_are_no_variable_stay() -> None:
    assert unknown_variables("a {} {ten_to} { viec }") == ["", " viec "]
    assert fill("{ten_to} {khac} {", {"ten_to": "Tổ"}) == "Tổ {khac} {"


def test_every_field_of_guides_has_a_name_for_skills() -> None:
    assert set(words.FIELDS) == set(Guide.model_fields["field"].annotation.__args__)  # type: ignore[union-attr]
