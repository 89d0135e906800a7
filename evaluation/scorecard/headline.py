"""The scorecard's main numbers: taken from a report, kept in evaluation/scorecard.json, compared with what was kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

KEPT = Path(__file__).resolve().parents[1] / "scorecard.json"
Number = dict[str, Any]
_ANSWERS = ("right", "right_or_offered", "wrong", "aspect_right", "out_of_scope_answered")
_LOWER_IS_BETTER = ("wrong", "out_of_scope_answered")


def headline(report: Mapping[str, Any]) -> dict[str, Number]:
    """Return value, low, high, n and lower_is_better by name, such as `answers/folded/right`.

    What Rasa has a part in is left out of a report without it: it would be compared with numbers that had it.
    """
    found = _ranking(report) | _answers("without_rasa/as_typed", _without_rasa(report))
    if report["rasa"]:
        found |= _answers("held_out/as_typed", report["held_out"]["forms"]["as_typed"])
        for form, summary in report["answers"]["forms"].items():
            found |= _answers(f"answers/{form}", summary)
        for form, scores in report["nlu"]["forms"].items():
            heard = scores["accuracy"]
            found[f"nlu/{form}/accuracy"] = _number(heard["share"], (heard["low"], heard["high"]), heard["n"])
            for key in ("macro_f1", "entity_f1"):
                found[f"nlu/{form}/{key}"] = _number(scores[key], scores[f"{key}_ci95"], heard["n"])
        for form, scores in report["calibration"].items():
            number = _number(scores["error"], scores["error_ci95"], scores["n"], lower_is_better=True)
            found[f"calibration/{form}/error"] = number
    return found


def drops(now: Mapping[str, Number], kept: Mapping[str, Number]) -> list[str]:
    """Return a line for each number that is worse than its kept interval; numbers measured only once are not compared."""
    lines = []
    for name in now.keys() & kept.keys():
        value, was = now[name]["value"], kept[name]
        if value > was["high"] if was["lower_is_better"] else value < was["low"]:
            lines.append(f"{name}: {value:.4f}; was {was['value']:.4f}, interval {was['low']:.4f} to {was['high']:.4f}")
    return sorted(lines)


def read_kept(path: Path = KEPT) -> dict[str, Any]:
    """Return what was kept: measured_on, versions, headline."""
    return dict(json.loads(path.read_text(encoding="utf-8")))


def keep(report: Mapping[str, Any], path: Path = KEPT) -> dict[str, Any]:
    """Write and return what later reports are compared with."""
    kept = {key: report[key] for key in ("measured_on", "versions")} | {"headline": headline(report)}
    path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return kept


def _answers(name: str, summary: Mapping[str, Any]) -> dict[str, Number]:
    shares = {key: summary[key] for key in _ANSWERS if summary[key]["n"]}
    return {
        f"{name}/{key}": _number(s["share"], (s["low"], s["high"]), s["n"], lower_is_better=key in _LOWER_IS_BETTER)
        for key, s in shares.items()
    }


def _without_rasa(report: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (report["without_rasa"] or report["answers"])["forms"]["as_typed"]
    return found


def _ranking(report: Mapping[str, Any]) -> dict[str, Number]:
    return {
        f"ranking/{form}/{key}": _number(scores[key], scores[f"{key}_ci95"], scores["n"])
        for form, scores in report["ranking"].items()
        for key in ("recall@1", "recall@5")
    }


def _number(value: float, interval: Sequence[float], n: int, *, lower_is_better: bool = False) -> Number:
    return {"value": value, "low": interval[0], "high": interval[1], "n": n, "lower_is_better": lower_is_better}
