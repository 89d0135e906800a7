"""/api/ask: one question, within limits of size and number."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from bot.app import Assistant
from bot.asking import Asker
from bot.limits import Limits
from bot.observe import Metrics
from bot.service_pages import MAX_BODY_BYTES, ServicePages
from bot.store.outbox import Outbox

QUESTION = {"question": "quên mật khẩu vneid"}


@pytest.fixture
async def program(assistant: Assistant) -> AsyncIterator[httpx.AsyncClient]:
    """A program elsewhere that may ask twice a minute."""
    pages = ServicePages(
        Asker(assistant.router, assistant.services), assistant.services, assistant.database, Outbox(assistant.database),
        Metrics(), lambda: {"state": "absent", "restarts": 0, "problem": ""}, Limits(0, 2),
    )  # fmt: skip
    transport = httpx.ASGITransport(Starlette(routes=pages.routes()), client=("203.0.113.5", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://tro-ly.test") as client:
        yield client


async def test_an_address_may_ask_so_often_and_then_waits(program: httpx.AsyncClient) -> None:
    answers = [await program.post("/api/ask", json=QUESTION) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0].json()["guide"] == "vneid-quen-mat-khau"
    assert answers[2].headers["Retry-After"] == "30"
    # Looking at the service is no question.
    assert (await program.get("/healthz")).status_code == 200


async def test_a_body_that_is_too_large_is_not_read(program: httpx.AsyncClient) -> None:
    answer = await program.post("/api/ask", content=b"x" * (MAX_BODY_BYTES + 1))
    assert answer.status_code == 413
