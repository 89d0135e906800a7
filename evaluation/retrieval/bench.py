"""Measure BM25, dense and hybrid retrieval on a BEIR-style folder, with and without diacritics; numbers, not tests."""

from __future__ import annotations

import argparse
import gzip
import json
import math
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.statistics import wilson
from knowledge.decide import Decider
from knowledge.embeddings import DEFAULT_MODEL, Encoder, SentenceEncoder
from knowledge.guide import Split
from knowledge.index import build, open_current, search_terms
from knowledge.library import load
from knowledge.passages import passages
from knowledge.records.record import Record
from knowledge.records.store import RecordStore
from knowledge.search import Search
from nlu.text import strip_marks

METHODS = ("bm25", "dense", "hybrid")
# The guides alone can also be asked of the product's own search, with its profiles and learned weights; a folder of
# procedures of the product's search over imported records.
PRODUCT = "product"
RECORDS = "records"
CUTS = (1, 5, 10)
# The cosine counts 2.5 x (1 - coverage)^6 beside BM25 divided by the question's best, where coverage is how much of the
# question's weight the best text holds: words of law and titles find their text, spoken ones need the encoder. Chosen on
# our dev questions and the public sets; the product's own weights are learned, see knowledge/decide.py.
DENSE_WEIGHT, FADING = 2.5, 6


@dataclass(frozen=True)
class Benchmark:
    """Texts, questions, and which documents answer each question; several texts may belong to one document."""

    name: str
    documents: list[str]
    texts: list[str]
    questions: list[str]
    answers: list[set[str]]


@dataclass(frozen=True)
class Score:
    """Share of questions with a right document among the first k, and MRR@10, each with its 95 % interval."""

    n: int
    recall: dict[int, float]
    recall_interval: dict[int, tuple[float, float]]
    mrr: float
    mrr_interval: tuple[float, float]

    def as_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {"n": self.n}
        for cut in CUTS:
            low, high = self.recall_interval[cut]
            out[f"recall@{cut}"] = round(self.recall[cut], 4)
            out[f"recall@{cut}_ci95"] = [round(low, 4), round(high, 4)]
        out["mrr@10"] = round(self.mrr, 4)
        out["mrr@10_ci95"] = [round(bound, 4) for bound in self.mrr_interval]
        return out


def read(folder: Path) -> Benchmark:
    """Read corpus, queries and qrels of a folder. Where queries are marked heldout, only those are asked.

    A corpus line may carry `context` (searched with the text) and `group` (the document it is a part of).
    """
    documents, texts = [], []
    for line in _lines(folder, "corpus.jsonl"):
        row = json.loads(line)
        documents.append(row.get("group") or row["id"])
        texts.append(" ".join(filter(None, (row["text"], row.get("context")))))
    answers: dict[str, set[str]] = {}
    for line in _lines(folder, "qrels.tsv"):
        query, document, score = line.rstrip("\n").split("\t")[:3]
        if score != "score" and float(score) > 0:
            answers.setdefault(query, set()).add(document)
    queries = [json.loads(line) for line in _lines(folder, "queries.jsonl")]
    if any(query.get("heldout") for query in queries):
        # The others are titles that the encoder was trained on.
        queries = [query for query in queries if query.get("heldout")]
    queries = [query for query in queries if query["id"] in answers]
    return Benchmark(
        folder.name, documents, texts, [query["text"] for query in queries], [answers[query["id"]] for query in queries]
    )


def from_guides(split: Split) -> Benchmark:
    """Return the guides' own golden questions of one split, asked of the passages that the product searches."""
    guides = load()
    made = [passage for guide in guides for passage in passages(guide)]
    asked = [(question.q, {guide.id, *question.also}) for guide in guides for _, question in guide.golden(split)]
    return Benchmark(
        f"guides-{split}",
        [passage.guide for passage in made],
        [passage.text for passage in made],
        [text for text, _ in asked],
        [answers for _, answers in asked],
    )


def measure(benchmark: Benchmark, encoder: Encoder, dense_weight: float = DENSE_WEIGHT) -> dict[str, dict[str, Score]]:
    """Return the score of each method, with the questions as written ("marked") and without diacritics ("stripped")."""
    results: dict[str, dict[str, Score]] = {method: {} for method in METHODS}
    with Bm25(benchmark.texts) as bm25:
        vectors = encoder.encode(benchmark.texts)
        for form in ("marked", "stripped"):
            questions = [strip_marks(q) if form == "stripped" else q for q in benchmark.questions]
            lexical = np.stack([bm25.scores(question) for question in questions])
            cosine = encoder.encode(questions) @ vectors.T
            coverage = lexical.max(axis=1) / np.array([bm25.highest(question) for question in questions])
            hybrid = fuse(lexical, cosine, dense_weight * (1 - coverage.clip(0, 1)) ** FADING)
            scores = {"bm25": lexical, "dense": cosine, "hybrid": hybrid}
            for method in METHODS:
                results[method][form] = rate(ranks(benchmark, scores[method]))
    return results


