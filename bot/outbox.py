"""Send what waits in the outbox: in order for each chat, at the channel's pace, again after passing faults."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog

from bot.errors import DeliveryError
from bot.store.outbox import Outbox, Outgoing

log = structlog.get_logger(__name__)
# After this many tries, about four minutes, a passing fault is taken for a lasting one.
MAX_ATTEMPTS = 8
_LOOK_EVERY_S = 1.0
Send = Callable[[Outgoing], Awaitable[str]]
Told = Callable[[Outgoing, str, str], None]


async def deliver(outbox: Outbox, channel: str, send: Send, told: Told, news: asyncio.Event) -> None:
    """Send the channel's messages until cancelled.

    send: hands one message over and returns the channel's id for it, or raises DeliveryError.
    told: called in a worker thread with the message, the result of the try (sent, retried, failed or unclear) and the
    reason. news: set when a message was queued.
    """
    while True:
        news.clear()
        batch = await asyncio.to_thread(outbox.take, channel, datetime.now(UTC))
        if batch:
            await asyncio.gather(*(_send_one(outbox, message, send, told) for message in batch))
            continue
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(news.wait(), _LOOK_EVERY_S)


async def _send_one(outbox: Outbox, message: Outgoing, send: Send, told: Told) -> None:
    reason = ""
    try:
        external_id = await send(message)
    except DeliveryError as exc:
        reason = exc.reason
        result = await asyncio.to_thread(_settle, outbox, message, exc)
        log.warning("not_delivered", message=message.id, channel=message.channel, result=result, reason=reason)
    else:
        await asyncio.to_thread(outbox.sent, message, external_id)
        result = "sent"
    await asyncio.to_thread(told, message, result, reason)


def _settle(outbox: Outbox, message: Outgoing, exc: DeliveryError) -> str:
    """Record what a failed try means for the message."""
    if exc.permanent or message.attempts + 1 >= MAX_ATTEMPTS:
        outbox.failed(message.id, exc.reason)
        return "failed"
    # It may have arrived. One more try, marked as a repeat, is right for an answer: twice is better than never. A third is not.
    if exc.unclear and message.attempts >= 1:
        outbox.unclear(message.id, exc.reason)
        return "unclear"
    pause = exc.retry_after_s if exc.retry_after_s is not None else min(2.0**message.attempts, 60.0)
    outbox.retry(message.id, datetime.now(UTC) + timedelta(seconds=pause), exc.reason, again=exc.unclear)
    return "retried"
