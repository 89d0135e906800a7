"""Answers: numbers only from entries valid on the day, pages that fit a phone, honesty about what is not known."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from knowledge import answer
from knowledge.guide import Aspect, Guide
from knowledge.library import check

GUIDES = check()[0]
EXAMPLE = next(guide for guide in GUIDES if guide.id == "vneid-quen-mat-khau")
TODAY = date(2026, 11, 24)


def with_fees(*fees: dict) -> Guide:
    return Guide.model_validate(EXAMPLE.model_dump() | {"fees": list(fees)})


HALF = {
    "label": "Làm thẻ",
    "amount": 25000,
    "set_by": "central",
    "valid_from": "2025-07-01",
    "valid_to": "2026-12-31",
    "legal_basis": "Thông tư 64/2025/TT-BTC",
}
FULL = {
    "label": "Làm thẻ",
    "amount": 50000,
    "set_by": "central",
    "valid_from": "2027-01-01",
    "legal_basis": "Thông tư 59/2019/TT-BTC",
}


def test_the_fee_of_the_day_is_said_and_the_next_one_announced() -> None:
    guide = with_fees(HALF, FULL)
    before = answer.say(guide, Aspect.FEE, date(2026, 12, 31)).text
    assert "25.000 đồng/lần, đến hết 31/12/2026" in before
    assert "Từ 01/01/2027: Làm thẻ: 50.000 đồng" in before
    after = answer.say(guide, Aspect.FEE, date(2027, 1, 1)).text
    assert "50.000 đồng" in after
    assert "25.000" not in after


def test_an_expired_fee_is_refused_not_said() -> None:
    said = answer.say(with_fees(HALF), Aspect.FEE, date(2027, 1, 1))
    assert not said.known
    assert "25.000" not in said.text
    assert "đã hết hạn" in said.text


def test_an_unknown_fee_says_who_sets_it() -> None:
    said = answer.say(with_fees({"label": "Lệ phí", "amount": None, "set_by": "province"}), Aspect.FEE, TODAY)
    assert "do tỉnh quy định" in said.text


def test_a_guide_past_its_review_says_so() -> None:
    assert "quá hạn rà soát" not in answer.say(EXAMPLE, Aspect.OVERVIEW, EXAMPLE.review_due).text
    assert "quá hạn rà soát" in answer.say(EXAMPLE, Aspect.OVERVIEW, EXAMPLE.review_due + timedelta(days=1)).text


def test_long_answers_come_in_pages() -> None:
    first = answer.say(EXAMPLE, Aspect.STEPS, TODAY)
    second = answer.say(EXAMPLE, Aspect.STEPS, TODAY, page=2)
    assert first.more
    assert not second.more
    assert "1. " in first.text
    assert "6. " in second.text
    assert "6. " not in first.text


def test_the_problem_that_was_asked_for_comes_first() -> None:
    symptom = EXAMPLE.problems[-1].symptom
    assert answer.say(EXAMPLE, Aspect.PROBLEM, TODAY, symptom=symptom).text.startswith(f"• {symptom}")


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.id)
def test_every_guide_answers_every_aspect_in_a_size_for_phones(guide: Guide) -> None:
    for aspect in Aspect:
        page, more = 1, True
        while more:
            said = answer.say(guide, aspect, TODAY, page)
            assert "Nguồn:" in said.text
            assert "kiểm tra ngày" in said.text
            assert "None" not in said.text
            assert len(said.text) <= 1500, (guide.id, aspect, len(said.text))
            more, page = said.more, page + 1


def test_money_and_days_are_written_as_people_write_them() -> None:
    assert answer.money(115000) == "115.000 đồng"
    assert answer.day(date(2027, 2, 28)) == "28/02/2027"
