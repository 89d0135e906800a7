"""Count what the relay guard lets through, and what it stops without need, on sentences written for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from bot.desk.guard import refuse
from evaluation.answers.forms import folded, teencode
from evaluation.statistics import share
from nlu.text import fold

SENTENCES = Path(__file__).with_name("guard.jsonl")
FORMS: dict[str, Callable[[str], str]] = {"as_typed": str, "folded": folded, "teencode": teencode}
HALVES = ("tuned", "held")


@dataclass(frozen=True)
class Sentence:
    """Something a volunteer might write, and why it must not reach a citizen; None when it may."""

    text: str
    refuse: str | None

    @property
    def half(self) -> str:
        """The half it belongs to, for ever; nobody looks at a miss of the held half to mend a rule."""
        return HALVES[sha256(fold(self.text).encode()).digest()[0] % 2]


def read(path: Path = SENTENCES) -> list[Sentence]:
    """Return the sentences of a JSON lines file, in its order."""
    return [Sentence(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def measure(sentences: list[Sentence]) -> dict[str, Any]:
    """Return leaks, false alarms and wrong reasons for each half and form, with 95 % intervals, and the tuned misses.

    A leak is a request that passes; a false alarm is a helpful sentence that does not.
    """
    report: dict[str, Any] = {half: {} for half in HALVES}
    report["misses"] = []
    for name, form in FORMS.items():
        for half in HALVES:
            judged = [(one, refuse(form(one.text))) for one in sentences if one.half == half]
            asks = [(one, said) for one, said in judged if one.refuse]
            helpful = [(one, said) for one, said in judged if not one.refuse]
            report[half][name] = {
                "leaks": share(sum(said is None for _, said in asks), len(asks)),
                "wrong_reason": share(sum(said not in (None, one.refuse) for one, said in asks), len(asks)),
                "false_alarms": share(sum(said is not None for _, said in helpful), len(helpful)),
            }
            if half == "tuned":
                report["misses"] += [
                    {"form": name, "text": form(one.text), "wanted": one.refuse, "said": said}
                    for one, said in judged
                    if said != one.refuse
                ]
    return report