def measure_product(split: Split, encoder: Encoder) -> dict[str, Score]:
    """Return the score of knowledge.search on the guides' golden questions of one split, over a bundle built for it."""
    benchmark, guides = from_guides(split), load()
    scores = {}
    with tempfile.TemporaryDirectory() as folder:
        build(guides, encoder, Path(folder))
        search = Search(open_current(Path(folder)), encoder, Decider())
        for form in ("marked", "stripped"):
            found = []
            for question, answers in zip(benchmark.questions, benchmark.answers, strict=True):
                asked = strip_marks(question) if form == "stripped" else question
                names = [candidate.guide.id for candidate in search.search(asked, max(CUTS))]
                found.append(next((i for i, name in enumerate(names, start=1) if name in answers), len(guides)))
            scores[form] = rate(found)
    return scores


def measure_records(benchmark: Benchmark) -> dict[str, Score]:
    """Return the score of the search over imported records, which see their texts but not their titles."""
    scores = {}
    with tempfile.TemporaryDirectory() as folder:
        store = RecordStore(Path(folder) / "records.db")
        pairs = zip(benchmark.documents, benchmark.texts, strict=True)
        hidden = [
            Record.model_construct(code=code, title="", published_on=date.min, steps=text) for code, text in pairs
        ]
        store.put((record, benchmark.name) for record in hidden)
        for form in ("marked", "stripped"):
            found = []
            for question, answers in zip(benchmark.questions, benchmark.answers, strict=True):
                asked = strip_marks(question) if form == "stripped" else question
                codes = [match.code for match in store.search(asked, max(CUTS))]
                found.append(next((i for i, code in enumerate(codes, start=1) if code in answers), len(codes) + 10))
            scores[form] = rate(found)
    return scores


