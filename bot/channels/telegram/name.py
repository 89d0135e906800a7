"""Ask Telegram what a bot is called, for links to it."""

from __future__ import annotations

import asyncio

from telegram import Bot
from telegram.error import TelegramError


def bot_name(token: str, api_url: str) -> str:
    """Return the user name of the bot with this token, empty when Telegram cannot be reached or refuses the token."""

    async def ask() -> str:
        async with Bot(token, base_url=f"{api_url}/bot") as bot:
            return bot.username

    try:
        return asyncio.run(ask())
    except TelegramError:
        return ""
