"""Draw the two pictures of the scorecard; the only file that knows matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

_INK, _SOFT, _MARK = "#1f4e79", "#9aa5b1", "#c0392b"
_SPLITS = {"dev": ("câu dùng để chọn ngưỡng (dev)", _SOFT), "test": ("câu thử (test)", _INK)}


def draw_reliability(bins: Sequence[Mapping[str, Any]], error: float, path: Path) -> None:
    """Write what we said against what was right, with 95 % intervals; below, how many questions each bin has."""
    figure = Figure(figsize=(6, 5.6), layout="constrained")
    top, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    said, share = [b["said"] for b in bins], [b["share"] for b in bins]
    margins = [[b["share"] - b["low"] for b in bins], [b["high"] - b["share"] for b in bins]]
    top.plot((0, 1), (0, 1), color=_SOFT, linestyle="--", label="nói sao đúng vậy")
    top.errorbar(said, share, yerr=margins, color=_INK, marker="o", capsize=3, label="trợ lý (khoảng tin cậy 95 %)")
    top.set(
        ylabel="tỷ lệ bài đúng",
        xlim=(0, 1),
        ylim=(0, 1),
        title="Nói chắc tới đâu, đúng tới đó? " + f"Lệch {error:.3f}".replace(".", ","),
    )
    top.legend(loc="upper left")
    below.bar(said, [b["n"] for b in bins], width=0.05, color=_INK)
    below.set(xlabel="độ tin trợ lý tính ra", ylabel="số câu")
    figure.savefig(path, dpi=100)


def draw_risk(risk: Mapping[str, Any], path: Path) -> None:
    """Write the wrong share against the answered share as the threshold falls, with our point on each curve."""
    figure = Figure(figsize=(6, 4.6), layout="constrained")
    axes = figure.subplots()
    for name, split in risk.items():
        label, colour = _SPLITS[name]
        points = [(100 * point["answered"], 100 * point["wrong"]) for point in split["curve"]]
        axes.plot(*zip(*points, strict=True), color=colour, label=label)
    ours = risk["test"]["ours"]
    label = f"đang chạy: trả lời khi độ tin từ {ours['threshold']:.2f}".replace(".", ",")
    axes.plot(100 * ours["answered"]["share"], 100 * ours["wrong"]["share"], "o", color=_MARK, label=label)
    axes.axhline(2, color=_SOFT, linestyle=":", label="sai 2 %")
    axes.set(
        xlabel="% câu trong phạm vi được trả lời",
        ylabel="% câu bị trả lời sai",
        title="Trả lời càng nhiều, sai càng nhiều",
    )
    axes.set(xlim=(0, 100), ylim=(0, None))
    axes.legend(loc="upper left")
    figure.savefig(path, dpi=100)
