"""How well a running Rasa understands labelled messages it never saw: accuracy, macro-F1, entity F1, time."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.conversation.turn import Hears
from evaluation.answers.forms import folded, teencode
from evaluation.statistics import percentiles, share, spread
from knowledge.errors import KnowledgeError

QUESTIONS = Path(__file__).with_name("questions.jsonl")
FORMS = {"as_typed": lambda text: text, "folded": folded, "teencode": teencode}


def read(path: Path = QUESTIONS) -> list[dict[str, Any]]:
    """Read lines of {"text", "intent", "entities"?: [{"entity", "value"}]}; rows without entities do not
    count for entity F1. Name line and field of a fault."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as exc:
            raise KnowledgeError(f"{path.name}:{number}: not JSON: {exc}") from exc
        for name in ("text", "intent"):
            if not isinstance(row, dict) or not isinstance(row.get(name), str):
                raise KnowledgeError(f"{path.name}:{number}: {name}: expected a text")
        rows.append(row)
    return rows


def measure(nlu: Hears, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return per form the accuracy, macro-F1 and entity F1, the time of a parse, and what was misheard as typed."""
    report: dict[str, Any] = {"questions": len(rows), "forms": {}, "misheard": []}
    times: list[float] = []
    for name, form in FORMS.items():
        pairs: list[tuple[str, str]] = []
        found: list[tuple[int, int, int]] = []
        for row in rows:
            started = time.perf_counter()
            heard = nlu.parse(form(row["text"]))
            times.append((time.perf_counter() - started) * 1000)
            pairs.append((row["intent"], heard.intent or "away"))
            if name == "as_typed" and heard.intent != row["intent"]:
                miss = {
                    "text": row["text"],
                    "intent": row["intent"],
                    "heard": heard.intent,
                    "confidence": heard.confidence,
                }
                report["misheard"].append(miss)
            if "entities" not in row:
                continue
            wanted = {(e["entity"], e["value"].casefold()) for e in row.get("entities", ())}
            got = {(e.kind, e.value.casefold()) for e in heard.entities}
            found.append((len(wanted & got), len(wanted - got), len(got - wanted)))
        report["forms"][name] = {
            "accuracy": share(sum(wanted == heard for wanted, heard in pairs), len(pairs)),
            "macro_f1": round(macro_f1(pairs), 4),
            "macro_f1_ci95": spread(macro_f1, pairs),
            "entity_f1": round(_entity_f1(found), 4),
            "entity_f1_ci95": spread(_entity_f1, found),
        }
    report["parse_ms"] = percentiles(times)
    return report


def macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """Return the mean F1 over the intents that were wanted; pairs are (wanted, heard)."""
    intents = {wanted for wanted, _ in pairs}
    scores = [
        _f1(
            sum(wanted == heard == intent for wanted, heard in pairs),
            sum(wanted == intent != heard for wanted, heard in pairs),
            sum(heard == intent != wanted for wanted, heard in pairs),
        )
        for intent in intents
    ]
    return sum(scores) / len(scores) if scores else 0.0


def _entity_f1(found: Sequence[tuple[int, int, int]]) -> float:
    """Entities right, missed and extra of each message, taken together."""
    return _f1(*(sum(column) for column in zip(*found, strict=True))) if found else 0.0


def _f1(right: int, missed: int, extra: int) -> float:
    return 2 * right / (2 * right + missed + extra) if right else 0.0
