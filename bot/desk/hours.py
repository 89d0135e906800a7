"""When a team is at work, and how many minutes of work lie between two moments."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.errors import HoursError
from knowledge.workdays import VIETNAM, is_holiday, is_working_day

_DAYS = {"T2": 0, "T3": 1, "T4": 2, "T5": 3, "T6": 4, "T7": 5, "CN": 6}
_PART = re.compile(r"^(T[2-7]|CN)(?:-(T[2-7]|CN))?((?:\s+\d{1,2}:\d{2}-\d{1,2}:\d{2})+)$")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
# The longest row of days off is Tết's; who has no opening for this long has no hours at all.
_LOOK_AHEAD_DAYS = 30

Span = tuple[time, time]


@dataclass(frozen=True)
class Hours:
    """Opening times by weekday (Monday is 0); holidays are days off, and a Saturday that makes up for one is worked."""

    by_day: dict[int, tuple[Span, ...]]

    @classmethod
    def parse(cls, text: str) -> Hours:
        """Read "T2-T6 07:30-11:30 13:30-17:00; T7 07:30-11:30"; raise HoursError naming the part that is wrong."""
        by_day: dict[int, tuple[Span, ...]] = {}
        for part in filter(None, (part.strip() for part in text.split(";"))):
            match = _PART.match(part)
            if match is None:
                raise HoursError(f"giờ làm việc {part!r}: viết theo mẫu T2-T6 07:30-11:30 13:30-17:00; T7 07:30-11:30")
            first, last = _DAYS[match.group(1)], _DAYS[match.group(2) or match.group(1)]
            spans = tuple(_span(part, *map(int, numbers)) for numbers in _SPAN.findall(match.group(3)))
            if last < first or any(a[1] > b[0] for a, b in itertools.pairwise(spans)):
                raise HoursError(f"giờ làm việc {part!r}: ngày và giờ phải tăng dần")
            by_day |= dict.fromkeys(range(first, last + 1), spans)
        if not by_day:
            raise HoursError("giờ làm việc: chưa có giờ nào")
        return cls(by_day)

    def spans(self, day: date) -> tuple[Span, ...]:
        """Return the opening times of one day, empty on a day off."""
        if is_holiday(day):
            return ()
        if day.weekday() >= 5 and is_working_day(day):
            return self.by_day.get(day.weekday()) or self.by_day.get(0, ())
        return self.by_day.get(day.weekday(), ())

    def is_open(self, at: datetime) -> bool:
        """Tell whether the team is at work."""
        here = at.astimezone(VIETNAM)
        return any(start <= here.time() < end for start, end in self.spans(here.date()))

    def next_opening(self, after: datetime) -> datetime | None:
        """Return when the team opens next, or None when it does not within a month."""
        return next((start for start, _ in self._from(after) if start > after), None)

    def add(self, start: datetime, minutes: float) -> datetime | None:
        """Return when this many minutes of work have passed since start, or None when they never do."""
        left = timedelta(minutes=minutes)
        for begin, end in self._from(start):
            begin = max(begin, start)
            if end - begin >= left:
                return begin + left
            left -= max(end - begin, timedelta())
        return None

    def minutes_between(self, start: datetime, end: datetime) -> float:
        """Return the minutes of work between two moments; 0 when end is not later."""
        total = timedelta()
        for begin, stop in self._from(start, until=end):
            total += max(min(stop, end) - max(begin, start), timedelta())
        return total.total_seconds() / 60

    def _from(self, at: datetime, until: datetime | None = None) -> list[tuple[datetime, datetime]]:
        day = at.astimezone(VIETNAM).date()
        last = until.astimezone(VIETNAM).date() if until else day + timedelta(days=_LOOK_AHEAD_DAYS)
        return [
            (datetime.combine(d, start, VIETNAM), datetime.combine(d, end, VIETNAM))
            for d in (day + timedelta(days=n) for n in range((last - day).days + 1))
            for start, end in self.spans(d)
        ]


def _span(part: str, start_hour: int, start_minute: int, end_hour: int, end_minute: int) -> Span:
    try:
        span = (time(start_hour, start_minute), time(end_hour, end_minute))
    except ValueError as exc:
        raise HoursError(f"giờ làm việc {part!r}: {exc}") from exc
    if span[0] >= span[1]:
        raise HoursError(f"giờ làm việc {part!r}: giờ nghỉ phải sau giờ làm")
    return span
