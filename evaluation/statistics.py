"""Small statistics that every evaluation reports the same way."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

Row = TypeVar("Row")


def wilson(hits: int, n: int) -> tuple[float, float, float]:
    """Return (share, low, high): a share with its 95 % Wilson interval, all 0 to 1; zeros when n is 0."""
    if n == 0:
        return 0.0, 0.0, 0.0
    z, p = 1.96, hits / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return p, max(0.0, centre - half), min(1.0, centre + half)


def share(hits: int, n: int) -> dict[str, float | int]:
    """Return a share with its interval and counts, rounded, for JSON."""
    p, low, high = wilson(hits, n)
    return {"share": round(p, 4), "low": round(low, 4), "high": round(high, 4), "hits": hits, "n": n}


def spread(statistic: Callable[[Sequence[Row]], float], rows: Sequence[Row], draws: int = 200) -> tuple[float, float]:
    """Return the 95 % interval of a number from 0 to 1 that is no plain share, by bootstrap; the same every time."""
    if not rows:
        return 0.0, 0.0
    dice = np.random.default_rng(0)
    drawn = [statistic([rows[i] for i in dice.integers(len(rows), size=len(rows))]) for _ in range(draws)]
    value, margin = statistic(rows), 1.96 * float(np.std(drawn))
    return round(max(0.0, value - margin), 4), round(min(1.0, value + margin), 4)


def reliability(cases: Sequence[tuple[float, bool]], bins: int = 10) -> list[dict[str, float | int]]:
    """Return for each bin of probabilities the mean of what was `said` and the share that was right; no empty bins.

    cases: (probability that was said, whether it was right).
    """
    said = np.array([probability for probability, _ in cases])
    right = np.array([was_right for _, was_right in cases])
    place = np.clip((said * bins).astype(int), 0, bins - 1)
    found = [(float(said[place == b].mean()), right[place == b]) for b in range(bins) if (place == b).any()]
    return [{"said": round(mean, 4), **share(int(own.sum()), len(own))} for mean, own in found]


def calibration_error(cases: Sequence[tuple[float, bool]]) -> float:
    """Return the expected calibration error over ten bins, 0 to 1: how far what was said lies from what was right."""
    return float(sum(b["n"] * abs(b["share"] - b["said"]) for b in reliability(cases)) / len(cases))


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Return p50, p95 and p99; zeros when there are no values."""
    if not values:
        return {"p50": 0.0, "p95": 0.0, "p99": 0.0}
    p50, p95, p99 = np.percentile(values, [50, 95, 99])
    return {"p50": round(float(p50), 2), "p95": round(float(p95), 2), "p99": round(float(p99), 2)}
