"""A citizen of the evaluation: asks for a person, says where and what, writes, corrects, cancels, rates, asks again."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from bot.sentences import PERSON_NOT_DONE
from evaluation.desk.town import Said, Town, keys, text_of

_ASKS = ("cho gặp người thật", "gặp cán bộ", "/nguoi")
_QUESTIONS = ("quên mật khẩu vneid", "nộp tiền điện ở đâu", "làm khai sinh cho con")
_PLACES = ("bỏ qua", "bỏ qua", "xã Ninh Giang, Hải Phòng", "không biết")
_TROUBLES = ("em đang vướng {}", "máy báo lỗi {} hoài", "bấm mãi không được, nó hiện {}")
_TALK = ("em thấy nó ghi {}", "rồi ạ, giờ hiện {}", "vẫn chưa được, chỗ {} bị mờ", "{} là gì vậy anh chị")


async def live(town: Town, chat: int, dice: random.Random, busy_s: float) -> None:
    """Live until night falls; busy_s: how long to wait between two messages, about."""
    citizen = _Citizen(town, chat, dice)
    await asyncio.sleep(dice.random() * busy_s)
    while not town.night:
        await citizen.ask()
        await citizen.talk(busy_s)
        await asyncio.sleep(dice.random() * busy_s)


class _Citizen:
    def __init__(self, town: Town, chat: int, dice: random.Random) -> None:
        self._town, self._chat, self._dice = town, chat, dice
        self._last: tuple[int, bool] | None = None

    async def ask(self) -> None:
        """Ask for a person and answer what the bot wants to know."""
        dice = self._dice
        if dice.random() < 0.3:
            await self._say(dice.choice(_QUESTIONS))
            await self._listen(5)
        self._forget()
        await self._say(dice.choice(_ASKS), kind="request")
        for _ in range(3):
            message = await self._listen(15)
            if message is None:
                return
            text = text_of(message)
            if "xã, phường nào" in text or "ở nơi nào" in text:
                await self._say(dice.choice(_PLACES))
            elif "đang vướng việc gì" in text:
                await self._write(dice.choice(_TROUBLES))
            else:
                return

    async def talk(self, busy_s: float) -> None:
        """Write now and then until the ticket ends, or until this citizen has enough."""
        dice, town = self._dice, self._town
        patience = dice.randint(3, 9)
        while patience and not town.night:
            patience -= 1
            message = await self._listen(busy_s * (0.5 + dice.random()))
            if message and (again := keys(message).get(PERSON_NOT_DONE)):
                await self._ended(message, again)
                return
            chance = dice.random()
            if chance < 0.03:
                await self._say(dice.choice(("/huy", "/bot", "hủy yêu cầu")))
                return
            if chance < 0.13 and self._last:
                word = town.word()
                await town.correct(Said("citizen", word, self._chat, 0), self._chat, self._last[0], f"ý em là {word}")
            elif chance < 0.25:
                await self._write(("ảnh đây ạ {}",), photo=True)
            elif chance < 0.85:
                await self._write(_TALK)

    async def _ended(self, message: dict[str, Any], again: str) -> None:
        town, dice = self._town, self._dice
        if dice.random() < 0.7:
            stars = [data for data in keys(message).values() if data.startswith("s:")]
            await town.tap(self._chat, message["message_id"], dice.choice(stars), self._chat)
        if dice.random() < 0.25:
            await town.tap(self._chat, message["message_id"], again, self._chat)
            await self._listen(5)
            await self._write(_TALK)

    async def _write(self, choices: tuple[str, ...] | str, *, photo: bool = False) -> None:
        word = self._town.word()
        text = self._dice.choice(choices) if isinstance(choices, tuple) else choices
        said = Said("citizen", word, self._chat, 0)
        message = await self._town.write(said, self._chat, self._chat, text.format(word), photo=photo)
        self._last = (message, photo) if not photo else None

    async def _say(self, text: str, kind: str = "other") -> None:
        await self._town.write(Said(kind, "", self._chat, 0), self._chat, self._chat, text)

    async def _listen(self, seconds: float) -> dict[str, Any] | None:
        try:
            return await asyncio.wait_for(self._town.heard[self._chat].get(), seconds)
        except TimeoutError:
            return None

    def _forget(self) -> None:
        heard = self._town.heard[self._chat]
        while not heard.empty():
            heard.get_nowait()
