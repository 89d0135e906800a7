"""Ask every question in each form and count: answered right, asked back well, abstained, wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tqdm import tqdm

from bot.asking import Asker
from evaluation.answers.forms import folded, teencode
from evaluation.answers.questions import Asked
from evaluation.statistics import percentiles, share

Form = Callable[[str], str]
FORMS: dict[str, Form] = {"as_typed": lambda question: question, "folded": folded, "teencode": teencode}
JUDGEMENTS = ("right", "asked_back", "abstained", "wrong")


def judge(asked: Asked, answer: dict[str, Any]) -> str:
    """Return right, asked_back (the right guide is among at most 3 offered), abstained or wrong.

    For an out-of-scope question anything but an answer from a guide or an imported record, or an offer of them, counts as abstained.
    """
    if answer["guide"] is not None:
        return "right" if answer["guide"] in asked.guides else "wrong"
    if answer["record"] is not None:
        return "wrong"
    if answer["offered"]:
        return "asked_back" if set(answer["offered"][:3]) & set(asked.guides) else "abstained"
    return "abstained"


def measure(
    asker: Asker, questions: Sequence[Asked], forms: Mapping[str, Form] = FORMS, *, quiet: bool = False
) -> dict[str, Any]:
    """Return the report: shares with 95 % intervals per form, by group and register, latency, and the misses."""
    report: dict[str, Any] = {"questions": len(questions), "forms": {}, "misses": []}
    latencies: list[float] = []
    for name, form in forms.items():
        rows = []
        for asked in tqdm(questions, desc=name, unit="câu", disable=quiet):
            question = form(asked.question)
            answer = asker.ask(question, [form(earlier) for earlier in asked.history])
            latencies.append(answer["latency_ms"])
            verdict = judge(asked, answer)
            rows.append((asked, verdict, answer))
            if verdict != ("right" if asked.guides else "abstained"):
                report["misses"].append(
                    {
                        "form": name,
                        "id": asked.id,
                        "asked": question,
                        "wanted": list(asked.guides),
                        "verdict": verdict,
                        **{
                            key: answer[key]
                            for key in ("outcome", "guide", "record", "aspect", "confidence", "offered", "intent")
                        },
                    }
                )
        report["forms"][name] = _summary(rows)
        if name == "as_typed":
            report["by_group"] = _by(rows, lambda asked: asked.group)
            report["by_register"] = _by(rows, lambda asked: asked.register)
    report["latency_ms"] = percentiles(latencies)
    return report


def _summary(rows: Sequence[tuple[Asked, str, dict[str, Any]]]) -> dict[str, Any]:
    inside = [(asked, verdict, answer) for asked, verdict, answer in rows if asked.guides]
    outside = [(verdict, answer) for asked, verdict, answer in rows if not asked.guides]
    counts = Counter(verdict for _, verdict, _ in inside)
    judged = [(asked, answer) for asked, verdict, answer in inside if asked.aspect and verdict == "right"]
    return {
        **{verdict: share(counts[verdict], len(inside)) for verdict in JUDGEMENTS},
        "right_or_offered": share(counts["right"] + counts["asked_back"], len(inside)),
        "aspect_right": share(sum(asked.aspect == answer["aspect"] for asked, answer in judged), len(judged)),
        "out_of_scope_answered": share(sum(verdict == "wrong" for verdict, _ in outside), len(outside)),
        "out_of_scope_asked_back": share(sum(bool(answer["offered"]) for _, answer in outside), len(outside)),
    }


def _by(rows: Sequence[tuple[Asked, str, dict[str, Any]]], key: Callable[[Asked], str]) -> dict[str, Any]:
    groups: dict[str, list[tuple[Asked, str, dict[str, Any]]]] = {}
    for row in rows:
        groups.setdefault(key(row[0]) or "-", []).append(row)
    return {name: _summary(group) for name, group in sorted(groups.items())}


def table(report: dict[str, Any]) -> str:
    """Return the headline numbers as a Markdown table, percentages with their intervals."""
    columns = (*JUDGEMENTS, "right_or_offered", "aspect_right", "out_of_scope_answered", "out_of_scope_asked_back")
    lines = ["| form | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, summary in report["forms"].items():
        cells = [
            f"{100 * s['share']:.1f} ({100 * s['low']:.1f}–{100 * s['high']:.1f})"
            for s in (summary[c] for c in columns)
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
