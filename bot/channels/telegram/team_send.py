"""Write into a team's group: topics made, repaired and closed, messages, copies, corrections, receipts."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque

from telegram import Bot, Message, ReactionTypeEmoji
from telegram.error import BadRequest, TelegramError

from bot.channels.telegram.send import MAX_CAPTION, MAX_UNITS, errors, keyboard, refused, reply_parameters, split
from bot.desk import words
from bot.desk.desk import Desk
from bot.errors import DeliveryError
from bot.store.outbox import Outgoing
from bot.store.tickets import Ticket

_GONE = ("message thread not found", "topic_deleted", "topic_id_invalid")
_CLOSED = "topic_closed"
# Colour of a new topic's icon: light blue, for an urgent one red. Source: Bot API, createForumTopic.
_CALM, _RED = 7322096, 16478047
_RECEIPT = "👌"


class Window:
    """At most so many passes within any minute; a burst may use all of them at once.

    A leaky bucket would let nearly twice as many through in the minute of a burst, and Telegram counts minutes.
    """

    def __init__(self, per_minute: int, minute_s: float = 60) -> None:
        self._passed: deque[float] = deque(maxlen=per_minute)
        self._minute_s = minute_s

    async def wait(self) -> None:
        """Return when one more may pass."""
        now = time.monotonic()
        full = len(self._passed) == self._passed.maxlen
        at = max(now, self._passed[0] + self._minute_s) if full else now
        # Taken before sleeping, so that those who come meanwhile line up behind.
        self._passed.append(at)
        await asyncio.sleep(at - now)


class TeamSender:
    """Carries out the posts of the outbox in the teams' groups; see bot.desk.bench for what a post says."""

    def __init__(self, bot: Bot, desk: Desk, per_minute: int) -> None:
        """per_minute: messages to one group, corrections and new topics included."""
        self._bot = bot
        self._desk = desk
        self._per_minute = per_minute
        self._pace: dict[str, Window] = {}

    async def send(self, message: Outgoing) -> str:
        """Carry out one post and return the id of its message, empty where it has none; raise DeliveryError."""
        post = message.post or {}
        if post.get("do") in ("general", "reply"):
            return await self._reply(message, post.get("thread"))
        if post.get("do") == "react":
            with contextlib.suppress(BadRequest):
                await self._reaction(message.chat, int(post["message"]))
            return ""
        if post.get("do") == "drop":
            await self._drop(message.chat, int(post["thread"]))
            return ""
        ticket = await asyncio.to_thread(self._desk.ticket, int(post["ticket"]))
        if ticket is None:
            return ""
        if post["do"] in ("close", "reopen"):
            if topic := await asyncio.to_thread(self._desk.topic, ticket.id, message.chat):
                await self._turn_topic(message.chat, int(topic.thread), closed=post["do"] == "close")
            return ""
        try:
            return await self._in_topic(message, ticket)
        except BadRequest as exc:
            reason = str(exc).lower()
            topic = await asyncio.to_thread(self._desk.topic, ticket.id, message.chat)
            if _CLOSED in reason and topic:
                await self._turn_topic(message.chat, int(topic.thread), closed=False)
            elif any(gone in reason for gone in _GONE):
                # Somebody deleted the topic by hand: make it anew, and this message goes there.
                await asyncio.to_thread(self._desk.forget_topic, ticket.id, message.chat)
            else:
                raise refused(exc) from exc
        try:
            return await self._in_topic(message, ticket)
        except BadRequest as exc:
            raise refused(exc) from exc

    async def _reply(self, message: Outgoing, thread: int | None) -> str:
        """Answer a volunteer where they wrote, or in the general part when that topic is gone."""
        try:
            try:
                return str((await self._say(message, thread)).message_id)
            except BadRequest as exc:
                reason = str(exc).lower()
                if thread is not None and _CLOSED in reason:
                    await self._turn_topic(message.chat, thread, closed=False)
                elif thread is not None and any(gone in reason for gone in _GONE):
                    thread = None
                else:
                    raise
            return str((await self._say(message, thread)).message_id)
        except BadRequest as exc:
            raise refused(exc) from exc

    async def _in_topic(self, message: Outgoing, ticket: Ticket) -> str:
        post = message.post or {}
        topic = await asyncio.to_thread(self._desk.topic, ticket.id, message.chat)
        thread = int(topic.thread) if topic else await self._open(message, ticket)
        if topic is None or topic.summary is None:
            # Also when a try before this one got no further than the empty topic.
            first = await self._introduce(message, ticket, thread)
            if post["do"] == "open":
                return first
        elif post["do"] == "open":
            # A ticket that comes back to a team it had left.
            await self._turn_topic(message.chat, thread, closed=False)
            return str((await self._say(message, thread)).message_id)
        if post["do"] == "edit":
            return await self._edit(message, thread)
        if post["do"] == "copy":
            return await self._copy(message, thread)
        return str((await self._say(message, thread)).message_id)

    async def _open(self, message: Outgoing, ticket: Ticket) -> int:
        """Make the topic and return it."""
        title, _, _ = await asyncio.to_thread(self._desk.first_post, ticket.id)
        await self._wait(message.chat)
        with errors():
            topic = await self._bot.create_forum_topic(
                int(message.chat), title, icon_color=_RED if ticket.urgent else _CALM
            )
        await asyncio.to_thread(self._desk.keep_topic, ticket.id, message.chat, str(topic.message_thread_id))
        return topic.message_thread_id

    async def _introduce(self, message: Outgoing, ticket: Ticket, thread: int) -> str:
        """Say in a new topic what it is about and pin that; return the message."""
        _, summary, buttons = await asyncio.to_thread(self._desk.first_post, ticket.id)
        if (message.post or {})["do"] != "open":
            summary = f"{words.OLD_TOPIC}\n{summary}"
        await self._wait(message.chat)
        with errors():
            first = await self._bot.send_message(
                int(message.chat), summary, message_thread_id=thread, reply_markup=keyboard(buttons),
                disable_notification=bool((message.post or {}).get("quiet")), protect_content=True,
            )  # fmt: skip
        await asyncio.to_thread(self._desk.topic_introduced, ticket.id, message.chat, str(first.message_id))
        # A summary without a pin is no harm, and no reason to say it again.
        with contextlib.suppress(TelegramError):
            await self._bot.pin_chat_message(int(message.chat), first.message_id, disable_notification=True)
        return str(first.message_id)

    async def _say(self, message: Outgoing, thread: int | None) -> Message:
        post = message.post or {}
        text = (words.REPEAT if message.again else "") + (message.text or "…")
        parts = split(text, MAX_UNITS)
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            await self._wait(message.chat)
            with errors():
                sent = await self._bot.send_message(
                    int(message.chat), part, message_thread_id=thread, protect_content=True,
                    reply_markup=keyboard(message.buttons) if last else None, reply_parameters=reply_parameters(post),
                    disable_notification=bool(post.get("quiet")),
                )  # fmt: skip
        return sent

    async def _copy(self, message: Outgoing, thread: int) -> str:
        post = message.post or {}
        caption = (words.REPEAT if message.again else "") + message.text
        await self._wait(message.chat)
        try:
            with errors():
                # The citizen's own caption may hold what was masked; ours stands instead.
                copied = await self._bot.copy_message(
                    int(message.chat), int(post["chat"]), int(post["message"]), message_thread_id=thread, caption=caption[:MAX_CAPTION],
                    protect_content=True, reply_parameters=reply_parameters(post), disable_notification=bool(post.get("quiet")),
                )  # fmt: skip
        except BadRequest as exc:
            if "to copy" not in str(exc).lower():
                raise
            return str((await self._say(message, thread)).message_id)
        return str(copied.message_id)

    async def _edit(self, message: Outgoing, thread: int) -> str:
        if not message.target:
            return str((await self._say(message, thread)).message_id)
        await self._wait(message.chat)
        try:
            with errors():
                await self._bot.edit_message_text(
                    message.text, chat_id=int(message.chat), message_id=int(message.target),
                    reply_markup=keyboard(message.buttons),
                )  # fmt: skip
        except BadRequest as exc:
            reason = str(exc).lower()
            if "not modified" in reason:
                return message.target
            if "to edit not found" not in reason and "can't be edited" not in reason:
                raise
            return str((await self._say(message, thread)).message_id)
        return message.target

    async def _turn_topic(self, chat: str, thread: int, *, closed: bool) -> None:
        await self._wait(chat)
        call = self._bot.close_forum_topic if closed else self._bot.reopen_forum_topic
        # Closed already, or deleted by hand: either way it is as wished.
        with contextlib.suppress(BadRequest), errors():
            await call(int(chat), thread)

    async def _drop(self, chat: str, thread: int) -> None:
        """Delete an empty topic; where the bot may not delete messages, close it."""
        await self._wait(chat)
        try:
            with errors():
                await self._bot.delete_forum_topic(int(chat), thread)
        except (BadRequest, DeliveryError) as exc:
            if isinstance(exc, DeliveryError) and not exc.permanent:
                raise
            await self._turn_topic(chat, thread, closed=True)

    async def _reaction(self, chat: str, message: int) -> None:
        await self._wait(chat)
        with errors():
            await self._bot.set_message_reaction(int(chat), message, [ReactionTypeEmoji(_RECEIPT)])

    async def _wait(self, chat: str) -> None:
        if chat not in self._pace:
            self._pace[chat] = Window(self._per_minute)
        await self._pace[chat].wait()
