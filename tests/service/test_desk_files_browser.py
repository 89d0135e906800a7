"""What a citizen sends on Telegram, and the search, on the desk's pages in a real Chromium: on a phone and on a desktop."""

from __future__ import annotations

import base64
import io
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from bot.console.access import COOKIE
from bot.desk import words
from bot.desk.accounts import Accounts
from evaluation.desk.cast import found_team, open_database
from evaluation.processes import ROOT
from tests.service.processes import FakeTelegram, Service, wait_for
from tests.service.test_browser import chromium, keep_screenshot
from tests.service.test_desk_browser import DESKTOP, PHONE, check_layout, until

__all__ = ["chromium"]
pytestmark = pytest.mark.browser
TOKEN = "1:SECRET"
PICTURE = (ROOT / "docs" / "anh" / "tung-buoc.png").read_bytes()
GROUP, CHI = -1001, 8101


def sound() -> bytes:
    """Two seconds of silence."""
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(bytes([128]) * 16000)
    return written.getvalue()


def sent_file(file_id: str, **more: object) -> dict[str, object]:
    return {"file_id": file_id, "file_unique_id": file_id, **more}


@dataclass
class Scene:
    """Chi has asked for a person on Telegram; chị Hoa of the team sits at the web desk."""

    telegram: FakeTelegram
    service: Service
    session: str

    def send(self, **raw: object) -> None:
        """Chi sends something that is no text."""
        self.telegram.write(CHI, CHI, raw=raw)

    def page(self, browser: Browser, viewport: dict[str, int], path: str) -> Page:
        context = browser.new_context(viewport=viewport, device_scale_factor=2, has_touch=True)  # type: ignore[arg-type]
        context.add_cookies([{"name": COOKIE, "value": self.session, "domain": "127.0.0.1", "path": "/ban"}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.goto(f"{self.service.url}{path}")
        return page


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    telegram = FakeTelegram(tmp_path_factory.mktemp("telegram"))
    for file_id, body in {"big": PICTURE, "small": PICTURE, "voice": sound(), "pdf": b"%PDF-1.4"}.items():
        telegram.control("file", file_id=file_id, base64=base64.b64encode(body).decode())
    service = Service(
        tmp_path_factory.mktemp("service"), TELEGRAM_TOKEN=TOKEN, TELEGRAM_API_URL=telegram.url, LOG_LEVEL="DEBUG"
    )
    database = open_database(service.database_url)
    group = found_team(database, "Tổ thôn Đông", GROUP, {701: "chị Hoa"})
    session = Accounts(database).start_session(group.members[0].id, datetime.now(UTC))
    service.start()
    for said, answer in {
        "cho gặp người thật": "xã, phường nào", "bỏ qua": "đang vướng việc gì", "máy báo lỗi đăng ký VNeID": "tới Tổ thôn Đông",
    }.items():  # fmt: skip
        telegram.say(CHI, said)
        wait_for(lambda answer=answer: answer in str(telegram.from_bot(CHI)), 40, answer)
    yield Scene(telegram, service, session)
    assert service.stop() == 0
    telegram.stop()
    database.close()


def loaded(page: Page, image: str) -> None:
    until(
        page,
        f"(() => {{ const i = document.querySelector('{image}'); return i && i.complete && i.naturalWidth > 0; }})()",
    )


def test_a_photo_a_voice_and_a_file_reach_the_web_desk(chromium: Browser, scene: Scene) -> None:
    page = scene.page(chromium, PHONE, "/ban/yeu-cau/1")
    page.get_by_role("button", name="Nhận yêu cầu này").click()
    expect(page.locator(".pill")).to_have_text("đang giúp")
    scene.send(
        photo=[sent_file("small", width=320, height=240), sent_file("big", width=1280, height=960, file_size=150_000)],
        caption="màn hình hiện thế này ạ",
    )
    scene.send(audio=sent_file("voice", duration=2, mime_type="audio/wav", file_size=16_044))
    scene.send(document=sent_file("pdf", file_name="CCCD.pdf", mime_type="application/pdf", file_size=340_000))
    scene.send(document=sent_file("huge", mime_type="video/mp4", file_size=30_000_000))
    scene.send(photo=[sent_file("lost", width=1280, height=960)])

    # By themselves, without a reload.
    expect(page.locator(".picture")).to_have_count(1)
    page.locator(".picture").scroll_into_view_if_needed()
    loaded(page, ".picture img")
    expect(page.locator("#story")).to_contain_text("PDF, 333 KB")
    expect(page.locator("#story")).to_contain_text(words.FILES["too_big"])
    expect(page.locator("#story")).to_contain_text(words.FILES["gone"])
    check_layout(page)
    page.locator("#said").click()
    keep_screenshot(page, "ban-tep")

    page.locator(".picture").click()
    expect(page.locator("#large")).to_be_visible()
    loaded(page, "#large img")
    assert page.evaluate("document.querySelector('#large').getBoundingClientRect().bottom <= window.innerHeight")
    check_layout(page)
    page.locator("#large").get_by_role("button", name="Đóng").click()
    expect(page.locator("#large")).not_to_be_visible()

    page.evaluate("document.querySelector('audio').play()")
    until(page, "document.querySelector('audio').currentTime > 0")
    with page.expect_download() as saving:
        page.get_by_role("link", name="Tải về (PDF").click()
    assert saving.value.suggested_filename.endswith(".pdf")

    # What was loaded, and why something could not be, stays when news come.
    before = len(scene.telegram.calls("getFile"))
    scene.telegram.say(CHI, "chị xem giúp em")
    expect(page.locator("#story")).to_contain_text("chị xem giúp em")
    expect(page.locator("#story")).to_contain_text(words.FILES["gone"])
    loaded(page, ".picture img")
    assert len(scene.telegram.calls("getFile")) == before
    page.context.close()


def test_the_token_shows_in_no_page_header_or_log(chromium: Browser, scene: Scene) -> None:
    seen: list[str] = []
    page = scene.page(chromium, DESKTOP, "/ban")
    page.on("response", lambda answer: seen.append(f"{answer.url} {answer.all_headers()}"))
    page.goto(f"{scene.service.url}/ban/yeu-cau/1")
    loaded(page, ".picture img")
    seen.append(page.content())
    page.context.close()
    assert any("/tep/" in one for one in seen)
    log = scene.service.log.read_text() + (scene.service.data_dir / "logs" / "tro-ly.log").read_text()
    assert "serving" in log
    assert "SECRET" not in "".join(seen) + log


def test_nobody_without_a_session_gets_a_file(scene: Scene) -> None:
    answer = httpx.get(f"{scene.service.url}/ban/yeu-cau/1/tep/1")
    assert (answer.status_code, answer.headers["location"][:14]) == (303, "/ban/dang-nhap")


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP])
def test_a_search_finds_by_words_without_diacritics(chromium: Browser, scene: Scene, viewport: dict[str, int]) -> None:
    page = scene.page(chromium, viewport, "/ban")
    page.get_by_label("Tìm yêu cầu").fill("loi dang ky")
    page.keyboard.press("Enter")
    expect(page.locator(".tickets a")).to_have_count(1)
    expect(page.locator("mark").first).to_have_text("lỗi")
    check_layout(page)
    if viewport is PHONE:
        keep_screenshot(page, "ban-tim")
    page.get_by_label("Tìm yêu cầu").fill("không có đâu")
    page.get_by_role("button", name="Tìm", exact=True).click()
    expect(page.locator("main")).to_contain_text(words.FOUND_NONE)
    check_layout(page)
    page.get_by_label("Tìm yêu cầu").fill("#1")
    page.keyboard.press("Enter")
    page.locator(".tickets a").click()
    expect(page.locator("h1")).to_contain_text("#1 ")
    page.context.close()
