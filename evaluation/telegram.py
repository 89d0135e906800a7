"""The fake Telegram as a process, and the people in it: what they write, tap, correct and read."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import httpx

from evaluation.processes import ROOT, Process, free_port, wait_for


class FakeTelegram:
    """The fake Bot API as a process, and the people in it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, str(ROOT / "evaluation" / "fake_telegram.py"), str(self.port)]
        self._process = Process(command, folder / "telegram.log", dict(os.environ))
        self._http = httpx.Client(base_url=self.url, timeout=30)
        wait_for(lambda: self._http.get("/_ctl/stats").status_code == 200, 20, "fake Telegram")

    def control(self, operation: str, **body: Any) -> Any:
        """Call the control address; see fake_telegram.py."""
        return self._http.post(f"/_ctl/{operation}", json=body).json()

    def say(self, chat: int, text: str) -> int:
        """A citizen writes; return the update id."""
        return int(self.control("inject", chat_id=chat, user_id=chat, text=text)["update_ids"][0])

    def write(self, chat: int, user: int, text: str = "", **more: Any) -> int | None:
        """Somebody writes, perhaps in a topic (thread=) or as an answer (reply_to=); return the message's id.

        None where that is not possible: the topic is closed or gone.
        """
        body = {"chat_id": chat, "user_id": user, **({"text": text} if text else {}), **more}
        ids = self.control("inject", **body)["message_ids"]
        return int(ids[0]) if ids else None

    def tap(self, chat: int, message: int, data: str, user: int) -> str | None:
        """Somebody taps a button; return the id of the tap, None when the message is gone."""
        answer = self.control("tap", chat_id=chat, message_id=message, data=data, user_id=user)
        return str(answer["query_id"]) if answer["query_id"] else None

    def chat(self, chat: int) -> list[dict[str, Any]]:
        """All messages that stand in a chat, oldest first."""
        return list(self._http.get(f"/_ctl/chat/{chat}").json())

    def from_bot(self, chat: int) -> list[dict[str, Any]]:
        """What the bot has said in a chat, oldest first."""
        return [m for m in self.chat(chat) if m.get("from", {}).get("is_bot")]

    def said(self) -> dict[int, list[dict[str, Any]]]:
        """Every message of every chat there ever was, also deleted ones."""
        return {int(chat): messages for chat, messages in self._http.get("/_ctl/said").json().items()}

    def calls(self, method: str) -> list[dict[str, Any]]:
        """The parameters of all calls of a method so far."""
        return [call["params"] for call in self._http.get("/_ctl/calls", params={"method": method}).json()]

    def stop(self) -> None:
        """End the process."""
        self._http.close()
        self._process.stop()