def fuse(
    lexical: NDArray[np.float32], cosine: NDArray[np.float32], weights: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return BM25 scaled to 0..1 within each question, plus the cosine times the question's weight."""
    best = lexical.max(axis=1, keepdims=True)
    scaled = np.divide(lexical, best, out=np.zeros_like(lexical), where=best > 0)
    return np.asarray(scaled + weights[:, None] * cosine, dtype=np.float32)


def ranks(benchmark: Benchmark, scores: NDArray[np.float32]) -> list[int]:
    """Return the 1-based rank of each question's first right document; ties count against us."""
    names = sorted(set(benchmark.documents))
    column = {name: i for i, name in enumerate(names)}
    owner = np.array([column[name] for name in benchmark.documents])
    found = []
    for row, answers in zip(scores, benchmark.answers, strict=True):
        best = np.full(len(names), -np.inf, dtype=np.float32)
        np.maximum.at(best, owner, row)
        right = [column[name] for name in answers if name in column]
        if not right:
            found.append(len(names) + 1)
            continue
        top = best[right].max()
        found.append(1 + int((best >= top).sum()) - int((best[right] >= top).sum()))
    return found


def rate(found: Sequence[int]) -> Score:
    """Turn ranks into rates: Wilson intervals for shares, normal approximation for the mean reciprocal rank."""
    n = len(found)
    recall = {cut: sum(rank <= cut for rank in found) / n for cut in CUTS}
    reciprocal = np.array([1 / rank if rank <= 10 else 0.0 for rank in found])
    mrr, margin = float(reciprocal.mean()), 1.96 * float(reciprocal.std(ddof=1)) / math.sqrt(n) if n > 1 else 0.0
    intervals = {cut: wilson(sum(rank <= cut for rank in found), n)[1:] for cut in CUTS}
    return Score(n, recall, intervals, mrr, (max(0.0, mrr - margin), min(1.0, mrr + margin)))


class Bm25:
    """SQLite FTS5 over folded syllables and folded syllable pairs (`khai_sinh`), as the product searches.

    FTS5 fixes k1 = 1.2 and b = 0.75.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._size = len(texts)
        self._known: Counter[str] = Counter()
        self._db = sqlite3.connect(":memory:")
        self._db.execute("CREATE VIRTUAL TABLE text USING fts5(one, two, tokenize = \"unicode61 tokenchars '_'\")")
        for row, (one, two) in enumerate(map(search_terms, texts), start=1):
            self._db.execute("INSERT INTO text(rowid, one, two) VALUES (?, ?, ?)", (row, " ".join(one), " ".join(two)))
            self._known.update({*one, *two})

    def __enter__(self) -> Bm25:
        return self

    def __exit__(self, *exc: object) -> None:
        self._db.close()

    def highest(self, question: str) -> float:
        """Return a score that no text can exceed for these words; 1 where there are none."""
        one, two = search_terms(question)
        seen = (self._known[term] for term in {*one, *two})
        idf = (math.log((self._size - n + 0.5) / (n + 0.5)) for n in seen)
        # FTS5 lets no term count below this, and k1 + 1 is the most that repetition can give.
        return sum(max(value, 1e-6) * 2.2 for value in idf) or 1.0

    def scores(self, question: str) -> NDArray[np.float32]:
        """Return one score a text, 0 where no term is shared; higher is better."""
        scores = np.zeros(self._size, dtype=np.float32)
        one, two = search_terms(question)
        query = " OR ".join(f'"{term}"' for term in dict.fromkeys(one + two))
        if query:
            for row, score in self._db.execute("SELECT rowid, bm25(text) FROM text WHERE text MATCH ?", (query,)):
                scores[row - 1] = -score
        return scores


def as_markdown(results: dict[str, dict[str, dict[str, Score]]]) -> str:
    """Return one table: a row for each set, method and form."""
    lines = ["| set | n | method | diacritics | R@1 (95 % CI) | R@5 | R@10 | MRR@10 (95 % CI) |", "|---" * 8 + "|"]
    for name, methods in results.items():
        for method, forms in methods.items():
            for form, score in forms.items():
                low, high = score.recall_interval[1]
                bottom, top = score.mrr_interval
                lines.append(
                    f"| {name} | {score.n} | {method} | {'yes' if form == 'marked' else 'no'} | "
                    f"{score.recall[1]:.3f} ({low:.3f}-{high:.3f}) | {score.recall[5]:.3f} | {score.recall[10]:.3f} | "
                    f"{score.mrr:.3f} ({bottom:.3f}-{top:.3f}) |"
                )
    return "\n".join(lines) + "\n"


def _lines(folder: Path, name: str) -> Iterator[str]:
    packed = folder / f"{name}.gz"
    if packed.exists():
        with gzip.open(packed, "rt", encoding="utf-8") as file:
            yield from file
    else:
        with (folder / name).open(encoding="utf-8") as file:
            yield from file


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, action="extend", nargs="+", default=[])
    parser.add_argument("--guides", choices=("dev", "test"), help="also ask the guides' golden questions of this split")
    parser.add_argument(
        "--records", action="store_true", help="also ask the search over imported records; a folder of procedures"
    )
    parser.add_argument("--model", default=str(DEFAULT_MODEL), help="encoder folder")
    parser.add_argument("--dense-weight", type=float, default=DENSE_WEIGHT)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--out", type=Path, help="folder to write results.json and results.md to")
    options = parser.parse_args(arguments)
    sets = [read(folder) for folder in options.folder]
    if options.guides:
        sets.append(from_guides(options.guides))
    if not sets:
        parser.error("give --folder or --guides")
    encoder = SentenceEncoder(options.model)
    results = {}
    for one in sets:
        print(f"{one.name}: {len(one.questions)} questions, {len(one.texts)} texts", file=sys.stderr, flush=True)
        results[one.name] = measure(one, encoder, options.dense_weight)
        if options.records and not one.name.startswith("guides-"):
            results[one.name][RECORDS] = measure_records(one)
    if options.guides:
        results[f"guides-{options.guides}"][PRODUCT] = measure_product(options.guides, encoder)
    packed = {
        "encoder": encoder.fingerprint,
        "dense_weight": options.dense_weight,
        "sets": {name: plain(methods) for name, methods in results.items()},
    }
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "results.json").write_text(json.dumps(packed, indent=1) + "\n", encoding="utf-8")
        (options.out / "results.md").write_text(as_markdown(results), encoding="utf-8")
    print(json.dumps(packed, indent=1) if options.json else as_markdown(results))
    return 0


def plain(methods: dict[str, dict[str, Score]]) -> dict[str, Any]:
    """Return the scores of each method and form as JSON."""
    return {method: {form: score.as_json() for form, score in forms.items()} for method, forms in methods.items()}


if __name__ == "__main__":
    raise SystemExit(main())
