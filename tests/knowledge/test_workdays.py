"""Due days: weekends, Tết, holidays and the Saturdays worked in exchange."""

from __future__ import annotations

from datetime import date

import pytest

from knowledge import answer
from knowledge.guide import Aspect, Guide
from knowledge.workdays import due, is_working_day
from tests.knowledge.test_answer import EXAMPLE


@pytest.mark.parametrize(
    ("filed", "count", "last"),
    [
        (date(2026, 11, 23), 1, date(2026, 11, 25)),  # 24 November is a holiday from 2026 on
        (date(2026, 11, 27), 3, date(2026, 12, 2)),  # over a weekend
        (date(2026, 8, 21), 1, date(2026, 8, 22)),  # a Saturday worked instead of Monday 31 August
        (date(2026, 8, 28), 1, date(2026, 9, 3)),  # 31 August, 1 and 2 September are off
        (date(2027, 2, 3), 1, date(2027, 2, 11)),  # Tết
        (date(2026, 11, 28), 1, date(2026, 11, 30)),  # filed on a Saturday
    ],
)
def test_working_days(filed: date, count: int, last: date) -> None:
    assert due(filed, count, working=True) == last


def test_calendar_days_end_on_a_working_day() -> None:
    assert due(date(2026, 11, 25), 5, working=False) == date(2026, 11, 30)
    assert due(date(2026, 11, 25), 3, working=False) == date(2026, 11, 30)
    assert due(date(2026, 8, 26), 5, working=False) == date(2026, 9, 3)


def test_offices_are_closed_on_the_day_off_and_open_on_its_stand_in() -> None:
    assert is_working_day(date(2026, 8, 22))
    assert not is_working_day(date(2026, 8, 31))


def test_the_answer_names_the_day_only_where_filing_starts_the_clock() -> None:
    limit = {"quantity": 3, "unit": "working_day", "since": "từ khi nhận đủ hồ sơ"}
    guide = Guide.model_validate(EXAMPLE.model_dump() | {"time_limits": [limit]})
    assert "hạn trả là 30/11/2026" in answer.say(guide, Aspect.TIME_LIMIT, date(2026, 11, 25)).text
    limit["since"] = "từ ngày sinh"
    guide = Guide.model_validate(EXAMPLE.model_dump() | {"time_limits": [limit]})
    assert "hạn trả" not in answer.say(guide, Aspect.TIME_LIMIT, date(2026, 11, 25)).text
