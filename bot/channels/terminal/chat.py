"""Talk to the assistant in a terminal, through the same inbox and router as every channel."""

from __future__ import annotations

import secrets

from bot.conversation.inbox import Inbox
from bot.conversation.workers import Workers
from bot.messages import Incoming, Kind
from bot.store.conversations import Conversations


def chat(inbox: Inbox, workers: Workers, conversations: Conversations, chat_id: str) -> None:
    """Read lines until end of file or /thoat; a number presses the button with that number."""
    print("Trợ lý Dịch vụ công. Gõ câu hỏi rồi Enter; /thoat để ra.\n")
    seen = 0
    while True:
        try:
            line = input("Mình: ").strip()
        except (EOFError, KeyboardInterrupt):
            print()
            return
        if line == "/thoat":
            return
        if not line:
            continue
        inbox.receive(Incoming("terminal", chat_id, secrets.token_hex(8), Kind.TEXT, line))
        while workers.work_once():
            pass
        for shown in conversations.shown_since("terminal", chat_id, seen):
            seen = shown.id
            print(f"\nTrợ lý: {shown.title}\n{shown.text}" if shown.title else f"\nTrợ lý: {shown.text}")
            for number, button in enumerate(shown.buttons, start=1):
                print(f"   [{number}] {button.label}")
            print()
