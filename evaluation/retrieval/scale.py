"""Build an index of very many synthetic passages and measure it: time, size, memory, search, and the update of one guide."""

from __future__ import annotations

import multiprocessing
import os
import random
import statistics as numbers
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.retrieval.synthetic import perturbed, synthetic
from evaluation.statistics import percentiles
from knowledge.decide import Decider
from knowledge.embeddings import Encoder
from knowledge.guide import Guide
from knowledge.index import build, open_current, search_terms
from knowledge.search import DEPTH, Search
from knowledge.vectors import Kind, Vectors

Say = Callable[[str], None]
TOP = 10
UPDATES = 5
# What a commune office's machine can give: p99 and update in ms and s, memory in GB.
TARGETS = {"vector_p99_ms": 15.0, "recall_at_10": 0.97, "ram_gb": 3.0, "update_s": 1.0}
# Cosines of equal texts differ in the last bits.
TIE = 1e-6


def measure(guides: Sequence[Guide], encoder: Encoder, passages: int, update_passages: int, say: Say) -> dict[str, Any]:
    """Return the numbers of an index of so many passages and, on a library of update_passages, of changing one guide."""
    with tempfile.TemporaryDirectory() as name:
        questions = _questions(guides)
        root = Path(name) / "large"
        built = _build(_made(guides, passages, say), encoder, root, say)
        exact = Path(name) / "exact.npy"
        np.save(exact, _encoded([passage.text for passage in open_current(root).passages], encoder, say))
        say("search: opening the index in a process of its own")
        vectors = encoder.encode(questions)
        # Spawned, so that its memory holds nothing of this process.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            found = pool.submit(_search, root, questions, vectors, exact).result()
        update = _update(_made(guides, update_passages, say), questions, encoder, Path(name) / "update", say)
    report = {**built, "search": found, "update": update, "cores": os.cpu_count(), "targets": TARGETS}
    report["met"] = {
        "vector_p99_ms": found["vector_ms"]["p99"] <= TARGETS["vector_p99_ms"],
        "recall_at_10": found["recall_at_10"] >= TARGETS["recall_at_10"],
        "ram_gb": found["peak_rss_mb"] <= 1000 * TARGETS["ram_gb"],
        "update_s": update["update_s"]["median"] <= TARGETS["update_s"],
    }
    return report


