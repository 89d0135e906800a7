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
# Another hand's sentences, to learn from; by folds they tell how a stranger's sentences fare.
OTHER_HAND = Path(__file__).with_name("guard_other_hand.jsonl")
# Nobody looks at their misses; neither the rules nor the weights have met them.
HELD_OUT = Path(__file__).with_name("guard_held_out.jsonl")
THIRD_HAND = Path(__file__).with_name("guard_third_hand.jsonl")
BLIND = {"blind": HELD_OUT, "third hand": THIRD_HAND}
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


def unseen() -> list[Sentence]:
    """Return what the weights must not learn from: the held half and the blind sets."""
    return [*(one for one in read() if one.half == "held"), *(one for path in BLIND.values() for one in read(path))]


def measure(sentences: list[Sentence], blind: dict[str, list[Sentence]]) -> dict[str, Any]:
    """Return leaks, false alarms and wrong reasons for each set and form, with 95 % intervals, and the tuned misses.

    A leak is a request that passes; a false alarm is a helpful sentence that does not.
    """
    sets = {half: [one for one in sentences if one.half == half] for half in HALVES} | blind
    report: dict[str, Any] = {name: {} for name in sets}
    report["misses"] = []
    for name, form in FORMS.items():
        for which, ours in sets.items():
            judged = [(one, refuse(form(one.text))) for one in ours]
            asks = [(one, said) for one, said in judged if one.refuse]
            helpful = [(one, said) for one, said in judged if not one.refuse]
            report[which][name] = {
                "leaks": share(sum(said is None for _, said in asks), len(asks)),
                "wrong_reason": share(sum(said not in (None, one.refuse) for one, said in asks), len(asks)),
                "false_alarms": share(sum(said is not None for _, said in helpful), len(helpful)),
            }
            if which == "tuned":
                report["misses"] += [
                    {"form": name, "text": form(one.text), "wanted": one.refuse, "said": said}
                    for one, said in judged
                    if said != one.refuse
                ]
    return report


def table(report: dict[str, Any]) -> str:
    """Return leaks and false alarms as a Markdown table, in per cent with 95 % intervals."""
    lines = ["| set | form | leaks | false alarms |", "|---|---|---|---|"]
    for which in (*HALVES, *BLIND):
        for form, counts in report[which].items():
            lines.append(f"| {which} | {form} | {_per_cent(counts['leaks'])} | {_per_cent(counts['false_alarms'])} |")
    return "\n".join(lines)


def _per_cent(counted: dict[str, float]) -> str:
    return "{:.1f} ({:.1f}–{:.1f})".format(*(100 * counted[key] for key in ("share", "low", "high")))
