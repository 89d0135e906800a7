"""The audit lists every number a guide can say, and refuses one that has nothing behind it."""

from __future__ import annotations

from datetime import date

from knowledge.audit import audit
from knowledge.guide import Guide
from knowledge.library import check
from tests.knowledge.test_answer import EXAMPLE, HALF

TODAY = date(2026, 11, 24)


def changed(**fields: object) -> Guide:
    return Guide.model_validate(EXAMPLE.model_dump() | fields)


def test_the_shipped_guides_say_no_number_without_a_source() -> None:
    assert [number for number in audit(check()[0], TODAY) if number.problem not in ("", "expired")] == []


def test_typed_numbers_come_with_source_and_dates() -> None:
    fee = next(number for number in audit([changed(fees=[HALF])], TODAY) if number.field == "fees.0")
    assert fee.value == "25000 đồng/lần"
    assert fee.source == "Thông tư 64/2025/TT-BTC"
    assert (fee.valid_from, fee.valid_to, fee.problem) == (date(2025, 7, 1), date(2026, 12, 31), "")


def test_an_expired_number_is_on_the_list_from_the_day_after() -> None:
    guide = changed(fees=[HALF])
    problems = {day: {n.problem for n in audit([guide], day)} for day in (date(2026, 12, 31), date(2027, 1, 1))}
    assert "expired" not in problems[date(2026, 12, 31)]
    assert "expired" in problems[date(2027, 1, 1)]


def test_numbers_in_sentences_are_found_and_names_of_laws_and_forms_are_not() -> None:
    guide = changed(
        notes=["Từ đủ 14 tuổi, nộp 2 bản mẫu CT01 theo Nghị định 58/2026/NĐ-CP, ngày 31/12/2026, mã 1.004222."]
    )
    assert {n.value for n in audit([guide], TODAY) if n.field == "notes.0"} == {"14 tuổi", "2 bản"}


def test_a_telephone_number_that_nobody_vouches_for_is_refused() -> None:
    guide = changed(notes=["Gọi 1900 9999 hoặc 113, hoặc 1900 0368."])
    problems = {n.value: n.problem for n in audit([guide], TODAY) if n.field == "notes.0"}
    assert problems["113"] == problems["1900 0368"] == ""
    assert "vouches" in problems["1900 9999"]
