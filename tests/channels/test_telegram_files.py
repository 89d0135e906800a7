"""Files are fetched from Telegram as they are, and the bot's token shows nowhere."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import structlog
from telegram import Bot

from bot.channels.telegram.files import TelegramFiles
from bot.errors import FileUnavailable
from bot.files import MAX_FILE_BYTES
from evaluation.processes import free_port
from evaluation.telegram import FakeTelegram

TOKEN = "1:SECRET"
BODY = bytes(range(256)) * 1000


@pytest.fixture(scope="module")
def telegram(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeTelegram]:
    fake = FakeTelegram(tmp_path_factory.mktemp("telegram"))
    fake.control("file", file_id="whole", base64=base64.b64encode(BODY).decode())
    yield fake
    fake.stop()


@asynccontextmanager
async def files_at(url: str) -> AsyncIterator[TelegramFiles]:
    bot = Bot(TOKEN, base_url=f"{url}/bot", base_file_url=f"{url}/file/bot")
    made = TelegramFiles(bot)
    yield made
    await made.close()
    await bot.request.shutdown()


@pytest.fixture
async def files(telegram: FakeTelegram) -> AsyncIterator[TelegramFiles]:
    async with files_at(telegram.url) as made:
        yield made


async def read(files: TelegramFiles, file_id: str, part: str = "") -> tuple[bytes, str, str]:
    fetched = await files.fetch(file_id, part)
    body = b"".join([piece async for piece in fetched.body])
    await fetched.close()
    return body, fetched.length, fetched.part


async def test_a_file_comes_whole_or_in_part(files: TelegramFiles) -> None:
    assert await read(files, "whole") == (BODY, "256000", "")
    assert await read(files, "whole", "bytes=10-19") == (BODY[10:20], "10", "bytes 10-19/256000")


@pytest.mark.parametrize(
    ("size", "fault", "reason"),
    [
        (None, {}, "gone"),
        (MAX_FILE_BYTES + 1, {}, "too_big"),
        (9, {"method": "getFile", "status": 502, "description": "Bad Gateway"}, "away"),
        (9, {"method": "getFile", "status": 429, "retry_after": 1}, "away"),
        (9, {"method": "getFile", "drop": True}, "away"),
    ],
)
async def test_why_a_file_cannot_be_had(
    files: TelegramFiles, telegram: FakeTelegram, size: int | None, fault: dict[str, object], reason: str
) -> None:
    telegram.control("file", file_id="x", **({"size": size} if size else {}))
    if fault:
        telegram.control("fault", **fault)
    with pytest.raises(FileUnavailable) as raised:
        await files.fetch("x", "")
    assert raised.value.reason == reason


async def test_a_telegram_that_is_away_keeps_the_token_secret() -> None:
    async with files_at(f"http://127.0.0.1:{free_port()}") as files:
        with structlog.testing.capture_logs() as logs, pytest.raises(FileUnavailable) as raised:
            await files.fetch("whole", "")
    assert raised.value.reason == "away"
    assert logs
    assert "SECRET" not in f"{logs} {raised.value!r}"
