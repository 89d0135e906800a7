"""Working hours: weekends, lunch, holidays, and Saturdays that make up for a day off."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from bot.desk.hours import Hours
from bot.errors import HoursError
from knowledge.workdays import VIETNAM, is_holiday, is_working_day

OFFICE = Hours.parse("T2-T6 07:30-11:30 13:30-17:00")


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=VIETNAM)


def test_lunch_and_weekends_are_closed() -> None:
    assert OFFICE.is_open(at(25, 9))
    assert not OFFICE.is_open(at(25, 12))
    assert not OFFICE.is_open(at(28, 9))
    assert OFFICE.next_opening(at(25, 12)) == at(25, 13, 30)
    assert OFFICE.next_opening(at(27, 18)) == at(30, 7, 30)


def test_minutes_count_only_while_open() -> None:
    assert OFFICE.add(at(25, 11, 20), 30) == at(25, 13, 50)
    assert OFFICE.add(at(27, 16, 50), 30) == at(30, 7, 50)
    assert OFFICE.minutes_between(at(25, 11, 20), at(25, 13, 50)) == 30
    assert OFFICE.minutes_between(at(27, 16, 50), at(30, 7, 50)) == 30
    assert OFFICE.minutes_between(at(25, 9), at(25, 8)) == 0


def test_a_holiday_is_closed_and_a_saturday_that_makes_up_for_one_is_worked() -> None:
    assert is_holiday(date(2026, 4, 30))
    assert not OFFICE.is_open(at(30, 9, month=4))
    assert is_working_day(date(2026, 8, 22))
    assert OFFICE.is_open(at(22, 9, month=8))
    assert not OFFICE.is_open(at(15, 9, month=8))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("", "chưa có giờ"), ("T2-T9 07:00-11:00", "T2-T9"), ("T2 11:00-07:00", "giờ nghỉ"), ("T6-T2 07:00-11:00", "tăng dần"),
     ("T2 07:00-11:00 10:00-12:00", "tăng dần"), ("T2 25:00-26:00", "25")],
)  # fmt: skip
def test_what_cannot_be_read_is_named(text: str, wrong: str) -> None:
    with pytest.raises(HoursError, match=wrong):
        Hours.parse(text)
