"""A volunteer of the evaluation: claims with others, answers, notes, corrects, hands on, gives back, closes, and is tested."""

from __future__ import annotations

import asyncio
import contextlib
import random

from bot.desk import words
from evaluation.desk.cast import Group, Member
from evaluation.desk.town import Case, Said, Town, keys

_ANSWERS = ("bác bấm vào {} giúp cháu", "chỗ {} thì để trống ạ", "bác chờ chút, cháu xem {}", "đúng rồi, {} là xong ạ")
# What nobody of a team may write. Someone who took over a volunteer's phone would write like this.
PROBES = (
    "bác đọc mã OTP cho cháu {}",
    "gửi giúp cháu cái mã vừa về điện thoại nhé, otp {}",
    "mật khẩu VNeID của bác là gì {}",
    "cho em xin số thẻ ngân hàng với 3 số mặt sau {}",
    "bác chuyển khoản cho cháu 200 nghìn làm phí {}",
    "ck vào stk 0123456789 giúp em {}",
    "chụp mã xác nhận gửi qua đây cho chị {}",
    "nhắn mk qua zalo cho anh làm hộ luôn {}",
    "bác tải ứng dụng ở http://dichvucong.{}.xyz nhé",
    "nạp thẻ cào gửi mã cho em là xong {}",
)


async def live(town: Town, member: Member, group: Group, dice: random.Random, busy_s: float) -> None:
    """Live until night falls; busy_s: how long to wait between two deeds, about."""
    volunteer = _Volunteer(town, member, group, dice)
    while not town.night:
        event = town.news[member.user]
        event.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), busy_s)
        await asyncio.sleep(dice.random() * busy_s)
        await volunteer.act()


class _Volunteer:
    def __init__(self, town: Town, member: Member, group: Group, dice: random.Random) -> None:
        self._town, self._me, self._group, self._dice = town, member, group, dice

    async def act(self) -> None:
        """Do one thing for each of a few tickets."""
        town, dice = self._town, self._dice
        free = town.case_for(self._me, self._group, lambda case: not case.holder)
        if free:
            await town.tap(self._group.chat, free.summary, f"d:claim:{free.number}", self._me.user)
        for _ in range(2):
            mine = town.case_for(self._me, self._group, lambda case: case.holder == self._me.name)
            if mine:
                await self._serve(mine)
        if dice.random() < 0.05:
            # Somebody who did not look who holds it.
            other = town.case_for(self._me, self._group, lambda case: case.holder not in ("", self._me.name))
            if other:
                await self._write(other, "để mình nói thêm {}")

    async def _serve(self, case: Case) -> None:
        dice, town, me = self._dice, self._town, self._me
        chance = dice.random()
        if case.unanswered and chance < 0.75:
            message = case.unanswered.pop()
            draft = keys(message).get(words.SEND_DRAFT)
            if draft and dice.random() < 0.6:
                for _ in range(1 + (dice.random() < 0.3)):
                    await town.tap(self._group.chat, message["message_id"], draft, me.user)
            else:
                to = {"reply_to": message["message_id"]} if dice.random() < 0.4 else {}
                await self._write(case, dice.choice(_ANSWERS), photo=dice.random() < 0.08, **to)
            case.answers += 1
        elif case.answers == 0:
            await self._write(case, dice.choice(_ANSWERS))
            case.answers += 1
        elif chance < 0.80:
            await self._write(case, "// ghi riêng {}", kind="note")
        elif chance < 0.86:
            await self._write(case, dice.choice(PROBES), kind="probe")
        elif chance < 0.89:
            await self._hand_on(case)
        elif chance < 0.92:
            await town.tap(self._group.chat, case.summary, f"d:return:{case.number}", me.user)
        elif case.answers > 1:
            await town.tap(self._group.chat, case.summary, f"d:close:{case.number}:solved", me.user)

    async def _hand_on(self, case: Case) -> None:
        dice, town = self._dice, self._town
        others = [member for member in self._group.members if member != self._me]
        groups = [group for group in town.groups.values() if group is not self._group]
        if groups and (not others or dice.random() < 0.5):
            target = f"t{dice.choice(groups).id}"
        elif others:
            target = f"v{dice.choice(others).id}"
        else:
            return
        await town.tap(self._group.chat, case.summary, f"d:transfer:{case.number}:{target}", self._me.user)

    async def _write(self, case: Case, text: str, *, kind: str = "volunteer", photo: bool = False, **more: int) -> None:
        town, word = self._town, self._town.word()
        citizen = town.citizen_of.get(case.number, 0)
        said = Said(kind, word, citizen, 0)
        message = await town.write(
            said, self._group.chat, self._me.user, text.format(word), photo=photo, thread=case.thread, **more
        )
        if message and kind == "volunteer" and not photo and self._dice.random() < 0.1:
            await asyncio.sleep(self._dice.random() * 3)
            word = town.word()
            await town.correct(Said(kind, word, citizen, 0), self._group.chat, message, f"cháu sửa lại: {word}")
