"""A volunteer's message asks for no secret, no money and no way into the phone; help, warnings and fees go through."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from bot.desk.guard import refuse
from evaluation.desk.guard import measure, read
from knowledge.answer import aspects_of, say
from knowledge.guide import Aspect, Guide
from knowledge.library import load

# An address can be tapped even where a warning shows it.
SHOW_A_FALSE_ADDRESS = {
    "Gặp tên có thêm chữ phía sau như dichvucong-gov.vn.xyz thì thoát ra ngay.",
    "Trang thật của nhà nước có tên kết thúc bằng .gov.vn, ví dụ dichvucong.gov.vn. Tên kiểu dichvucong-gov.vn.xyz là giả. "
    "Ứng dụng chỉ cài từ CH Play hoặc App Store. Không bấm link trong tin nhắn, tự gõ địa chỉ.",
}
# What people ask, where we read it, and what is for administrators: no volunteer sends these.
NOT_SAID = {"questions", "phrases", "aliases", "sources", "unverified", "id", "codes", "related"}


@pytest.mark.parametrize(
    "text",
    [
        "không gửi được thì gửi mã OTP cho em",
        "o.t.p về chưa, gửi em",
        "o t p là mấy vậy cô",
        "cho em xin 0tp",
        "mk la gi v bac",
        "cho e xin cai ma vua ve may",
        "doc giup chau 6 so trong tin nhan",
        "bac chup man hinh tin nhan ma gui chau",
        "cvv 3 so sau the",
        "Đừng đọc mã cho người lạ, đọc cho cháu thôi nhé",
        "Tuyệt đối không cho ai biết mật khẩu. Giờ bác cho cháu xin mật khẩu",
        "không gửi mã cho em thì hồ sơ bị hủy",
        "Hệ thống sẽ gửi mã OTP về máy mình, mình đọc lại cho em nhé",
    ],
)
def test_it_stops_a_request_for_a_secret(text: str) -> None:
    assert refuse(text) == "secret"


@pytest.mark.parametrize(
    "text",
    [
        "ck cho e 50k phi lam ho",
        "stk cua chau 0123..",
        "stk của cháu 0123456789 vietcombank",
        "momo 0912345678",
        "nap giup chau cai the cao",
        "Không cần ra ngân hàng, bác chuyển khoản cho cháu là được",
    ],
)
def test_it_stops_a_request_for_money(text: str) -> None:
    assert refuse(text) == "money"


@pytest.mark.parametrize(
    "text",
    [
        "tải file này về",
        "cài TeamViewer cho em điều khiển",
        "cài AnyDesk nhé bác",
        "cai ultraviewer cho em dieu khien",
        "https://dichvucong.gov.vn.top/dang-nhap",
        "dichvucong-gov.vn",
        "https://gov.vn@lua.top/a",
        "evil.com/gov.vn",
        "vneid . site",
        "gov.vn.evil",
    ],
)
def test_it_stops_strange_links_and_ways_into_the_phone(text: str) -> None:
    assert refuse(text) == "link"


@pytest.mark.parametrize(
    "text",
    [
        "hệ thống sẽ gửi mã OTP về máy mình",
        "bấm Lấy lại mật khẩu",
        "mình nhập mã OTP vào ô trong VNeID",
        "mình đã gửi mã OTP cho ai chưa?",
        "đặt mật khẩu mới từ 8 ký tự",
        "thanh toán phí trên Cổng Dịch vụ công bằng ngân hàng",
        "phí 15.000 đồng nộp khi nhận kết quả",
        "ra ngân hàng chuyển khoản",
        "chuyển tiền trên cổng không mất phí",
        "ai bảo chuyển tiền là lừa đảo",
        "Bác đọc giúp cháu mã hồ sơ",
        "Vào https://dichvucong.gov.vn/tra-cuu.",
        "Bác mở vneid.gov.vn. Không đọc mã cho ai nhé",
        "máy còn bao nhiêu pin hả bác",
        "",
    ],
)
def test_it_lets_help_pass(text: str) -> None:
    assert refuse(text) is None


def test_everything_a_guide_says_may_be_said() -> None:
    stopped = {text for guide in load() for text in said(guide) if refuse(text)}
    assert stopped == SHOW_A_FALSE_ADDRESS


def test_every_answer_may_be_passed_on() -> None:
    day = date(2026, 11, 25)
    answers = [say(guide, aspect, day).text for guide in load() for aspect in (Aspect.OVERVIEW, *aspects_of(guide))]
    stopped = {line for answer in answers if refuse(answer) for line in answer.splitlines() if refuse(line)}
    assert all("dichvucong-gov.vn.xyz" in line for line in stopped), stopped


def test_it_keeps_what_it_was_measured_to_do() -> None:
    report = measure(read())
    tuned, held = report["tuned"]["as_typed"], report["held"]["as_typed"]
    assert tuned["leaks"]["hits"] == 0
    assert tuned["false_alarms"]["share"] <= 0.03
    assert held["leaks"]["share"] <= 0.13
    assert held["false_alarms"]["share"] <= 0.03


def said(guide: Guide) -> Iterator[str]:
    """Every text of a guide that an answer can show."""
    yield from texts(guide.model_dump(mode="json", exclude=NOT_SAID))


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
