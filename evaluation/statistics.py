"""Small statistics that every evaluation reports the same way."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


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


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Return p50, p95 and p99; zeros when there are no values."""
    if not values:
        return {"p50": 0.0, "p95": 0.0, "p99": 0.0}
    p50, p95, p99 = np.percentile(values, [50, 95, 99])
    return {"p50": round(float(p50), 2), "p95": round(float(p95), 2), "p99": round(float(p99), 2)}
