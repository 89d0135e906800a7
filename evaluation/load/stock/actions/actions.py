"""One custom action that answers from the guides' short texts by counting shared words; runs under rasa-sdk."""

from __future__ import annotations

import json
import os
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

with open(os.environ["STOCK_ANSWERS"], encoding="utf-8") as file:
    ANSWERS = [(set(title.lower().split()), f"{title}\n{text}") for title, text in json.load(file)]


class ActionAnswer(Action):
    """Say the guide whose title shares most words with the message."""

    def name(self) -> str:
        return "action_answer"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        words = set((tracker.latest_message.get("text") or "").lower().split())
        dispatcher.utter_message(text=max(ANSWERS, key=lambda answer: len(answer[0] & words))[1])
        return []
