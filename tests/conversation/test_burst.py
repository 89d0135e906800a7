"""Short messages in a row are one question; a whole question is answered at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.app import Assistant
from bot.conversation.inbox import Inbox
from bot.conversation.workers import Finished, Workers
from bot.messages import Incoming, Kind
from bot.store.conversations import Conversations

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)


class Chat:
    def __init__(self, assistant: Assistant, name: str) -> None:
        conversations = Conversations(assistant.database, "burst")
        self.name = name
        self.finished: list[Finished] = []
        self.inbox = Inbox(conversations, timedelta(seconds=1.5), lambda: None)
        self.workers = Workers(
            conversations, assistant.router, assistant.services, timedelta(minutes=30), self.finished.append
        )

    def send(self, text: str, after_s: float, kind: Kind = Kind.TEXT, action: str = "") -> None:
        update_id = f"{self.name}-{after_s}-{text}{action}"
        at = NOW + timedelta(seconds=after_s)
        self.inbox.receive(Incoming("terminal", self.name, update_id, kind, text, action, at))

    def work(self, after_s: float) -> bool:
        return self.workers.work_once(NOW + timedelta(seconds=after_s))


@pytest.fixture
def chat(assistant: Assistant, request: pytest.FixtureRequest) -> Chat:
    return Chat(assistant, request.node.name)


def test_pieces_become_one_question(chat: Chat) -> None:
    chat.send("cháu ơi", 0)
    assert not chat.work(0.5)
    chat.send("bác quên mật khẩu", 1)
    chat.send("cái vneid ấy", 2)
    assert not chat.work(3)
    assert chat.work(3.5)
    (turn,) = chat.finished
    assert len(turn.update_ids) == 3
    # Answered or asked back: either way all three pieces together named the guide.
    assert any(button.action.endswith(":vneid-quen-mat-khau") for button in turn.shown.buttons)
    assert not chat.work(10)


def test_a_whole_question_does_not_wait(chat: Chat) -> None:
    chat.send("quên mật khẩu vneid?", 0)
    assert chat.work(0)


def test_a_tap_does_not_wait_and_stands_alone(chat: Chat) -> None:
    chat.send("quên mật khẩu", 0)
    chat.send("", 0.2, Kind.BUTTON, "g:vneid-quen-mat-khau")
    assert chat.work(0.2)
    assert chat.work(0.2)
    assert [len(turn.update_ids) for turn in chat.finished] == [1, 1]


def test_a_command_stands_alone(chat: Chat) -> None:
    chat.send("quên mật khẩu", 0)
    chat.send("/trogiup", 0.2)
    chat.work(2)
    chat.work(2)
    assert [turn.outcome for turn in chat.finished][-1] == "answered_abilities"