def table(report: dict[str, Any]) -> str:
    """Return the headline numbers as a Markdown table."""
    search, update = report["search"], report["update"]
    rows = [
        ("passages, guides", f"{report['passages']:,}, {report['guides']:,}"),
        ("vectors", f"{report['vectors']['factory']}, {report['vectors']['probes']} cells probed"),
        ("build", ", ".join(f"{what} {seconds} s" for what, seconds in report["build_s"].items())),
        ("on disk", ", ".join(f"{file} {size} MB" for file, size in report["size_mb"].items())),
        ("memory of the searching process", f"{search['peak_rss_mb']} MB at most"),
        ("vector search, ms", _line(search["vector_ms"])),
        ("exact vector search in the same run, ms", _line(search["exact_ms"])),
        ("its p50 and p99 against exact", f"{search['ratio_p50']}, {search['ratio_p99']}"),
        ("recall@10 against exact", str(search["recall_at_10"])),
        ("lexical search, ms", _line(search["lexical_ms"])),
        (
            f"update of one guide among {update['passages']:,} passages",
            f"median {update['update_s']['median']} s, at most {update['update_s']['max']} s, of it computing {update['update_cpu_s']['median']} s; whole build {update['build_s']} s",
        ),
        ("opening that index for search", f"{update['open_s']} s"),
        ("whole search in it, ms", _line(update["search_ms"])),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def _line(found: dict[str, float]) -> str:
    return ", ".join(f"{name} {value}" for name, value in found.items())


def _questions(guides: Sequence[Guide]) -> list[str]:
    """The golden dev questions, perturbed like the passages so that none of them is found too easily."""
    dice = random.Random(2)
    asked = [question.q for guide in guides for _, question in guide.golden("dev")]
    words = [word for question in asked for word in question.split()]
    return [perturbed(question, words, dice) for question in asked]


def _made(guides: Sequence[Guide], wanted: int, say: Say) -> list[Guide]:
    say(f"making {wanted:,} passages")
    return list(synthetic(guides, wanted))


def _build(guides: Sequence[Guide], encoder: Encoder, root: Path, say: Say) -> dict[str, Any]:
    """Build, telling how far it is, and return time by stage, size and kind."""
    started = time.perf_counter()
    spent: dict[str, float] = {}
    last = [started, started]

    def progress(what: str, done: int, total: int) -> None:
        now = time.perf_counter()
        spent[what] = spent.get(what, 0.0) + now - last[0]
        last[0] = now
        if now - last[1] > 5 or done in (0, total):
            last[1] = now
            say(f"{what}: {done:,} of {total:,} passages, {now - started:.0f} s")

    manifest = build(guides, encoder, root, progress)
    total = time.perf_counter() - started
    return {
        "passages": manifest.passages,
        "guides": manifest.guides,
        "dimension": manifest.dimension,
        "vectors": manifest.vectors,
        "build_s": {
            **{what: round(seconds, 1) for what, seconds in spent.items()},
            "rest": round(total - sum(spent.values()), 1),
            "total": round(total, 1),
        },
        "size_mb": {name: round((root / manifest.version / name).stat().st_size / 1e6, 1) for name in manifest.files},
    }


def _search(root: Path, questions: Sequence[str], vectors: NDArray[np.float32], exact_vectors: Path) -> dict[str, Any]:
    """Open the index and search it; runs in a process of its own. exact_vectors: file of the encoder's own vectors."""
    started = time.perf_counter()
    index = open_current(root)
    open_s = time.perf_counter() - started
    found, vector_ms = _timed(lambda vector: index.dense(vector, DEPTH), vectors)
    peak = _peak_mb()
    wanted = [[term for group in search_terms(q) for term in group] for q in questions]
    _, lexical_ms = _timed(lambda terms: index.lexical(terms, DEPTH), wanted)
    matrix = np.load(exact_vectors)
    exact = Vectors.of(range(len(matrix)), matrix, Kind("Flat", 0))
    best, exact_ms = _timed(lambda vector: exact.search(vector, DEPTH), vectors)
    recalls = [
        # Equal texts are equally near, so what counts is how near the found ones are, not which.
        np.mean(matrix[hits.passages[:TOP]] @ vector >= cosines[:TOP][-1] - TIE)
        for vector, hits, (_, cosines) in zip(vectors, found, best, strict=True)
    ]
    return {
        "questions": len(questions),
        "open_s": round(open_s, 1),
        "peak_rss_mb": peak,
        "vector_ms": vector_ms,
        "lexical_ms": lexical_ms,
        "exact_ms": exact_ms,
        "ratio_p50": round(vector_ms["p50"] / exact_ms["p50"], 3),
        "ratio_p99": round(vector_ms["p99"] / exact_ms["p99"], 3),
        "recall_at_10": round(float(np.mean(recalls)), 4),
    }


def _update(guides: list[Guide], questions: Sequence[str], encoder: Encoder, root: Path, say: Say) -> dict[str, Any]:
    """Change one guide after another and measure each new bundle, then the opening of the last one and searching it."""
    built = _build(guides, encoder, root, say)
    spent, computed, whole = [], [], 0
    for n in range(UPDATES):
        place = n * len(guides) // UPDATES
        short = f"Câu trả lời ngắn đã được sửa lần thứ {n + 1}."
        guides[place] = guides[place].model_copy(update={"short": short})
        started, computing = time.perf_counter(), time.process_time()
        manifest = build(guides, encoder, root)
        spent.append(time.perf_counter() - started)
        computed.append(time.process_time() - computing)
        say(f"update: one guide in {spent[-1]:.2f} s")
        whole += not manifest.replaced
    say("update: opening the index for search")
    started = time.perf_counter()
    search = Search(open_current(root), encoder, Decider())
    open_s = time.perf_counter() - started
    _, search_ms = _timed(search.search, questions)
    return {
        "passages": built["passages"],
        "guides": built["guides"],
        "vectors": built["vectors"],
        "build_s": built["build_s"]["total"],
        "update_s": {"median": round(numbers.median(spent), 2), "max": round(max(spent), 2)},
        "update_cpu_s": {"median": round(numbers.median(computed), 2), "max": round(max(computed), 2)},
        "whole_builds": whole,
        "open_s": round(open_s, 1),
        "search_ms": search_ms,
    }


def _encoded(texts: Sequence[str], encoder: Encoder, say: Say) -> NDArray[np.float32]:
    matrix = np.empty((len(texts), encoder.dimension), dtype=np.float32)
    for start in range(0, len(texts), 100_000):
        matrix[start : start + 100_000] = encoder.encode(texts[start : start + 100_000])
        say(f"exact vectors: {min(start + 100_000, len(texts)):,} of {len(texts):,}")
    return matrix


def _timed(ask: Callable[[Any], Any], asked: Sequence[Any] | NDArray[np.float32]) -> tuple[list[Any], dict[str, float]]:
    """Return all answers and the percentiles of their times in ms; the first round warms caches and is not counted.

    p99_cpu: of the time spent computing, which other programs on the machine do not lengthen by taking turns.
    """
    for one in asked:
        ask(one)
    found, spent, busy = [], [], []
    for one in asked:
        started, computing = time.perf_counter(), time.thread_time()
        found.append(ask(one))
        spent.append((time.perf_counter() - started) * 1000)
        busy.append((time.thread_time() - computing) * 1000)
    return found, {**percentiles(spent), "p99_cpu": percentiles(busy)["p99"]}


def _peak_mb() -> int:
    """The most memory this process has held. Not ru_maxrss: there a new process begins with its parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return round(int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6)
