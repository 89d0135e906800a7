"""The desk in a real Chromium, on a phone and on a desktop: from an invitation to an answer that the citizen sees."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from bot.desk.accounts import Accounts
from bot.store.database import Database
from evaluation.processes import ROOT
from tests.service.processes import Service
from tests.service.test_browser import chromium, keep_screenshot

__all__ = ["chromium"]
pytestmark = pytest.mark.browser
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
PASSWORD = "con meo nam tren mai nha"
ASKED = "quên mật khẩu vneid thì làm sao"
Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def desk_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose only team is always at work."""
    service = Service(tmp_path_factory.mktemp("desk"), DESK_HOURS="T2-CN 00:00-23:59")
    service.start()
    yield service
    assert service.stop() == 0


@pytest.fixture(scope="module")
def accounts(desk_service: Service) -> Iterator[Accounts]:
    database = Database(f"sqlite:///{desk_service.data_dir / 'tro-ly.db'}")
    accounts = Accounts(database)
    accounts.add_team("Tổ công nghệ số thôn Đông", "tinh", datetime.now(UTC), province="Thành phố Hải Phòng")
    yield accounts
    database.close()


@pytest.fixture
def opened(chromium: Browser, desk_service: Service) -> Iterator[Opened]:
    """Opens pages in browsers of their own; none may log an error or be wider than its screen."""
    contexts, pages, problems = [], [], []

    def keep(message: ConsoleMessage) -> None:
        # A page that is not there and a service that is away are logged by the browser itself.
        if message.type == "error" and "Failed to load" not in message.text:
            problems.append(message.text)

    def open_page(path: str, viewport: dict[str, int]) -> Page:
        context = chromium.new_context(viewport=viewport, device_scale_factor=2, has_touch=True)  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: keep(message))
        page.goto(f"{desk_service.url}{path}")
        contexts.append(context)
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        check_layout(page)
    for context in contexts:
        context.close()
    assert problems == []


