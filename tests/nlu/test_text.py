"""Text in one form: whoever types it, with or without diacritics, on whatever keyboard."""

from __future__ import annotations

import unicodedata

import pytest

from nlu.text import abbreviations, expand, fold, has_marks, nfc, strip_marks, tokens


@pytest.mark.parametrize(
    ("typed", "folded"),
    [("Đường Hoà, số 2", "duong hoa so 2"), ("QUÊN  MẬT KHẨU?", "quen mat khau"), ("", ""), ("…!?", ""), ("Ð", "d")],
)
def test_folding(typed: str, folded: str) -> None:
    assert fold(typed) == folded


def test_two_encodings_of_the_same_letters_are_one() -> None:
    decomposed = unicodedata.normalize("NFD", "Quên mật khẩu")
    assert nfc(decomposed) == "Quên mật khẩu"
    assert fold(decomposed) == fold("Quên mật khẩu")
    assert nfc("a\u200bb") == "ab"


def test_stripping_keeps_case_and_punctuation() -> None:
    assert strip_marks("Đổi thẻ, được không?") == "Doi the, duoc khong?"
    assert has_marks("đổi")
    assert not has_marks("doi")


def test_codes_stay_whole() -> None:
    assert "1.001193" in tokens("thủ tục 1.001193 là gì")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("qen mk vnied", "mật khẩu"),
        ("cccd", "căn cước công dân"),
        ("ko dc", "không được"),
        ("gplx", "giấy phép lái xe"),
        ("quáaaa", "quá"),
    ],
)
def test_short_forms_are_written_out(typed: str, meant: str) -> None:
    assert meant in expand(typed)


def test_no_short_form_stands_for_itself() -> None:
    for short, full in abbreviations().items():
        assert short == short.lower()
        assert full.strip() == full
        assert full
