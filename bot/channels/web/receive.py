"""The web chat's addresses: the page, sending a message, reading the answers."""

from __future__ import annotations

import asyncio
import re
import secrets
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot import sentences
from bot.channels.waiting import Answer, AnswerBell
from bot.conversation.inbox import Inbox
from bot.errors import BadBody
from bot.json_body import read_json
from bot.limits import Limits
from bot.messages import MAX_ACTION_BYTES, Incoming, Kind
from bot.store.conversations import Conversations, Shown

STATIC = Path(__file__).with_name("static")
COOKIE = "tro_ly"
COOKIE_DAYS = 30
MAX_BODY_BYTES = 16_000
MAX_TEXT = 2000
# A reply that takes longer is fetched by the page later.
WAIT_S = 20.0
_LOOK_EVERY_S = 0.5
_MESSAGE_ID = re.compile(r"^[A-Za-z0-9-]{8,40}$")
_CHAT = re.compile(r"^[A-Za-z0-9_-]{22,64}$")
# Nothing from elsewhere runs in the page, and nobody may frame it.
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class WebChat:
    """HTTP handlers of the web chat; a person is known by a random cookie and nothing else."""

    def __init__(self, inbox: Inbox, conversations: Conversations, bell: AnswerBell, limits: Limits) -> None:
        self._inbox = inbox
        self._conversations = conversations
        self._bell = bell
        self._limits = limits

    def routes(self) -> list[BaseRoute]:
        """Return the routes to mount at /."""
        return [
            Route("/", self.page),
            Route("/chat/messages", self.send, methods=["POST"]),
            Route("/chat/messages", self.read, methods=["GET"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]

    async def page(self, request: Request) -> Response:
        """The chat page; gives a new visitor a cookie."""
        response = FileResponse(STATIC / "chat.html", headers=PAGE_HEADERS)
        if _chat_of(request) is None:
            _give_cookie(response, request, secrets.token_urlsafe(24))
        return response

    async def send(self, request: Request) -> Response:
        """Keep one message, wait for its answer up to WAIT_S, and return what is to be shown.

        Body: {"id": unique per message, "text": words} or {"id": …, "action": button payload}.
        Sending the same id again returns the same answer. 202 with no messages: still working, read later. 429: nothing
        was kept, try again after Retry-After seconds.
        """
        if not _same_origin(request):
            return _problem(403, "Trang này không được phép gửi tin tới trợ lý.")
        chat = _chat_of(request)
        if refusal := await self._limits.refusal(request, chat):
            return refusal
        body = await _body(request)
        if isinstance(body, Response):
            return body
        fresh = chat is None
        chat = chat or secrets.token_urlsafe(24)
        is_button = bool(body.get("action"))
        incoming = Incoming(
            channel="web", chat=chat, update_id=f"{chat[:22]}:{body['id']}", kind=Kind.BUTTON if is_button else Kind.TEXT,
            text=body.get("text", ""), action=body.get("action", ""),
        )  # fmt: skip
        with self._bell.expect("web", incoming.update_id) as answer:
            if not await run_in_threadpool(self._inbox.receive, incoming):
                # Sent before: its answer may be there, or on its way.
                known = await run_in_threadpool(self._conversations.answer_to, "web", incoming.update_id)
                if known:
                    answer.set_result(known)
            shown = await self._answered(answer, incoming.update_id)
        # A silent turn has the id 0: the words went to a volunteer.
        messages = [_shown(shown)] if shown and shown.id else []
        person = shown.with_person if shown else None
        if person is None:
            person = await run_in_threadpool(self._conversations.with_person, "web", chat)
        response = JSONResponse({"messages": messages, "person": person}, status_code=200 if shown else 202)
        if fresh:
            _give_cookie(response, request, chat)
        return response

    async def _answered(self, answer: Answer, update_id: str) -> Shown | None:
        """Wait for the answer to a message up to WAIT_S; another replica rings no bell here, so the database is asked too."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + WAIT_S
        while loop.time() < ends_at:
            await asyncio.wait([answer], timeout=_LOOK_EVERY_S)
            if answer.done():
                return answer.result()
            if shown := await run_in_threadpool(self._conversations.answer_to, "web", update_id):
                return shown
        return None

    async def read(self, request: Request) -> Response:
        """Return messages with an id above `after`, oldest first."""
        chat = _chat_of(request)
        after = request.query_params.get("after", "0")
        if not after.isdecimal():
            return _problem(400, "after: phải là một số.")
        if chat is None:
            return JSONResponse({"messages": [], "person": False})
        shown = await run_in_threadpool(self._conversations.shown_since, "web", chat, int(after))
        person = await run_in_threadpool(self._conversations.with_person, "web", chat)
        return JSONResponse({"messages": [_shown(message) for message in shown], "person": person})


def _shown(message: Shown) -> dict[str, Any]:
    return {
        "id": message.id,
        "title": message.title,
        "text": message.text,
        "buttons": [{"label": b.label, "action": b.action} for b in message.buttons],
    }


async def _body(request: Request) -> dict[str, str] | Response:
    """The checked body of a message, or the response that tells what is wrong with it."""
    try:
        body = await read_json(request, MAX_BODY_BYTES)
    except BadBody as exc:
        return _problem(exc.status, str(exc))
    if not isinstance(body, dict) or not all(isinstance(v, str) for v in body.values()):
        return _problem(400, "body: cần id và text hoặc action, đều là chữ.")
    if not _MESSAGE_ID.match(body.get("id", "")):
        return _problem(400, "id: cần 8 đến 40 chữ, số hoặc dấu gạch.")
    if not body.get("text", "").strip() and not body.get("action"):
        return _problem(400, "text: mình chưa gõ gì.")
    if len(body.get("text", "")) > MAX_TEXT:
        return _problem(413, f"text: dài quá {MAX_TEXT} chữ cái. Mình gửi ngắn lại giúp em.")
    if len(body.get("action", "").encode()) > MAX_ACTION_BYTES:
        return _problem(400, "action: nút không hợp lệ.")
    return body


def _same_origin(request: Request) -> bool:
    # Browsers say where a request comes from; other programs say nothing and hold no cookie to abuse.
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host")


def _chat_of(request: Request) -> str | None:
    chat = request.cookies.get(COOKIE, "")
    return chat if _CHAT.match(chat) else None


def _give_cookie(response: Response, request: Request, chat: str) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, chat, max_age=COOKIE_DAYS * 86400, httponly=True, samesite="strict", secure=secure)


def _problem(status: int, text: str) -> Response:
    return JSONResponse({"error": text, "hint": sentences.WEB_HINT}, status_code=status)
