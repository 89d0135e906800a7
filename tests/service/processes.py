"""The fake Telegram as a process, and the people in it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import httpx

from evaluation.processes import ROOT, Process, Service, free_port, wait_for

__all__ = ["FakeTelegram", "Service", "wait_for"]


class FakeTelegram:
    """The fake Bot API as a process, and the people in it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, str(ROOT / "tests" / "channels" / "fake_telegram.py"), str(self.port)]
        self._process = Process(command, folder / "telegram.log", dict(os.environ))
        wait_for(lambda: httpx.get(f"{self.url}/_ctl/stats").status_code == 200, 20, "fake Telegram")

    def control(self, operation: str, **body: Any) -> Any:
        """Call the control address; see fake_telegram.py."""
        return httpx.post(f"{self.url}/_ctl/{operation}", json=body).json()

    def say(self, chat: int, text: str) -> int:
        """A citizen writes; return the update id."""
        return int(self.control("inject", chat_id=chat, user_id=chat, text=text)["update_ids"][0])

    def from_bot(self, chat: int) -> list[dict[str, Any]]:
        """What the bot has said in a chat, oldest first."""
        messages = httpx.get(f"{self.url}/_ctl/chat/{chat}").json()
        return [m for m in messages if m.get("from", {}).get("is_bot")]

    def stop(self) -> None:
        self._process.stop()
