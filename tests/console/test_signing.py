"""Signing in and out, invitations, one's own page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.console.access import COOKIE
from bot.console.guessing import LIMITS, WINDOW, Guesses
from bot.desk import words
from bot.desk.accounts import SESSION_LASTS
from bot.store.schema import session, sign_in_try
from tests.console.conftest import PASSWORD, Browser, Cast


async def test_who_is_not_signed_in_signs_in_and_comes_back(cast: Cast, browsers: Any) -> None:
    cast.accept(cast.join("An"), "an.to1")
    ticket, browser = cast.ticket(), await browsers()
    sent = await browser.get(f"/ban/yeu-cau/{ticket.id}")
    assert sent.headers["location"] == f"/ban/dang-nhap?tiep=/ban/yeu-cau/{ticket.id}"
    assert f'value="/ban/yeu-cau/{ticket.id}"' in (await browser.get(sent.headers["location"])).text
    fields = {"login": "An.To1 ", "password": PASSWORD, "tiep": f"/ban/yeu-cau/{ticket.id}"}
    answer = await browser.post("/ban/dang-nhap", fields)
    assert answer.headers["location"] == f"/ban/yeu-cau/{ticket.id}"
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=strict", "path=/ban;"))
    assert (await browser.get("/ban")).status_code == 200


async def test_signing_in_leads_to_no_foreign_page(cast: Cast, browsers: Any) -> None:
    cast.accept(cast.join("An"), "an.to1")
    for to in ("https://la.example", "//la.example/ban", "/ban/../x", "/banh"):
        browser = await browsers()
        answer = await browser.post("/ban/dang-nhap", {"login": "an.to1", "password": PASSWORD, "tiep": to})
        assert answer.headers["location"] == "/ban", to


async def test_the_cookie_is_secure_on_https(cast: Cast, browsers: Any) -> None:
    cast.accept(cast.join("An"), "an.to1")
    browser = await browsers()
    browser.client.base_url = "https://ban.test"
    answer = await browser.post("/ban/dang-nhap", {"login": "an.to1", "password": PASSWORD}, Origin="https://ban.test")
    assert "secure" in answer.headers["set-cookie"].lower()


async def test_a_wrong_password_and_a_wrong_name_sound_the_same(cast: Cast, browsers: Any) -> None:
    cast.accept(cast.join("An"), "an.to1")
    browser = await browsers()
    for login in ("an.to1", "nobody"):
        answer = await browser.post("/ban/dang-nhap", {"login": login, "password": "con ga gay sang"})
        assert answer.status_code == 403
        assert words.WRONG_SIGN_IN in answer.text


async def test_guessing_is_slowed_down_and_an_invitation_still_opens(cast: Cast, browsers: Any) -> None:
    an, browser = cast.join("An"), await browsers()
    cast.accept(an, "an.to1")
    for _ in range(LIMITS["login"]):
        await browser.post("/ban/dang-nhap", {"login": "an.to1", "password": "con ga gay sang"})
    answer = await browser.post("/ban/dang-nhap", {"login": "an.to1", "password": PASSWORD})
    assert answer.status_code == 429
    assert "15 phút" in answer.text
    fields = {"secret": cast.desk.accounts.invite_again(an.id, cast.now), "login": "an.to1", "password": PASSWORD}
    assert (await browser.post("/ban/moi", fields)).headers["location"] == "/ban"


def test_tries_of_a_name_and_of_an_address_are_counted_apart_and_forgotten(cast: Cast) -> None:
    guesses, now = Guesses(cast.desk.bench.database), cast.now
    for number in range(LIMITS["address"]):
        assert not guesses.count(f"name{number}", "10.0.0.1", now)
    assert guesses.count("another", "10.0.0.1", now) == WINDOW
    assert not guesses.count("another", "10.0.0.2", now)
    for _ in range(LIMITS["login"]):
        guesses.count("an", "10.0.0.3", now)
    assert guesses.count("an", "10.0.0.4", now + timedelta(minutes=5)) == timedelta(minutes=10)
    guesses.right("an", "10.0.0.3")
    assert not guesses.count("an", "10.0.0.4", now)
    assert not guesses.count("another", "10.0.0.1", now + WINDOW)


def test_tries_are_counted_over_all_processes_and_a_restart(cast: Cast) -> None:
    database, now = cast.desk.bench.database, cast.now
    for _ in range(LIMITS["login"]):
        Guesses(database).count("an", "10.0.0.1", now)
    assert Guesses(database).count("an", "10.0.0.2", now) == WINDOW


def test_an_office_that_signs_in_all_morning_is_not_stopped(cast: Cast) -> None:
    guesses, now = Guesses(cast.desk.bench.database), cast.now
    for number in range(LIMITS["address"] + 1):
        assert not guesses.count(f"name{number}", "10.0.0.1", now)
        guesses.right(f"name{number}", "10.0.0.1")


def test_tries_are_kept_as_long_as_they_count_and_name_nobody(cast: Cast) -> None:
    guesses, database = Guesses(cast.desk.bench.database), cast.desk.bench.database
    guesses.count("con meo nam tren mai nha", "10.0.0.1", cast.now)
    with database.begin() as db:
        kept = db.execute(select(sign_in_try.c.key)).scalars().all()
    assert len(kept) == 2
    assert not any("meo" in key or "10.0" in key for key in kept)
    guesses.count("an", "10.0.0.2", cast.now + WINDOW)
    with database.begin() as db:
        assert not set(kept) & set(db.execute(select(sign_in_try.c.key)).scalars())


async def test_sign_in_and_out_hear_no_foreign_page(cast: Cast, an: Browser) -> None:
    for path in ("/ban/dang-nhap", "/ban/dang-xuat", "/ban/moi"):
        assert (await an.post(path, {"login": "x", "password": "y"}, Origin="https://la.example")).status_code == 403
    assert (await an.get("/ban")).status_code == 200


async def test_signing_out_ends_the_session_everywhere_it_was_copied(cast: Cast, an: Browser, browsers: Any) -> None:
    copy = await browsers()
    copy.client.cookies.set(COOKIE, an.client.cookies[COOKIE], "ban.test", "/ban")
    assert (await copy.get("/ban")).status_code == 200
    left = await an.post("/ban/dang-xuat")
    assert (left.headers["location"], left.headers["clear-site-data"]) == ("/ban/dang-nhap", '"cache"')
    assert (await copy.get("/ban")).status_code == 303


async def test_a_session_that_has_run_out_opens_nothing_and_is_deleted(cast: Cast, an: Browser, binh: Browser) -> None:
    def kept() -> int:
        with cast.desk.bench.database.begin() as db:
            return len(db.execute(select(session.c.token_hash)).all())

    old = cast.desk.accounts.start_session(cast.person("An").id, cast.now - SESSION_LASTS)
    an.client.cookies.set(COOKIE, old, "ban.test", "/ban")
    assert (await an.get("/ban")).status_code == 303
    assert kept() == 3
    cast.desk.clock.tick(cast.now)
    assert kept() == 2
    assert (await binh.get("/ban")).status_code == 200


async def test_an_invitation_is_good_once(cast: Cast, browsers: Any) -> None:
    _, secret = cast.desk.accounts.invite("Hoa", "volunteer", cast.now, cast.team.id)
    browser = await browsers()
    greeting = (await browser.post("/ban/moi/xem", {"secret": secret})).json()
    assert greeting["text"] == words.INVITED.format(name="Hoa", role=words.ROLES["volunteer"])
    weak = await browser.post("/ban/moi", {"secret": secret, "login": "hoa", "password": "ngan"})
    assert weak.status_code == 422
    assert f'value="{secret}"' in weak.text
    fields = {"secret": secret, "login": "hoa", "password": PASSWORD}
    assert (await browser.post("/ban/moi", fields)).status_code == 303
    assert (await browser.get("/ban")).status_code == 200
    again = await (await browsers()).post("/ban/moi", fields | {"login": "hoa2"})
    assert again.status_code == 422
    assert (await browser.post("/ban/moi/xem", {"secret": secret})).json()["text"] == words.BAD_INVITATION
    assert cast.person("Hoa").login == "hoa"


async def test_the_page_of_an_invitation_needs_no_secret_in_its_address(browsers: Any) -> None:
    page = await (await browsers()).get("/ban/moi")
    assert page.status_code == 200
    assert 'data-bot="tro_ly_bot"' in page.text
    assert page.headers["referrer-policy"] == "same-origin"


async def test_pages_run_nothing_from_elsewhere_and_are_not_kept(cast: Cast, an: Browser) -> None:
    ticket = cast.ticket()
    for path in ("/ban", f"/ban/yeu-cau/{ticket.id}", "/ban/cau-mau", "/ban/toi"):
        page = await an.get(path)
        assert page.status_code == 200
        assert "default-src 'self'" in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        assert "<style" not in page.text
        assert " style=" not in page.text
        assert " onclick=" not in page.text


async def test_skills_and_capacity_are_mine_to_set_and_my_name_is_not(cast: Cast, an: Browser) -> None:
    fields = {"skills": ["vneid", "unknown"], "capacity": "5", "name": "Công an phường", "role": "admin"}
    assert (await an.do("/ban/toi/sua", fields))["ok"]
    an_now = cast.person("An")
    assert (an_now.skills, an_now.capacity, an_now.role) == (("vneid",), 5, "volunteer")
    assert not (await an.do("/ban/toi/sua", {"capacity": "500"}))["ok"]
    wrong = await an.do("/ban/toi/sua", {"capacity": "5", "hours": "sáng thứ hai"})
    assert not wrong["ok"]
    assert "viết theo mẫu" in wrong["text"]
    assert (await an.do("/ban/toi/sua", {"capacity": "5", "hours": "T2-T6 13:30-17:00"}))["ok"]


async def test_another_password_ends_other_sign_ins(cast: Cast, browsers: Any) -> None:
    who = cast.accept(cast.join("An"), "an.to1")
    here, elsewhere = await browsers(who), await browsers(who)
    wrong = await here.post("/ban/toi/mat-khau", {"old": "khong phai cai nay", "new": "con cho nam duoi san"})
    assert (wrong.status_code, (await elsewhere.get("/ban")).status_code) == (303, 200)
    assert "Mật khẩu cũ chưa đúng" in (await here.get("/ban/toi")).text
    await here.post("/ban/toi/mat-khau", {"old": PASSWORD, "new": "con cho nam duoi san"})
    assert ((await here.get("/ban")).status_code, (await elsewhere.get("/ban")).status_code) == (200, 303)
    assert (await elsewhere.sign_in("an.to1", "con cho nam duoi san")).status_code == 303
