"""When a time limit runs out, by Vietnam's holidays and the Saturdays worked in exchange for them."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


@lru_cache(maxsize=1)
def _calendar() -> holidays.HolidayBase:
    # Swapped days of a year become known in the autumn before; a newer release of the library brings them.
    return holidays.country_holidays("VN")


def is_working_day(day: date) -> bool:
    """Tell whether offices are open: Monday to Friday but for holidays, and Saturdays that make up for one."""
    return bool(_calendar().is_working_day(day))


def is_holiday(day: date) -> bool:
    """Tell whether the whole country has the day off, swapped days included."""
    return day in _calendar()


def due(filed: date, count: int, *, working: bool) -> date:
    """Return the last day of a limit of count days; the day of filing does not count.

    A limit in calendar days that would end on a day off ends on the next working day (Bộ luật Dân sự 2015, Điều 148).
    """
    day = filed
    if working:
        while count:
            day += timedelta(days=1)
            count -= is_working_day(day)
        return day
    day += timedelta(days=count)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day
