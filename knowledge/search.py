"""Hybrid search: which guides might a question be about, and what speaks for each of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge.embeddings import Encoder
from knowledge.fillers import without_fillers
from knowledge.guide import Guide
from knowledge.index import Hits, Index, search_terms
from knowledge.passages import Passage
from knowledge.profiles import Profiles
from nlu.text import fold, tokens

# Passages looked at per retriever: a guide has about 40, and its siblings share many words.
DEPTH = 100
# Guides whose features are all worked out.
CONSIDERED = 12
# Terms with a lower idf stand in more than a twelfth of the guides.
COMMON_BELOW = math.log(12)
# What candidates of one question are compared by.
FEATURES = (
    "bm25_body", "bm25_question", "cosine_body", "cosine_question", "profile", "likelihood", "classifier", "coverage", "alias",
    "marks",
)  # fmt: skip


class Scorer(Protocol):
    """Turns features of one candidate into one number, higher is better; see knowledge/decide.py."""

    def score(self, features: Mapping[str, float]) -> float: ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """A guide that may be meant, with its best-matching passage."""

    guide: Guide
    score: float
    features: Mapping[str, float]
    passage: Passage


class Search:
    """Search over one opened bundle; safe to share between threads."""

    def __init__(self, index: Index, encoder: Encoder, scorer: Scorer) -> None:
        self.index = index
        self.encoder = encoder
        self._scorer = scorer
        self._aliases = _aliases(index)
        self._marked = _marked(index)
        self._guides = list(index.guides)
        positions = {guide: i for i, guide in enumerate(self._guides)}
        owners = [positions[passage.guide] for passage in index.passages]
        self._owners = np.array(owners, dtype=np.int64)
        self._profiles = Profiles(
            owners, index.syllables, [passage.kind == "question" for passage in index.passages], len(positions)
        )

    def search(self, query: str, limit: int = 5) -> list[Candidate]:
        """Return at most limit guides, best first; empty when no word of the query is known."""
        query = without_fillers(query)
        syllables, _ = search_terms(query)
        text = " ".join(syllables)
        views = self._profiles.views(text)
        classifier = self.index.classifier
        margins = classifier.margins(text) if classifier else np.zeros(len(self._guides))
        vector = self.encoder.encode([query])[0]
        dense = self.index.dense(vector, DEPTH)
        # BM25 against the largest it could be for these words, so that long and short questions compare.
        weight = sum(views.weights.values()) or 1.0
        lexical = {
            kind: Hits(hits.passages, hits.scores / weight)
            for kind, hits in self.index.lexical(telling(views.weights), DEPTH).items()
        }
        score, passage = self._best([dense, *lexical.values()])
        bm25 = {kind: self._best([hits])[0] for kind, hits in lexical.items()}
        # The rest costs time for each guide, so only those go on that look likely at a first glance.
        glance = np.where(score > 0, score + views.profile, 0)
        likely = [i for i in np.argsort(-glance, kind="stable")[:CONSIDERED].tolist() if glance[i] > 0]
        text, folded = f" {text} ", f" {fold(query)} "
        marked = {t for t in tokens(query) if fold(t) != t}
        candidates = []
        for i in likely:
            guide = self._guides[i]
            body, question = self.index.nearness(guide, vector)
            features = {
                "cosine_body": body,
                "cosine_question": question,
                "bm25_body": float(bm25["body"][i]),
                "bm25_question": float(bm25["question"][i]),
                "profile": float(views.profile[i]),
                "likelihood": float(views.likelihood[i]),
                "classifier": float(margins[i]),
                "coverage": float(views.coverage[i]),
                "alias": max((len(a) for a in self._aliases[guide] if a in text or a in folded), default=0) / len(text),
                # Nobody is worse off for typing no diacritics: then all candidates agree with what was typed.
                "marks": len(marked & self._marked[guide]) / len(marked) if marked else 1.0,
                # Of no help in ranking, but for trust: a strange word, and how long the question is.
                "stranger": float(views.stranger[i]),
                "words": min(len(syllables), 12) / 12,
            }
            found = self.index.passages[passage[i]]
            candidates.append(Candidate(self.index.guides[guide], self._scorer.score(features), features, found))
        return sorted(candidates, key=lambda c: (-c.score, c.guide.id))[:limit]

    def _best(self, found: Sequence[Hits]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return each guide's best score, 0 where nothing was found, and the position of the passage that has it."""
        passages = np.concatenate([hits.passages for hits in found])
        scores = np.concatenate([hits.scores for hits in found])
        # Of several values for one guide the last one stays.
        order = np.argsort(scores, kind="stable")
        best, passage = np.zeros(len(self._guides), dtype=np.float32), np.zeros(len(self._guides), dtype=np.int64)
        owners = self._owners[passages[order]]
        best[owners], passage[owners] = scores[order], passages[order]
        return np.maximum(best, 0), passage

    def reopened(self, folder: Path) -> Search:
        """Return the same search over another bundle; raise IndexBroken when that bundle must not serve."""
        return Search(Index(folder), self.encoder, self._scorer)

    def by_code(self, code: str) -> Guide | None:
        """Return the guide with this national procedure code."""
        return next((guide for guide in self.index.guides.values() if code in guide.codes), None)


def telling(weights: Mapping[str, float]) -> list[str]:
    """Return the terms worth looking up, by their idf: those that stand in most guides tell little and cost most."""
    return [term for term, value in weights.items() if value >= COMMON_BELOW] or list(weights)


def _aliases(index: Index) -> dict[str, list[str]]:
    return {
        guide.id: [
            f" {form} "
            for name in (guide.title, *guide.aliases)
            for form in {fold(name), " ".join(search_terms(name)[0])}
        ]
        for guide in index.guides.values()
    }


def _marked(index: Index) -> dict[str, frozenset[str]]:
    marked: dict[str, set[str]] = {guide: set() for guide in index.guides}
    for passage in index.passages:
        marked[passage.guide].update(tokens(passage.text))
    return {guide: frozenset(own) for guide, own in marked.items()}
