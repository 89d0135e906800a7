"""Fetch files that people sent, on demand. Their addresses hold the bot's token: they are neither logged nor passed on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import structlog
from telegram import Bot
from telegram.error import BadRequest, TelegramError

from bot.errors import FileUnavailable
from bot.files import MAX_FILE_BYTES, Fetched

log = structlog.get_logger(__name__)


class TelegramFiles:
    """The files of one bot's chats."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        # As it is: a part of something packed would be of no use to a player.
        self._client = httpx.AsyncClient(
            headers={"Accept-Encoding": "identity"}, timeout=20, limits=httpx.Limits(max_connections=16)
        )

    async def fetch(self, file_id: str, part: str) -> Fetched:
        """Begin to fetch a file or a part of it; see bot.files."""
        try:
            file = await self._bot.get_file(file_id)
        except BadRequest as exc:
            raise FileUnavailable("too_big" if "too big" in str(exc).lower() else "gone") from exc
        except TelegramError as exc:
            log.warning("telegram_file_failed", error=type(exc).__name__)
            raise FileUnavailable("away") from exc
        if (file.file_size or 0) > MAX_FILE_BYTES:
            raise FileUnavailable("too_big")
        try:
            request = self._client.build_request("GET", file.file_path or "", headers={"Range": part} if part else {})
            answer = await self._client.send(request, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            # Not with its text: that may name the address.
            log.warning("telegram_file_failed", error=type(exc).__name__)
            raise FileUnavailable("away") from None
        if answer.status_code not in (200, 206):
            await answer.aclose()
            log.warning("telegram_file_failed", status=answer.status_code)
            raise FileUnavailable("gone" if answer.status_code in (404, 410) else "away")
        return Fetched(
            _read(answer), answer.aclose, answer.headers.get("content-length", ""), answer.headers.get("content-range", "")
        )  # fmt: skip

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


async def _read(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in answer.aiter_raw():
            yield piece
    except httpx.HTTPError as exc:
        log.warning("telegram_file_cut_off", error=type(exc).__name__)
        raise FileUnavailable("away") from None
