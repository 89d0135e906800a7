"""Conversations as YAML, through the real inbox, workers, router, index and encoder.

With Rasa played by a fake that hears what each line's `heard` says, and, marked `rasa`, with a real Rasa.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.app import Assistant
from bot.conversation.inbox import Inbox
from bot.conversation.turn import Hears
from bot.conversation.workers import Workers
from bot.messages import Incoming, Kind
from bot.store.conversations import Conversations, Shown
from bot.store.schema import turn
from knowledge.records.importing import import_records
from knowledge.records.store import RecordStore
from nlu.client import NluClient
from nlu.text import fold
from tests.fakes import Hearing

FOLDER = Path(__file__).parent
RECORDS = FOLDER.parent / "knowledge" / "records"
_NUMBERS = itertools.count()


@pytest.fixture(scope="module", autouse=True)
def _published_records(assistant: Assistant) -> None:
    """Records that people of these dialogues may ask for; imported while the assistant is there already."""
    import_records(RecordStore(assistant.settings.records), sorted(RECORDS.iterdir()), date(2026, 6, 30))


def dialogues() -> list[Any]:
    return [
        pytest.param(dialogue, id=f"{path.stem}-{dialogue['name']}")
        for path in sorted(FOLDER.glob("*.yml"))
        for dialogue in YAML(typ="safe").load(path)
    ]


@pytest.mark.parametrize("dialogue", dialogues())
def test_dialogue(dialogue: dict[str, Any], assistant: Assistant) -> None:
    hearing = Hearing(
        {
            fold(line["citizen"]): (line["heard"], 0.95)
            for line in dialogue["lines"]
            if "citizen" in line and "heard" in line
        }
    )
    play(dialogue, assistant, hearing)


@pytest.mark.rasa
@pytest.mark.parametrize("dialogue", dialogues())
def test_dialogue_with_real_rasa(dialogue: dict[str, Any], assistant: Assistant, real_rasa: NluClient) -> None:
    play(dialogue, assistant, real_rasa)


def play(dialogue: dict[str, Any], assistant: Assistant, nlu: Hears) -> None:
    """Send the citizen's lines and compare what comes back."""
    number = next(_NUMBERS)
    now = datetime(2026, 11, 24, 3, tzinfo=UTC)
    conversations = Conversations(assistant.database, "test")
    services = replace(assistant.services, nlu=nlu)
    outcomes: list[str] = []
    workers = Workers(
        conversations, assistant.router, services, timedelta(minutes=30), lambda turn: outcomes.append(turn.outcome)
    )
    inbox = Inbox(conversations, timedelta(), lambda: None)
    shown: list[Shown] = []
    seen = 0
    for position, line in enumerate(dialogue["lines"]):
        where = f"{dialogue['name']}, line {position + 1}"
        if "wait_minutes" in line:
            now += timedelta(minutes=line["wait_minutes"])
            continue
        if "bot" in line:
            compare(line["bot"], shown[-1], outcomes[-1], assistant, number, where)
            continue
        now += timedelta(seconds=5)
        inbox.receive(incoming(line, shown, f"d{number}", f"{number}-{position}", now))
        assert workers.work_once(now), where
        shown = conversations.shown_since("terminal", f"d{number}", seen)
        seen = shown[-1].id


def incoming(line: dict[str, Any], shown: list[Shown], chat: str, update_id: str, now: datetime) -> Incoming:
    if "tap" in line:
        actions = {button.label: button.action for button in shown[-1].buttons}
        assert line["tap"] in actions, f"no button {line['tap']!r} among {list(actions)}"
        return Incoming("terminal", chat, update_id, Kind.BUTTON, action=actions[line["tap"]], received_at=now)
    if "sends" in line:
        return Incoming("terminal", chat, update_id, Kind(line["sends"]), received_at=now)
    return Incoming("terminal", chat, update_id, Kind.TEXT, line["citizen"], received_at=now)


def compare(wanted: dict[str, Any], shown: Shown, outcome: str, assistant: Assistant, number: int, where: str) -> None:
    text = f"{shown.title}\n{shown.text}"
    if "outcome" in wanted:
        assert outcome in _several(wanted["outcome"]), f"{where}: {outcome}: {text}"
    if "guide" in wanted:
        with assistant.database.begin() as db:
            said = db.execute(turn.select().where(turn.c.id == shown.turn_id)).one()
        assert said.guide == wanted["guide"], f"{where}: {text}"
    for part in _several(wanted.get("contains")):
        assert part in text, f"{where}: {part!r} not in {text}"
    for part in _several(wanted.get("lacks")):
        assert part not in text, f"{where}: {part!r} in {text}"
    labels = [button.label for button in shown.buttons]
    for label in _several(wanted.get("button")):
        assert label in labels, f"{where}: no button {label!r} among {labels}"


def _several(value: str | list[str] | None) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else value