def check_layout(page: Page) -> None:
    """Nothing is wider than the screen, and whatever is tapped is at least 44 px high."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
    if "/ban" in page.url:
        small = page.evaluate(
            """[...document.querySelectorAll("a, button, summary, select, input:not([type=hidden]), textarea, .tick")]
               .filter((e) => e.offsetParent && !e.matches(".tick input") && e.getBoundingClientRect().height < 43.5)
               .map((e) => `${e.tagName} ${e.textContent.trim().slice(0, 30)} ${e.getBoundingClientRect().height}`)"""
        )
        assert small == [], page.url


def until(page: Page, true: str, seconds: int = 10) -> None:
    """Wait for an expression; the pages' policy forbids Playwright's own way."""
    for _ in range(seconds * 10):
        if page.evaluate(true):
            return
        page.wait_for_timeout(100)
    raise AssertionError(true)


def asks_for_person(page: Page) -> None:
    """Chi asks a question, then for a person, without saying where she lives."""
    expect(page.locator(".theirs").first).to_contain_text("trợ lý dịch vụ công")
    page.get_by_label("Gõ câu hỏi, không dấu cũng được").fill(ASKED)
    page.keyboard.press("Enter")
    expect(page.locator(".theirs").last).to_contain_text("Quên mật khẩu VNeID")
    page.locator("#person").click()
    expect(page.locator(".theirs").last).to_contain_text("xã, phường nào")
    page.locator(".choices").last.get_by_role("button", name="Bỏ qua").click()
    expect(page.locator(".theirs").last).to_contain_text("tới Tổ công nghệ số thôn Đông")


def comes_in(opened: Opened, accounts: Accounts, name: str, login: str, viewport: dict[str, int]) -> Page:
    """A volunteer follows an invitation and chooses name and password."""
    _, secret = accounts.invite(name, "volunteer", datetime.now(UTC), 1)
    page = opened(f"/ban/moi#{secret}", viewport)
    expect(page.locator("#invited")).to_contain_text(f"Chào {name}")
    assert "#" not in page.url
    page.get_by_label("Tên đăng nhập").fill(login)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    check_layout(page)
    page.get_by_role("button", name="Vào bàn hỗ trợ").click()
    expect(page.get_by_role("heading", name="Đang chờ")).to_be_visible()
    return page


def test_from_an_invitation_to_a_closed_ticket_on_a_phone(opened: Opened, accounts: Accounts) -> None:
    an = comes_in(opened, accounts, "chị An", "an.phone", PHONE)
    expect(an.locator("#lists")).to_contain_text("Không có ai đang chờ.")
    chi = opened("/", PHONE)
    asks_for_person(chi)

    # Without a reload: the list and the title.
    row = an.locator(".tickets a").first
    expect(row).to_contain_text("Quên mật khẩu VNeID")
    expect(an).to_have_title("(1) Bàn hỗ trợ")
    keep_screenshot(an, "ban-danh-sach")
    row.click()
    expect(an.get_by_text("Trước đó với trợ lý")).to_be_visible()
    expect(an.locator(".before")).to_contain_text(ASKED)
    keep_screenshot(an, "ban-yeu-cau")
    an.get_by_role("button", name="Nhận yêu cầu này").click()
    expect(an.locator("#said")).to_contain_text("Nhận rồi")
    expect(chi.locator(".theirs").last).to_contain_text("Chị An")

    chi.get_by_label("Gõ câu hỏi, không dấu cũng được").fill("em quen ca mat khau vneid, mat sim roi")
    chi.keyboard.press("Enter")
    expect(an.locator(".bubble.citizen").last).to_contain_text("mat sim roi")
    draft = an.locator(".draft")
    expect(draft).to_be_visible()
    keep_screenshot(an, "ban-goi-y")
    draft.get_by_role("link", name="Sửa").click()
    box = an.get_by_label("Trả lời người dân")
    assert len(box.input_value()) > 50
    box.fill("Chào chị, chị ra nhà mạng làm lại SIM trước, rồi lấy lại mật khẩu nhé.")
    an.get_by_role("button", name="Gửi", exact=True).last.click()
    expect(chi.locator(".theirs").last).to_contain_text("nhà mạng làm lại SIM")
    expect(an.locator(".bubble.volunteer").last).to_contain_text("nhà mạng làm lại SIM")
    expect(an.locator("#story")).to_contain_text("đã sửa gợi ý rồi gửi")
    expect(box).to_have_value("")

    # What is being typed outlives news.
    box.fill("đang gõ dở")
    chi.get_by_label("Gõ câu hỏi, không dấu cũng được").fill("mất sim rồi thì mở lại vneid thế nào")
    chi.keyboard.press("Enter")
    expect(an.locator(".bubble.citizen").last).to_contain_text("mất sim rồi thì")
    expect(box).to_have_value("đang gõ dở")
    box.fill("Chị đọc mã OTP cho em")
    an.get_by_role("button", name="Gửi", exact=True).last.click()
    expect(an.locator("#said")).to_contain_text("Tin chưa gửi")
    expect(box).to_have_value("Chị đọc mã OTP cho em")
    keep_screenshot(an, "ban-giu-tin")
    box.fill("")

    an.get_by_text("Chuyển, đóng, việc khác").click()
    keep_screenshot(an, "ban-viec-khac")
    check_layout(an)
    an.get_by_role("button", name="Đã xong việc").click()
    expect(an.locator(".pill")).to_have_text("đã đóng")
    expect(chi.locator(".theirs").last).to_contain_text("đã xong việc")


def test_at_a_desk_with_the_bot_s_draft_as_it_is(opened: Opened, accounts: Accounts) -> None:
    an = comes_in(opened, accounts, "chị Yến", "yen.desk", DESKTOP)
    chi = opened("/", PHONE)
    asks_for_person(chi)
    an.locator("section").filter(has_text="Đang chờ").locator(".tickets a").last.click()
    an.get_by_role("button", name="Nhận yêu cầu này").click()
    expect(an.locator(".pill")).to_have_text("đang giúp")
    chi.get_by_label("Gõ câu hỏi, không dấu cũng được").fill("quên mật khẩu vneid mất sim")
    chi.keyboard.press("Enter")
    draft = an.locator(".draft").last
    expect(draft).to_be_visible()
    words = (draft.locator(".suggested").text_content() or "").splitlines()[0]
    keep_screenshot(an, "ban-may-tinh")
    draft.get_by_role("button", name="Gửi", exact=True).click()
    expect(chi.locator(".theirs").last).to_contain_text(words)
    an.get_by_role("button", name="Đưa vào kho").last.click()
    expect(an.locator("#said")).to_contain_text("Đã đưa vào kho")
    expect(an.locator("#story")).to_contain_text("✓ đã đưa vào kho")
    an.get_by_text("Ghi chú riêng", exact=True).first.click()
    an.get_by_label("Người dân không thấy ghi chú").fill("đã gọi nhà mạng")
    an.get_by_role("button", name="Lưu ghi chú").click()
    expect(an.locator(".bubble.note")).to_contain_text("đã gọi nhà mạng")
    assert "đã gọi nhà mạng" not in (chi.locator("#log").text_content() or "")


def test_a_new_ticket_rings_once_somebody_has_touched_the_page(opened: Opened, accounts: Accounts) -> None:
    an = comes_in(opened, accounts, "chị Lý", "ly.sound", PHONE)
    an.evaluate(
        "window.rung = 0; void (AudioContext.prototype.createOscillator = ((make) => function () { window.rung += 1; return make.call(this); })(AudioContext.prototype.createOscillator))"
    )
    an.locator("h2").first.click()
    until(an, "sessionStorage.getItem('heard') !== null")
    asks_for_person(opened("/", PHONE))
    until(an, "window.rung > 0")
    an.locator("#sound").click()
    expect(an.locator("#sound")).to_have_text("Không tiếng")


def test_every_page_fits_a_phone_and_a_desktop(opened: Opened, accounts: Accounts, desk_service: Service) -> None:
    _, secret = accounts.invite("anh Bình", "admin", datetime.now(UTC))
    accounts.accept_with_password(secret, "binh.admin", PASSWORD, datetime.now(UTC))
    for viewport in (PHONE, DESKTOP):
        page = opened("/ban/nguoi", viewport)
        expect(page).to_have_url(f"{desk_service.url}/ban/dang-nhap?tiep=/ban/nguoi")
        check_layout(page)
        if viewport is PHONE:
            keep_screenshot(page, "ban-dang-nhap")
        page.get_by_label("Tên đăng nhập").fill("binh.admin")
        page.get_by_label("Mật khẩu").fill(PASSWORD)
        page.get_by_role("button", name="Đăng nhập").click()
        for path in ("/ban", "/ban/nguoi", "/ban/cau-mau", "/ban/toi", "/ban/yeu-cau/999"):
            page.goto(f"{desk_service.url}{path}")
            page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            check_layout(page)
    expect(page.locator("h1")).to_have_text("Chưa được")


def test_the_page_goes_on_after_the_service_was_away(opened: Opened, accounts: Accounts, desk_service: Service) -> None:
    an = comes_in(opened, accounts, "chị Mai", "mai.away", PHONE)
    assert desk_service.stop() == 0
    desk_service.start()
    chi = opened("/", PHONE)
    before = json.loads(an.evaluate("sessionStorage.getItem('heard')"))["calls"]
    asks_for_person(chi)
    until(an, f"JSON.parse(sessionStorage.getItem('heard')).calls > {before}", seconds=20)


def test_the_manual_s_pictures_are_there() -> None:
    manual = (ROOT / "docs" / "huong-dan-tinh-nguyen-vien.md").read_text(encoding="utf-8")
    for name in ("ban-dang-nhap", "ban-danh-sach", "ban-goi-y", "ban-tep", "ban-tim"):
        assert f"anh/{name}.png" in manual
        assert (ROOT / "docs" / "anh" / f"{name}.png").exists()
