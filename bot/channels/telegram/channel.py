"""Telegram's life in the service: polling or webhook in, outbox out."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from telegram import Bot, BotCommand, Update
from telegram.error import BadRequest, Conflict, InvalidToken, NetworkError, TelegramError
from telegram.request import HTTPXRequest

from bot.channels.telegram.receive import ALLOWED_UPDATES, read_update
from bot.channels.telegram.send import Sender
from bot.conversation.inbox import Inbox
from bot.observe import Metrics
from bot.outbox import deliver
from bot.sentences import COMMANDS
from bot.store.outbox import Outbox

log = structlog.get_logger(__name__)
WEBHOOK_PATH = "/telegram/webhook"
_POLL_S = 25
_MAX_UPDATE_BYTES = 1_000_000
_BACK_OFF_S = (1, 2, 5, 10, 30)


class Telegram:
    """One bot. webhook_url: public https address of this service; empty means polling."""

    def __init__(
        self, token: str, api_url: str, inbox: Inbox, outbox: Outbox, metrics: Metrics, *,
        webhook_url: str = "", webhook_secret: str = "",
    ) -> None:  # fmt: skip
        # Small pools: a large one is slower under load. Polling has a connection of its own.
        self._bot = Bot(
            token, base_url=f"{api_url}/bot", base_file_url=f"{api_url}/file/bot",
            request=HTTPXRequest(connection_pool_size=16, pool_timeout=10, read_timeout=20),
            get_updates_request=HTTPXRequest(connection_pool_size=1, read_timeout=_POLL_S + 10),
        )  # fmt: skip
        self._inbox = inbox
        self._outbox = outbox
        self._metrics = metrics
        self._webhook_url = webhook_url.rstrip("/")
        self._secret = webhook_secret

    def routes(self) -> list[BaseRoute]:
        """Return the webhook's route; none while polling."""
        return [Route(WEBHOOK_PATH, self.webhook, methods=["POST"])] if self._webhook_url else []

    async def run(self, news: asyncio.Event) -> None:
        """Receive and send until cancelled. news: set when a message was queued."""
        await self._set_up()
        sender = Sender(self._bot)
        tasks = [asyncio.create_task(deliver(self._outbox, "telegram", sender.send, self._count, news))]
        if not self._webhook_url:
            tasks.append(asyncio.create_task(self._poll()))
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(TelegramError):
                await self._bot.shutdown()

    async def webhook(self, request: Request) -> Response:
        """Keep the update, then say 200; a wrong secret gets 403."""
        given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if not hmac.compare_digest(given.encode(), self._secret.encode()):
            return Response(status_code=403)
        raw = await request.body()
        try:
            update = Update.de_json(json.loads(raw), self._bot) if len(raw) <= _MAX_UPDATE_BYTES else None
        except (ValueError, TypeError, KeyError, AttributeError):
            update = None
        if update is not None:
            await self._keep(update)
        else:
            # Answer 200 even to what we cannot read; otherwise Telegram sends it again and again.
            log.warning("telegram_unreadable", size_bytes=len(raw))
        return Response(status_code=200)

    async def _poll(self) -> None:
        """Fetch updates; the next fetch acknowledges them, so it happens only after they were kept."""
        offset: int | None = None
        failures = 0
        while True:
            try:
                updates = await self._bot.get_updates(offset=offset, timeout=_POLL_S, allowed_updates=ALLOWED_UPDATES)
                for update in updates:
                    await self._keep(update)
                    offset = update.update_id + 1
                failures = 0
            except (NetworkError, Conflict) as exc:
                pause = _BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)]
                failures += 1
                log.warning("telegram_poll_failed", error=type(exc).__name__, again_in_s=pause)
                await asyncio.sleep(pause)

    async def _keep(self, update: Update) -> None:
        incoming = read_update(update)
        if incoming is not None:
            await asyncio.to_thread(self._inbox.receive, incoming)
        if update.callback_query is not None:
            # Stops the little clock on the button. It fails for taps older than some minutes; the answer comes all the same.
            with contextlib.suppress(TelegramError):
                await self._bot.answer_callback_query(update.callback_query.id)

    async def _set_up(self) -> None:
        failures = 0
        while True:
            try:
                await self._bot.initialize()
                commands = [BotCommand(name, text) for name, text in COMMANDS.items()]
                await self._bot.set_my_commands(commands)
                await self._bot.set_my_commands(commands, language_code="vi")
                if self._webhook_url:
                    await self._bot.set_webhook(
                        self._webhook_url + WEBHOOK_PATH, secret_token=self._secret, max_connections=10,
                        allowed_updates=ALLOWED_UPDATES,
                    )  # fmt: skip
                else:
                    await self._bot.delete_webhook()
            except InvalidToken:
                log.error("telegram_token_refused", setting="TELEGRAM_TOKEN")
                await asyncio.sleep(300)
            except BadRequest as exc:
                log.error("telegram_setup_refused", reason=str(exc))
                await asyncio.sleep(300)
            except NetworkError as exc:
                pause = _BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)]
                failures += 1
                log.warning("telegram_unreachable", error=type(exc).__name__, again_in_s=pause)
                await asyncio.sleep(pause)
            else:
                return

    def _count(self, result: str) -> None:
        self._metrics.sent.labels("telegram", result).inc()
