"""Telegram's life in the service: polling or webhook in, outbox out."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from telegram import Bot, BotCommand, Update
from telegram.error import BadRequest, Conflict, InvalidToken, NetworkError, TelegramError
from telegram.request import HTTPXRequest

from bot.channels.telegram.files import TelegramFiles
from bot.channels.telegram.receive import ALLOWED_UPDATES, read_update
from bot.channels.telegram.send import Sender
from bot.channels.telegram.team import Answer, TeamRoom, concerns_team
from bot.channels.telegram.team_send import TeamSender
from bot.conversation.inbox import Inbox
from bot.desk.desk import Desk
from bot.observe import Metrics
from bot.outbox import deliver
from bot.sentences import COMMANDS
from bot.store.leader import Leader
from bot.store.outbox import TEAM_CHANNEL, Outbox, Outgoing

log = structlog.get_logger(__name__)
WEBHOOK_PATH = "/telegram/webhook"
_POLL_S = 25
# How often a replica looks whether it leads.
_LEAD_S = 1.0
# What the link in an invitation makes a new volunteer send.
INVITED = "/start moi-"
_MAX_UPDATE_BYTES = 1_000_000
_BACK_OFF_S = (1, 2, 5, 10, 30)


class Telegram:
    """One bot. webhook_url: public https address of this service; empty means polling.

    Of several replicas each takes what a webhook brings. Only the one that leads sends, because Telegram counts a bot's
    messages and not a process's, and only that one polls, because Telegram lets one do so.
    """

    def __init__(
        self, token: str, api_url: str, inbox: Inbox, outbox: Outbox, desk: Desk, metrics: Metrics, leader: Leader, *,
        webhook_url: str = "", webhook_secret: str = "", group_per_minute: int = 18,
    ) -> None:  # fmt: skip
        # Small pools: a large one is slower under load. Polling has a connection of its own.
        self.name = ""
        """The bot's user name, empty until Telegram has told it."""
        self._bot = Bot(
            token, base_url=f"{api_url}/bot", base_file_url=f"{api_url}/file/bot",
            request=HTTPXRequest(connection_pool_size=16, pool_timeout=10, read_timeout=20),
            get_updates_request=HTTPXRequest(connection_pool_size=1, read_timeout=_POLL_S + 10),
        )  # fmt: skip
        self.files = TelegramFiles(self._bot)
        """What people sent, for the desk's pages."""
        self._inbox = inbox
        self._outbox = outbox
        self._desk = desk
        # A token begins with the bot's own number.
        self._room = TeamRoom(desk, token.partition(":")[0])
        self._news = asyncio.Event(), asyncio.Event()
        self._metrics = metrics
        self._leader = leader
        self._webhook_url = webhook_url.rstrip("/")
        self._secret = webhook_secret
        self._group_per_minute = group_per_minute

    def routes(self) -> list[BaseRoute]:
        """Return the webhook's route; none while polling."""
        return [Route(WEBHOOK_PATH, self.webhook, methods=["POST"])] if self._webhook_url else []

    def notify(self) -> None:
        """Tell the senders that a message was queued; call it in the event loop."""
        for news in self._news:
            news.set()

    async def run(self) -> None:
        """Receive and send until cancelled, or wait until the replica that does so is gone."""
        await self._set_up()
        try:
            while True:
                try:
                    if await asyncio.to_thread(self._leader.leads):
                        await self._lead()
                except SQLAlchemyError as exc:
                    # The database is away for a moment, and the lead with it; a sender that dies would leave everybody unanswered.
                    log.warning("telegram_lead_failed", error=type(exc).__name__)
                await asyncio.sleep(_LEAD_S)
        finally:
            await asyncio.to_thread(self._leader.step_down)
            await self.files.close()
            with contextlib.suppress(TelegramError):
                await self._bot.shutdown()

    async def _lead(self) -> None:
        """Send, and poll unless there is a webhook, as long as this process leads."""
        if again := await asyncio.to_thread(self._outbox.recover, ("telegram", TEAM_CHANNEL)):
            log.warning("outbox_recovered", sent_again=again)
        to_citizens, to_teams = Sender(self._bot), TeamSender(self._bot, self._desk, self._group_per_minute)
        tasks = [
            asyncio.create_task(deliver(self._outbox, "telegram", to_citizens.send, self._told, self._news[0])),
            asyncio.create_task(deliver(self._outbox, TEAM_CHANNEL, to_teams.send, self._told, self._news[1])),
        ]
        if not self._webhook_url:
            tasks.append(asyncio.create_task(self._poll()))
        try:
            while await asyncio.to_thread(self._leader.leads):
                ended, _ = await asyncio.wait(tasks, timeout=_LEAD_S, return_when=asyncio.FIRST_COMPLETED)
                if ended:
                    log.error("telegram_stopped", exc_info=ended.pop().exception())
                    return
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

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
            except (NetworkError, Conflict, SQLAlchemyError) as exc:
                pause = _BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)]
                failures += 1
                log.warning("telegram_poll_failed", error=type(exc).__name__, again_in_s=pause)
                await asyncio.sleep(pause)

    async def _keep(self, update: Update) -> None:
        """Keep one update; raise SQLAlchemyError when that was not possible, so that Telegram sends it again."""
        try:
            await self._take(update)
        except SQLAlchemyError:
            raise
        except Exception:
            # Nothing that somebody sends may stop the others' messages.
            log.exception("telegram_update_failed", update=update.update_id)

    async def _take(self, update: Update) -> None:
        if concerns_team(update):
            await self._keep_of_team(update)
            return
        if (said := await asyncio.to_thread(self._of_volunteer, update)) is not None:
            assert update.message is not None
            with contextlib.suppress(TelegramError):
                await update.message.reply_text(said)
            return
        incoming = read_update(update)
        if incoming is not None:
            await asyncio.to_thread(self._inbox.receive, incoming)
        if update.callback_query is not None:
            # Stops the little clock on the button. It fails for taps older than some minutes; the answer comes all the same.
            with contextlib.suppress(TelegramError):
                await self._bot.answer_callback_query(update.callback_query.id)

    async def _keep_of_team(self, update: Update) -> None:
        """Let the desk do what a volunteer wants, then answer; what was done is kept before the update is acknowledged."""
        answer = await asyncio.to_thread(self._do_for_team, update)
        if update.callback_query is not None:
            with contextlib.suppress(TelegramError):
                note = answer.text[:200] if answer and answer.note_only else None
                await self._bot.answer_callback_query(update.callback_query.id, note, show_alert=bool(note))
        self.notify()

    def _do_for_team(self, update: Update) -> Answer | None:
        """Do what a volunteer wants and keep the answer with it, so that a crash leaves neither alone."""
        with self._desk.bench.database.begin():
            answer = self._room.receive(update)
            message = update.effective_message
            if answer is not None and not answer.note_only and message is not None:
                thread = message.message_thread_id if message.is_topic_message else None
                self._desk.reply_in_group(str(message.chat.id), thread, message.message_id, answer.text, answer.buttons)
        return answer

    def _of_volunteer(self, update: Update) -> str | None:
        """Return what to say to a volunteer's private words: an invitation (never stored) or duty; None: a citizen's."""
        message = update.message
        text = message.text if message and message.from_user else None
        if message is None or message.from_user is None or not text:
            return None
        user = str(message.from_user.id)
        if text.startswith(INVITED):
            return self._room.invited(text.removeprefix(INVITED).strip(), user)
        return self._room.duty(user, text == "/truc") if text in ("/truc", "/nghi") else None

    async def _set_up(self) -> None:
        failures = 0
        while True:
            try:
                await self._bot.initialize()
                self.name = self._bot.username
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

    def _told(self, message: Outgoing, result: str, reason: str) -> None:
        self._metrics.sent.labels(message.channel, result).inc()
        self._desk.told(message, result, reason)
