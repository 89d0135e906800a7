"""A group's pace: no minute has more messages than Telegram takes."""

from __future__ import annotations

import asyncio
import time

from bot.channels.telegram.team_send import Window


async def test_no_minute_holds_more_than_allowed() -> None:
    window = Window(5, minute_s=0.2)
    passed: list[float] = []

    async def pass_one() -> None:
        await window.wait()
        passed.append(time.monotonic())

    await asyncio.gather(*(pass_one() for _ in range(15)))
    # Never a sixth within the time in which five are allowed; the margin is the clock's grain.
    assert all(later - earlier > 0.19 for earlier, later in zip(passed, passed[5:], strict=False))
