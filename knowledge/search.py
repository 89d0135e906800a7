"""Hybrid search: which guides might a question be about, and what speaks for each of them."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from knowledge.embeddings import Encoder
from knowledge.fillers import without_fillers
from knowledge.guide import Guide
from knowledge.index import Index, search_terms
from knowledge.passages import Passage
from knowledge.profiles import Profiles, words_and_pairs
from nlu.text import fold, tokens

# Passages looked at per retriever: a guide has about 40, and its siblings share many words.
DEPTH = 100
# Guides whose features are all worked out.
CONSIDERED = 25
# Terms with a lower idf stand in more than a quarter of the guides.
COMMON_BELOW = math.log(4)
# What candidates of one question are compared by.
FEATURES = (
    "bm25_body", "bm25_question", "cosine_body", "cosine_question", "profile", "likelihood", "coverage", "alias", "marks",
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
        self._vocabulary, self._idf = statistics(index)
        self._rare = math.log(len(index.guides) + 1)
        self._aliases = _aliases(index)
        self._marked = _marked(index)
        self._positions = {guide: i for i, guide in enumerate(index.guides)}
        self._profiles = Profiles(
            [self._positions[passage.guide] for passage in index.passages],
            index.syllables,
            [passage.kind == "question" for passage in index.passages],
            len(index.guides),
        )

    def search(self, query: str, limit: int = 5) -> list[Candidate]:
        """Return at most limit guides, best first; empty when no word of the query is known."""
        query = without_fillers(query)
        syllables, bigrams = search_terms(query)
        weights = {term: self._idf.get(term, self._rare) for term in {*syllables, *bigrams}}
        vector = self.encoder.encode([query])[0]
        dense = [(i, score) for i, score in self.index.dense(vector, DEPTH) if score > 0]
        weight = sum(weights.values()) or 1.0
        lexical: dict[str, dict[str, float]] = {"body": {}, "question": {}}
        best: dict[str, tuple[float, int]] = {}
        hits = [("", i, score) for i, score in dense]
        for kind, rows in self.index.lexical(telling(weights), DEPTH).items():
            # BM25 against the largest it could be for these words, so that long and short questions compare.
            hits += [(kind, i, score / weight) for i, score in rows]
        for kind, i, score in hits:
            guide = self.index.passages[i].guide
            if score > best.get(guide, (-1.0, i))[0]:
                best[guide] = (score, i)
            if kind and score > lexical[kind].get(guide, 0.0):
                lexical[kind][guide] = score

        profile, likelihood = self._profiles.scores(" ".join(syllables))
        # The rest costs time for each guide, so only those go on that look likely at a first glance.
        likely = heapq.nlargest(CONSIDERED, best, key=lambda guide: best[guide][0] + profile[self._positions[guide]])
        found: dict[str, dict[str, float]] = {}
        for guide in likely:
            body, question = self.index.nearness(guide, vector)
            found[guide] = {
                "cosine_body": body, "cosine_question": question, "profile": float(profile[self._positions[guide]]),
                "likelihood": float(likelihood[self._positions[guide]]),
                **{f"bm25_{kind}": scores.get(guide, 0.0) for kind, scores in lexical.items()},
            }  # fmt: skip
        text = f" {' '.join(syllables)} "
        folded = f" {fold(query)} "
        marked = {t for t in tokens(query) if fold(t) != t}
        for guide, features in found.items():
            vocabulary = self._vocabulary[guide]
            features["coverage"] = sum(value for term, value in weights.items() if term in vocabulary) / weight
            # The most telling word that this guide never uses: "visa", "facebook". Not for ranking, but for trust.
            features["stranger"] = (
                max((weights[w] for w in set(syllables) if w not in vocabulary), default=0.0) / self._rare
            )
            features["alias"] = max(
                (len(a) for a in self._aliases[guide] if a in text or a in folded), default=0
            ) / len(text)
            # Nobody is worse off for typing no diacritics: then all candidates agree with what was typed.
            features["marks"] = sum(t in self._marked[guide] for t in marked) / len(marked) if marked else 1.0
            # No help in ranking, but a long question that is covered is more to be trusted than a short one.
            features["words"] = min(len(syllables), 12) / 12
        candidates = [
            Candidate(
                self.index.guides[guide], self._scorer.score(features), features, self.index.passages[best[guide][1]]
            )
            for guide, features in found.items()
        ]
        return sorted(candidates, key=lambda c: (-c.score, c.guide.id))[:limit]

    def reopened(self, folder: Path) -> Search:
        """Return the same search over another bundle; raise IndexBroken when that bundle must not serve."""
        return Search(Index(folder), self.encoder, self._scorer)

    def by_code(self, code: str) -> Guide | None:
        """Return the guide with this national procedure code."""
        return next((guide for guide in self.index.guides.values() if code in guide.codes), None)


def telling(weights: Mapping[str, float]) -> list[str]:
    """Return the terms worth looking up, by their idf: those that stand in most guides tell little and cost most."""
    return [term for term, value in weights.items() if value >= COMMON_BELOW] or list(weights)


def statistics(index: Index) -> tuple[dict[str, frozenset[str]], dict[str, float]]:
    """Terms of each guide, and how telling each term is: idf over guides, not passages."""
    terms: dict[str, set[str]] = {guide: set() for guide in index.guides}
    for passage, syllables in zip(index.passages, index.syllables, strict=True):
        terms[passage.guide].update(words_and_pairs(syllables))
    seen = Counter(term for own in terms.values() for term in own)
    idf = {term: math.log((len(terms) + 1) / (count + 0.5)) for term, count in seen.items()}
    return {guide: frozenset(own) for guide, own in terms.items()}, idf


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
