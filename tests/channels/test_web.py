"""The web chat's addresses: one answer for one message, no foreign pages, clear refusals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette

from bot.app import Assistant
from bot.channels.waiting import AnswerBell
from bot.channels.web.receive import COOKIE, WebChat
from bot.conversation.inbox import Inbox
from bot.conversation.workers import Workers
from bot.limits import Limits
from bot.store.conversations import Conversations


@asynccontextmanager
async def chat_page(
    assistant: Assistant, *, rings: bool = True, limits: Limits | None = None, address: str = "127.0.0.1"
) -> AsyncIterator[httpx.AsyncClient]:
    """The web chat; rings False: the turns are taken by another replica, which cannot ring this one's bell."""
    bell = AnswerBell(asyncio.get_running_loop())
    conversations = Conversations(assistant.database, "web-test")
    workers = Workers(
        conversations,
        assistant.router,
        assistant.services,
        timedelta(minutes=30),
        lambda t: bell.ring(t.channel, t.update_ids, t.shown) if rings else None,
    )
    workers.start(2)
    chat = WebChat(Inbox(conversations, timedelta(), workers.wake), conversations, bell, limits or Limits(0, 0))
    transport = httpx.ASGITransport(Starlette(routes=chat.routes()), client=(address, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://tro-ly.test") as client:
        yield client
    await asyncio.to_thread(workers.stop)


@pytest.fixture
async def browser(assistant: Assistant) -> AsyncIterator[httpx.AsyncClient]:
    async with chat_page(assistant) as client:
        yield client


async def test_the_page_has_a_strict_policy_and_gives_a_private_cookie(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/")
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]
    cookie = page.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


async def test_a_message_is_answered_in_the_same_request(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/chat/messages", json={"id": "11111111-a", "text": "quen mat khau vneid"})
    assert answer.status_code == 200
    (message,) = answer.json()["messages"]
    assert message["title"] == "Quên mật khẩu VNeID"
    assert {"label": "Gặp người hỗ trợ", "action": "person"} in message["buttons"]


async def test_a_message_that_another_replica_answers_is_answered_in_the_same_request(assistant: Assistant) -> None:
    async with chat_page(assistant, rings=False) as browser:
        answer = await browser.post("/chat/messages", json={"id": "77777777-a", "text": "quen mat khau vneid"})
    assert answer.status_code == 200
    assert [message["title"] for message in answer.json()["messages"]] == ["Quên mật khẩu VNeID"]


async def test_the_same_message_again_gets_the_same_answer(browser: httpx.AsyncClient) -> None:
    await browser.get("/")
    body = {"id": "22222222-a", "text": "quên mật khẩu vneid"}
    first = (await browser.post("/chat/messages", json=body)).json()
    assert (await browser.post("/chat/messages", json=body)).json() == first
    history = (await browser.get("/chat/messages?after=0")).json()["messages"]
    assert history == first["messages"]


async def test_a_tapped_button_is_answered(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/chat/messages", json={"id": "33333333-a", "action": "a:steps:vneid-quen-mat-khau"})
    assert "1. Mở VNeID" in answer.json()["messages"][0]["text"]


async def test_one_visitor_does_not_see_anothers_messages(browser: httpx.AsyncClient) -> None:
    await browser.post("/chat/messages", json={"id": "44444444-a", "text": "quên mật khẩu vneid"})
    browser.cookies.clear()
    assert (await browser.get("/chat/messages?after=0")).json()["messages"] == []
    browser.cookies.set(COOKIE, "../../etc/passwd")
    assert (await browser.get("/chat/messages?after=0")).json()["messages"] == []


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"text": "chào"}, 400, "id"),
        ({"id": "x", "text": "chào"}, 400, "id"),
        ({"id": "55555555-a", "text": "  "}, 400, "text"),
        ({"id": "55555555-a"}, 400, "text"),
        ({"id": "55555555-a", "text": 5}, 400, "body"),
        ({"id": "55555555-a", "text": "a" * 2001}, 413, "text"),
        ({"id": "55555555-a", "action": "ế" * 30}, 400, "action"),
        (["không", "phải"], 400, "body"),
    ],
)
async def test_bad_bodies_get_a_clear_refusal(
    browser: httpx.AsyncClient, body: object, status: int, field: str
) -> None:
    answer = await browser.post("/chat/messages", json=body)
    assert answer.status_code == status
    assert answer.json()["error"].startswith(field)


async def test_what_is_not_json_or_too_big_is_refused(browser: httpx.AsyncClient) -> None:
    assert (await browser.post("/chat/messages", content=b"\xff{")).status_code == 400
    assert (await browser.post("/chat/messages", content=b"x" * 20_000)).status_code == 413
    assert (await browser.get("/chat/messages?after=x")).status_code == 400


async def test_other_sites_may_not_send(browser: httpx.AsyncClient) -> None:
    body = {"id": "66666666-a", "text": "chào"}
    foreign = await browser.post("/chat/messages", json=body, headers={"Origin": "https://la.example"})
    assert foreign.status_code == 403
    own = await browser.post("/chat/messages", json=body, headers={"Origin": "http://tro-ly.test"})
    assert own.status_code == 200


def message(number: int) -> dict[str, str]:
    return {"id": f"8888888{number}-a", "text": "/trogiup"}


async def test_who_sends_too_fast_is_told_when_to_go_on_and_nobody_else_waits(assistant: Assistant) -> None:
    async with chat_page(assistant, limits=Limits(2, 0)) as browser:
        await browser.get("/")
        answers = [await browser.post("/chat/messages", json=message(number)) for number in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2].headers["Retry-After"] == "30"
        assert "đợi 30 giây rồi gửi lại" in answers[2].json()["error"]
        # Not kept: only the two answers stand in the conversation.
        assert len((await browser.get("/chat/messages?after=0")).json()["messages"]) == 2
        browser.cookies.clear()
        await browser.get("/")
        assert (await browser.post("/chat/messages", json=message(4))).status_code == 200


async def test_new_cookies_do_not_get_around_the_limit_of_an_address(assistant: Assistant) -> None:
    limits = Limits(0, 2)
    codes = []
    async with chat_page(assistant, limits=limits, address="2001:db8::1") as browser:
        for number in range(3):
            browser.cookies.clear()
            codes.append((await browser.post("/chat/messages", json=message(number))).status_code)
    assert codes == [200, 200, 429]
    # A home's other addresses are the same home; another home is not.
    async with chat_page(assistant, limits=limits, address="2001:db8::2") as browser:
        assert (await browser.post("/chat/messages", json=message(5))).status_code == 429
    async with chat_page(assistant, limits=limits, address="2001:db8:1::1") as browser:
        assert (await browser.post("/chat/messages", json=message(6))).status_code == 200
