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
# Messages on their way at the same time, each to another chat.
_AT_ONCE = 50
Send = Callable[[Outgoing], Awaitable[str]]
Told = Callable[[Outgoing, str, str], None]


async def deliver(outbox: Outbox, channel: str, send: Send, told: Told, news: asyncio.Event) -> None:
    """Send the channel's messages until cancelled; a chat that has to wait holds up no other.

    send: hands one message over and returns the channel's id for it, or raises DeliveryError.
    told: called in a worker thread with the message, the result of the try (sent, retried, failed or unclear) and the
    reason. news: set when a message was queued.
    """
    sending: set[asyncio.Task[None]] = set()

    def done(task: asyncio.Task[None]) -> None:
        sending.discard(task)
        # The chat's next message may go now.
        news.set()

    try:
        while True:
            news.clear()
            for message in await _take(outbox, channel, _AT_ONCE - len(sending)):
                task = asyncio.create_task(_send_one(outbox, message, send, told))
                sending.add(task)
                task.add_done_callback(done)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), _LOOK_EVERY_S)
    finally:
        for task in sending:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)


async def _take(outbox: Outbox, channel: str, limit: int) -> list[Outgoing]:
    if limit <= 0:
        return []
    try:
        return await asyncio.to_thread(outbox.take, channel, datetime.now(UTC), limit)
    except Exception:
        # The database may be busy or away for a moment; a sender that dies would leave everybody unanswered.
        log.exception("outbox_failed", channel=channel)
        return []


async def _send_one(outbox: Outbox, message: Outgoing, send: Send, told: Told) -> None:
    try:
        reason = ""
        try:
            external_id = await send(message)
        except DeliveryError as exc:
            reason = exc.reason
            result = await asyncio.to_thread(_settle, outbox, message, exc)
            log.warning("not_delivered", message=message.id, channel=message.channel, result=result, reason=reason)
        except Exception:
            log.exception("send_failed", message=message.id, channel=message.channel)
            result = await asyncio.to_thread(_settle, outbox, message, DeliveryError("internal", unclear=True))
        else:
            await asyncio.to_thread(outbox.sent, message, external_id)
            result = "sent"
        await asyncio.to_thread(told, message, result, reason)
    except Exception:
        log.exception("send_not_recorded", message=message.id, channel=message.channel)


def _settle(outbox: Outbox, message: Outgoing, exc: DeliveryError) -> str:
    """Record what a failed try means for the message."""
    now = datetime.now(UTC)
    if exc.retry_after_s is not None:
        outbox.postpone(message.id, now + timedelta(seconds=exc.retry_after_s), exc.reason)
        return "retried"
    last = message.attempts + 1 >= MAX_ATTEMPTS
    if exc.permanent or (last and not exc.unclear):
        outbox.failed(message.id, exc.reason)
        return "failed"
    # It may have arrived. One more try, marked as a repeat, is right for an answer: twice is better than never, a third
    # is not. What people say to each other is tried on, because nobody else would say it.
    if exc.unclear and (last or (message.again and message.relay_id is None)):
        outbox.unclear(message.id, exc.reason)
        return "unclear"
    pause = min(2.0**message.attempts, 60.0)
    outbox.retry(message.id, now + timedelta(seconds=pause), exc.reason, again=exc.unclear)
    return "retried"
