"""The web chat in a real Chromium at phone width: asked, tapped, used by keyboard. UPDATE_SCREENSHOTS=1 renews docs/anh."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from evaluation.processes import ROOT
from tests.service.processes import Service

pytestmark = pytest.mark.browser
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no {CHROMIUM}; install it with: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, service: Service) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 360, "height": 740}, device_scale_factor=2)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    # A request that a test cuts off is logged by the browser itself.
    page.on(
        "console", lambda m: problems.append(m.text) if m.type == "error" and "Failed to load" not in m.text else None
    )
    page.goto(service.url)
    expect(page.locator(".theirs").first).to_contain_text("trợ lý dịch vụ công")
    yield page
    context.close()
    assert problems == []


def ask(page: Page, words: str) -> None:
    before = page.locator(".theirs").count()
    page.get_by_label("Gõ câu hỏi, không dấu cũng được").fill(words)
    page.keyboard.press("Enter")
    expect(page.locator(".theirs")).to_have_count(before + 1)


def tap(page: Page, label: str) -> None:
    before = page.locator(".theirs").count()
    page.locator(".choices").last.get_by_role("button", name=label, exact=True).click()
    expect(page.locator(".theirs")).to_have_count(before + 1)


def keep_screenshot(page: Page, name: str) -> None:
    if os.environ.get("UPDATE_SCREENSHOTS"):
        page.wait_for_timeout(600)
        page.screenshot(path=ROOT / "docs" / "anh" / f"{name}.png")


def test_a_question_without_diacritics_is_answered_on_a_phone(page: Page) -> None:
    ask(page, "quen mat khau vneid phai lam sao")
    answer = page.locator(".theirs").last
    expect(answer.get_by_role("heading")).to_have_text("Quên mật khẩu VNeID")
    expect(answer.locator(".source")).to_contain_text("kiểm tra ngày")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    keep_screenshot(page, "tra-loi")


def test_what_is_unclear_is_asked_back_with_buttons(page: Page) -> None:
    ask(page, "quên mật khẩu thì làm sao")
    expect(page.locator(".theirs").last).to_contain_text("Mình đang hỏi về chỗ nào?")
    keep_screenshot(page, "hoi-lai")
    tap(page, "VssID")
    expect(page.locator(".theirs").last.get_by_role("heading")).to_contain_text("VssID")


def test_step_by_step_and_a_follow_up(page: Page) -> None:
    ask(page, "quên mật khẩu vneid")
    tap(page, "Hướng dẫn từng bước")
    expect(page.locator(".theirs").last).to_contain_text("Bước 1/6")
    tap(page, "Xong")
    expect(page.locator(".theirs").last).to_contain_text("Bước 2/6")
    keep_screenshot(page, "tung-buoc")


def test_the_conversation_is_there_after_a_reload(page: Page) -> None:
    ask(page, "quên mật khẩu vneid")
    page.reload()
    expect(page.locator(".theirs").last).to_contain_text("Quên mật khẩu VNeID")


def test_it_works_by_keyboard_alone(page: Page) -> None:
    ask(page, "quên mật khẩu vneid")
    page.locator(".choices").last.get_by_role("button", name="Các bước", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".theirs").last).to_contain_text("1. Mở VNeID")


def test_letters_grow(page: Page) -> None:
    size = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    before = page.evaluate(size)
    page.get_by_role("button", name="Chữ to hơn").click()
    assert page.evaluate(size) > before
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_too_many_messages_are_told_and_the_words_are_kept(page: Page) -> None:
    refusal = {"error": "Mình gửi nhanh quá, tin này em chưa nhận.", "hint": ""}
    page.route("**/chat/messages", lambda route: route.fulfill(status=429, json=refusal, headers={"Retry-After": "3"}))
    page.get_by_label("Gõ câu hỏi, không dấu cũng được").fill("nộp tiền điện")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Mình gửi nhanh quá")
    expect(page.get_by_label("Gõ câu hỏi, không dấu cũng được")).to_have_value("nộp tiền điện")


def test_a_lost_network_is_told_and_the_words_are_kept(page: Page) -> None:
    page.route("**/chat/messages", lambda route: route.abort())
    page.get_by_label("Gõ câu hỏi, không dấu cũng được").fill("nộp tiền điện")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Chưa gửi được", timeout=15_000)
    expect(page.get_by_label("Gõ câu hỏi, không dấu cũng được")).to_have_value("nộp tiền điện")
