"""Personal data is hidden before anything is stored; public numbers and plain words are not."""

from __future__ import annotations

import pytest

from bot.privacy import asks_for_secret, mask


@pytest.mark.parametrize(
    ("said", "kind", "secret"),
    [
        ("sđt 0912 345 678 nhé", "phone", "345"),
        ("gọi em +84912345678", "phone", "912345678"),
        ("cccd 001203004567", "personal_number", "001203004567"),
        ("căn cước 001 203 004 567", "personal_number", "203"),
        ("otp 123456 đây", "otp", "123456"),
        ("ma xac nhan cua em la 482913", "otp", "482913"),
        ("mk là abc123", "password", "abc123"),
        ("mat khau: Hoa1990!", "password", "Hoa1990"),
        ("thẻ 9704 1234 5678 9012", "card", "5678"),
        ("stk 19033456789012", "number", "19033456789012"),
        ("email hoa.le@example.vn", "email", "hoa.le"),
    ],
)
def test_it_is_hidden(said: str, kind: str, secret: str) -> None:
    masked = mask(said)
    assert kind in masked.hidden
    assert secret not in masked.text


@pytest.mark.parametrize(
    "said",
    [
        "gọi 1900 0368 hay 1800 1096",
        "hồ sơ H29.12-260101-0001 đến đâu rồi",
        "mã hồ sơ 000.00.19.H29-260101-0001",
        "thủ tục 1.001193",
        "nộp 115.000 đồng ngày 22/11/2026",
        "mật khẩu là gì",
        "quên mật khẩu vneid",
        "mã otp không về",
        "nhập sai 5 lần",
    ],
)
def test_it_is_kept(said: str) -> None:
    assert mask(said).text == said


def test_only_codes_passwords_and_cards_count_as_secrets() -> None:
    assert mask("otp 123456").holds_secret
    assert not mask("sđt 0912345678").holds_secret


def test_a_reply_that_asks_for_a_secret_is_noticed() -> None:
    assert asks_for_secret("Mình gửi mã OTP cho em nhé")
    assert asks_for_secret("Đọc mật khẩu vào đây")
    assert not asks_for_secret("Không gửi mã OTP cho ai, kể cả công an.")
