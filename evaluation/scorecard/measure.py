"""Take all measurements of the scorecard; how they read is page.py's, which of them are kept is headline.py's."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from bot.app import Assistant, NoRasa
from bot.asking import Asker
from bot.conversation.turn import Hears
from evaluation.answers import measure as answers
from evaluation.answers.calibrate import Case, collect
from evaluation.answers.questions import HELD_OUT, Asked, golden, out_of_scope, read
from evaluation.nlu import measure as understanding
from evaluation.retrieval import bench
from evaluation.statistics import calibration_error, reliability, share, spread
from knowledge.decide import WEIGHTS, Decider
from knowledge.search import CONSIDERED, Candidate, Search

# What the fast subset asks: all test questions, but not in teencode, and none of dev and of the baselines of retrieval.
FAST_FORMS = ("as_typed", "folded")
# The most confident ones of each kind are shown.
WORST_INSIDE, WORST_OUTSIDE = 20, 10
# What a careful service would allow on dev; the curve shows what it costs.
WRONG_WANTED = 0.02
_AS_TYPED = {"as_typed": answers.FORMS["as_typed"]}


class RememberingSearch(Search):
    """Searches each question once, however many measurements ask it; so times measured over it mean nothing."""

    def __init__(self, search: Search, decider: Decider) -> None:
        super().__init__(search.index, search.encoder, decider)
        self._found: dict[str, list[Candidate]] = {}

    def search(self, query: str, limit: int = 5) -> list[Candidate]:
        """Return at most limit guides, best first; limit: up to CONSIDERED."""
        if query not in self._found:
            self._found[query] = super().search(query, CONSIDERED)
        return self._found[query][:limit]


class _RememberingEars:
    """Lets Rasa hear each text once."""

    def __init__(self, nlu: Hears) -> None:
        self.parse = cache(nlu.parse)


def measure(
    assistant: Assistant,
    search: RememberingSearch,
    nlu: Hears | None,
    *,
    fast: bool = False,
    bench_sets: Sequence[Path] = (),
    say: Callable[[str], None] = lambda _: None,
    quiet: bool = True,
) -> dict[str, Any]:
    """Return the report. nlu: None where there is no Rasa. say: told what comes next. quiet: no progress bars."""
    guides = list(search.index.guides.values())
    questions = [*golden(guides, "test"), *out_of_scope("test")]
    forms = {name: answers.FORMS[name] for name in (FAST_FORMS if fast else answers.FORMS)}
    ears = _RememberingEars(nlu or NoRasa())
    services = replace(assistant.services, nlu=ears, search=search)
    asker = Asker(assistant.router, services)

    say(f"{len(questions)} câu thử")
    asked = _without_times(answers.measure(asker, questions, forms, quiet=quiet))
    report: dict[str, Any] = {
        "measured_on": date.today().isoformat(),  # noqa: DTZ011 - the day on the reader's own calendar
        "fast": fast,
        "rasa": nlu is not None,
        "versions": versions(search, services.decider),
        "worst": _worst(asked.pop("misses"), questions),
        "answers": asked,
        "without_rasa": None,
        "nlu": None,
        "retrieval": {},
    }
    if nlu is not None:
        say("các câu ấy khi Rasa nghỉ")
        deaf = Asker(assistant.router, replace(services, nlu=NoRasa()))
        report["without_rasa"] = _without_times(answers.measure(deaf, questions, _AS_TYPED, quiet=quiet))
        say("Rasa nghe")
        report["nlu"] = understanding.measure(nlu, understanding.read())
    say("câu do người khác viết")
    report["held_out"] = _without_times(
        answers.measure(asker, read(HELD_OUT), _AS_TYPED if fast else forms, quiet=quiet)
    )
    # Nobody looks at these one by one, or they would soon be tuned for.
    for part in ("without_rasa", "held_out"):
        if report[part]:
            del report[part]["misses"]

    say("xếp hạng và độ tin")
    cases = collect(questions, search, ears, forms, quiet=quiet)
    report["ranking"] = {form: _ranking([case for case in cases if case.form == form]) for form in forms}
    report["calibration"] = {
        form: _calibration([c for c in cases if c.form == form], services.decider) for form in forms
    }
    curves = {"test": [case for case in cases if case.form == "as_typed"]}
    if not fast:
        dev = [*golden(guides, "dev"), *out_of_scope("dev")]
        curves["dev"] = collect(dev, search, ears, _AS_TYPED, quiet=quiet)
        for benchmark in [*map(bench.read, bench_sets), bench.from_guides("test")]:
            say(f"tìm trong {benchmark.name}: {len(benchmark.questions)} câu, {len(benchmark.texts)} đoạn")
            report["retrieval"][benchmark.name] = bench.plain(bench.measure(benchmark, search.encoder))
    report["risk"] = _risk(curves, services.decider)
    return report


def versions(search: Search, decider: Decider) -> dict[str, Any]:
    """Return what was measured: the index with its guides, the encoder, and the weights of knowledge/decide.json."""
    manifest = search.index.manifest
    return {
        "index": manifest.version,
        "guides": manifest.guides,
        "passages": manifest.passages,
        "encoder": manifest.encoder[:16],
        "decide": hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()[:16],
        "answer_from": decider.answer_from,
        "ask_from": decider.ask_from,
    }


def at(cases: Sequence[tuple[Case, float]], threshold: float) -> dict[str, Any]:
    """Return what answering from this confidence would give: shares of the in-scope questions, and of the others."""
    inside = [case.right for case, _ in cases if case.asked.guides]
    said = [case.right for case, sure in cases if case.asked.guides and sure >= threshold]
    outside = [sure >= threshold for case, sure in cases if not case.asked.guides]
    return {
        "threshold": round(threshold, 4),
        "answered": share(len(said), len(inside)),
        "right": share(sum(said), len(inside)),
        "wrong": share(len(said) - sum(said), len(inside)),
        "out_of_scope_answered": share(sum(outside), len(outside)),
    }


def _without_times(report: dict[str, Any]) -> dict[str, Any]:
    del report["latency_ms"]
    return report


def _worst(misses: Sequence[dict[str, Any]], questions: Sequence[Asked]) -> list[dict[str, Any]]:
    """The most confident wrong answers, each question once, in the form in which we were most sure."""
    typed = {asked.id: asked.question for asked in questions}
    worst: dict[str, dict[str, Any]] = {}
    for miss in sorted(misses, key=lambda miss: -(miss["confidence"] or 0.0)):
        if miss["verdict"] == "wrong":
            worst.setdefault(miss["id"], {**miss, "question": typed[miss["id"]]})
    inside = [miss for miss in worst.values() if miss["wanted"]]
    outside = [miss for miss in worst.values() if not miss["wanted"]]
    return [*inside[:WORST_INSIDE], *outside[:WORST_OUTSIDE]]


def _ranking(cases: Sequence[Case]) -> dict[str, Any]:
    found = [
        next((i for i, c in enumerate(case.candidates, start=1) if c.guide.id in case.asked.guides), CONSIDERED + 1)
        for case in cases
        if case.asked.guides
    ]
    return bench.rate(found).as_json()


def _sure(cases: Sequence[Case], decider: Decider) -> list[float]:
    return [decider.confidence(case.candidates, case.out_of_scope, case.away) for case in cases]


def _calibration(cases: Sequence[Case], decider: Decider) -> dict[str, Any]:
    pairs = [(sure, case.right) for sure, case in zip(_sure(cases, decider), cases, strict=True)]
    return {
        "n": len(pairs),
        "error": round(calibration_error(pairs), 4),
        "error_ci95": spread(calibration_error, pairs),
        "bins": reliability(pairs),
    }


def _risk(splits: dict[str, list[Case]], decider: Decider) -> dict[str, Any]:
    """For each split the curve, our own point on it, and the point that dev would choose for WRONG_WANTED."""
    known = {name: list(zip(cases, _sure(cases, decider), strict=True)) for name, cases in splits.items()}
    risk = {name: {"ours": at(cases, decider.answer_from), "curve": _curve(cases)} for name, cases in known.items()}
    if "dev" in known:
        steps = (at(known["dev"], step / 100) for step in range(101))
        careful = next(point["threshold"] for point in steps if point["wrong"]["share"] <= WRONG_WANTED)
        for name, cases in known.items():
            risk[name]["careful"] = at(cases, careful)
    return risk


def _curve(cases: Sequence[tuple[Case, float]]) -> list[dict[str, float]]:
    """The plain shares at a hundred thresholds with as many questions between each two."""
    thresholds = np.unique(np.quantile([sure for case, sure in cases if case.asked.guides], np.linspace(0, 1, 101)))
    points = [at(cases, float(threshold)) for threshold in [*thresholds, 1.01]]
    return [{key: v["share"] if isinstance(v, dict) else v for key, v in point.items()} for point in points]
