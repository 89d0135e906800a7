"""The town: what everybody can read on the fake Telegram, and the words by which each message is found again."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from bot import sentences
from bot.desk import words
from evaluation.desk.cast import Group, Member

PHOTO = [{"file_id": "F1", "file_unique_id": "F1", "width": 90, "height": 90}]
_LETTERS = "bdghklmnpqrtvx"
_NUMBER = re.compile(r"Yêu cầu #(\d+)\n")
_CLAIMED = re.compile(r"✅ (.+) đã nhận\.")
_HANDED = re.compile(r"↪ .+? chuyển cho (.+?)\. ")


@dataclass
class Said:
    """One message that somebody wrote: a citizen's to be found in a topic, a volunteer's in the citizen's chat."""

    kind: str
    """citizen | volunteer | note | probe."""
    word: str
    chat: int
    """Of the citizen."""
    at: float
    text: str = ""
    message: int = 0
    group: int = 0


@dataclass
class Case:
    """What a team knows of a ticket from reading its group."""

    number: int
    group: Group
    thread: int
    summary: int
    holder: str = ""
    open: bool = True
    citizen: int = 0
    answers: int = 0
    unanswered: list[dict[str, Any]] = field(default_factory=list)


class Town:
    """One reader of everything that the bot says, and the pens of all people."""

    def __init__(self, url: str, groups: Sequence[Group], dice: random.Random) -> None:
        self.groups = {group.chat: group for group in groups}
        self.people = {member.name: (member, group) for group in groups for member in group.members}
        self.cases: dict[int, Case] = {}
        self.said: list[Said] = []
        self.heard: dict[int, asyncio.Queue[dict[str, Any]]] = defaultdict(asyncio.Queue)
        self.news: dict[int, asyncio.Event] = defaultdict(asyncio.Event)
        self.citizen_of: dict[int, int] = {}
        self.night = False
        """Whether everybody is to go home."""
        self._dice = dice
        self._http = httpx.AsyncClient(base_url=url, timeout=60)
        self._words: set[str] = set()
        self._topics: dict[tuple[int, int], int] = {}

    async def close(self) -> None:
        """Hang up."""
        await self._http.aclose()

    def word(self) -> str:
        """Return a word that nobody else uses; letters only, so that nothing is masked or understood."""
        while (word := "zw" + "".join(self._dice.choices(_LETTERS, k=7))) in self._words:
            pass
        self._words.add(word)
        return word

    async def control(self, operation: str, **body: Any) -> Any:
        """Call the control address of the fake Telegram."""
        return (await self._http.post(f"/_ctl/{operation}", json=body)).json()

    async def write(self, said: Said, chat: int, user: int, text: str, *, photo: bool = False, **more: Any) -> int:
        """Write into a chat and remember it; return the message's id, 0 where that was not possible."""
        content = {"raw": {"photo": PHOTO, "caption": text}} if photo else {"text": text}
        said.at, said.text = time.time(), text
        answer = await self.control("inject", chat_id=chat, user_id=user, **content, **more)
        if not answer["message_ids"]:
            return 0
        said.message, said.group = answer["message_ids"][0], chat if chat < 0 else 0
        self.said.append(said)
        return said.message

    async def correct(self, said: Said, chat: int, message: int, text: str) -> None:
        """Change a message and remember the new words."""
        said.at, said.text, said.message, said.group = time.time(), text, message, chat if chat < 0 else 0
        if (await self.control("edit", chat_id=chat, message_id=message, text=text))["update_id"] is not None:
            self.said.append(said)

    async def tap(self, chat: int, message: int, data: str, user: int) -> None:
        """Tap a button."""
        await self.control("tap", chat_id=chat, message_id=message, data=data, user_id=user)

    async def read(self) -> None:
        """Hand on what the bot says to those who read it, until cancelled."""
        after = 0
        while True:
            for message in await self.control("news", after=after):
                after += 1
                self._read_one(message)
            await asyncio.sleep(0.25)

    def _read_one(self, message: dict[str, Any]) -> None:
        chat = message["chat"]["id"]
        if chat > 0:
            self.heard[chat].put_nowait(message)
            if number := re.search(r"yêu cầu số (\d+)", text_of(message)):
                self.citizen_of[int(number[1])] = chat
            return
        group, thread, text = self.groups[chat], message.get("message_thread_id", 0), text_of(message)
        if summary := _NUMBER.search(text):
            number_ = int(summary[1])
            known = self.cases.get(number_)
            if known is None or known.group is not group:
                known = Case(number_, group, thread, message["message_id"])
                self.cases[number_] = known
            known.thread, known.summary = thread, message["message_id"]
            self._topics[chat, thread] = number_
        case = self.cases.get(self._topics.get((chat, thread), 0))
        if case is None or case.group is not group:
            return
        if claimed := _CLAIMED.search(text):
            # As a sentence begins; elsewhere the name stands as it is kept.
            case.holder = claimed[1][0].lower() + claimed[1][1:]
        elif (handed := _HANDED.search(text)) and handed[1] in self.people:
            case.holder = handed[1]
        elif text.startswith(("🔒", "↩", "⛔")):
            case.open = False
        elif text.startswith("🔓"):
            case.open = True
            if keys(message):
                case.holder = ""
        elif text.startswith("👤"):
            case.unanswered.append(message)
        for member in group.members:
            self.news[member.user].set()

    def case_for(self, member: Member, group: Group, choose: Callable[[Case], bool]) -> Case | None:
        """Return one of this volunteer's team's cases, by chance."""
        fitting = [c for c in self.cases.values() if c.group is group and c.open and choose(c)]
        return self._dice.choice(fitting) if fitting else None


def text_of(message: dict[str, Any]) -> str:
    """Return a message's words without the mark of a repeat."""
    text = str(message.get("text") or message.get("caption") or "")
    return text.replace(words.REPEAT, "").replace(sentences.REPEAT, "")


def keys(message: dict[str, Any]) -> dict[str, str]:
    """Return the buttons of a message, data by label."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return {key["text"]: key["callback_data"] for row in rows for key in row}
