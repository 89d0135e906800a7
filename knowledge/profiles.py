"""What each guide's questions are made of: word, word-pair and letter-group profiles to compare a question with."""

from __future__ import annotations

import itertools
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Array = NDArray[np.float32]
# Pseudo-count of the background when a guide's own words are counted: a guide has some hundred words.
SMOOTHING = 30.0
# What a guide says counts less than how people ask for it.
BODY_WEIGHT = 0.3
LETTERS = (3, 4)


@dataclass(frozen=True, slots=True)
class Views:
    """One question beside all guides; each array has one number a guide, in the order of owners.

    weights: how telling each of its words and pairs is, idf over guides; profile: cosine of tf-idf over words, pairs and
    letter groups (letter groups forgive typos), 0 to 1; likelihood: mean log-ratio of its words and pairs under the
    guide's words against all words; coverage: share of the weights that the guide has; stranger: the most telling word
    that the guide never uses ("visa", "facebook"), 1 for a word that no guide uses.
    """

    weights: dict[str, float]
    profile: Array
    likelihood: Array
    coverage: Array
    stranger: Array


class Profiles:
    """All guides at once, made when an index is opened; a new guide counts at once, nothing is trained."""

    def __init__(self, owners: Sequence[int], texts: Sequence[str], is_question: Sequence[bool], guides: int) -> None:
        """owners[i] is the position of the guide that texts[i] (folded and expanded) belongs to."""
        own_texts: list[list[int]] = [[] for _ in range(guides)]
        for i, owner in enumerate(owners):
            own_texts[owner].append(i)
        self._rarest = float(np.log(guides + 1))
        self._asked = _Terms(
            Counter(term for i in own if is_question[i] for term in set(word_terms(texts[i]))) for own in own_texts
        )
        asked = self._asked.counts
        self._idf = np.maximum(_idf(asked), 0)
        weighted = csr_matrix(asked.log1p().multiply(self._idf))
        length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1))).ravel()
        self._profiles = csr_matrix(weighted.multiply(1 / np.maximum(length, 1e-9)[:, None])).T.tocsr()

        self._words = _Terms(_weighed(own, texts, is_question) for own in own_texts)
        counts = self._words.counts
        self._telling = _idf(counts)
        background = np.asarray(counts.sum(axis=0)).ravel() + 0.01
        background /= background.sum()
        total = np.asarray(counts.sum(axis=1)).ravel()
        self._unseen = np.log(SMOOTHING / (total + SMOOTHING)).astype(np.float32)
        ratios = np.log1p(counts.data / (SMOOTHING * background[counts.indices])).astype(np.float32)
        self._seen = csr_matrix((ratios, counts.indices, counts.indptr), shape=counts.shape).T.tocsr()

    def views(self, text: str) -> Views:
        """Return how a folded and expanded question looks beside each guide."""
        groups = Counter(word_terms(text))
        columns, counts = self._asked.look_up(groups)
        vector = counts * self._idf[columns]
        length = float(np.sqrt((vector**2).sum())) or 1.0
        profile = vector / length @ self._profiles[columns].toarray()

        words = Counter(words_and_pairs(text))
        columns, counts = self._words.look_up(words)
        said = self._seen[columns].toarray()
        total = float(counts.sum()) or 1.0
        likelihood = counts @ said / total + self._unseen
        known = [word for word in words if word in self._words]
        weights = dict.fromkeys(words, self._rarest) | dict(zip(known, self._telling[columns].tolist(), strict=True))
        held = said > 0
        coverage = self._telling[columns] @ held / (sum(weights.values()) or 1.0)
        # Pairs are joined by an underscore.
        syllable = np.array(["_" not in word for word in known], dtype=bool)
        missing = np.where(held[syllable], 0, self._telling[columns][syllable, None])
        foreign = any("_" not in word for word in weights.keys() - known)
        stranger = np.maximum(missing.max(axis=0, initial=0.0) / self._rarest, float(foreign))
        return Views(weights, profile, likelihood, coverage, stranger)


class _Terms:
    """Terms numbered in the order in which they were met; counts: how often each guide has them, a row a guide."""

    def __init__(self, guides: Iterable[Mapping[str, float]]) -> None:
        self._column: dict[str, int] = {}
        # Arrays, not lists: a large library has tens of millions of entries.
        columns, counts, ends = array("i"), array("f"), array("q", [0])
        for terms in guides:
            columns.extend(self._column.setdefault(term, len(self._column)) for term in terms)
            counts.extend(terms.values())
            ends.append(len(columns))
        self.counts = csr_matrix(
            (np.asarray(counts, dtype=np.float32), np.asarray(columns), np.asarray(ends)),
            shape=(len(ends) - 1, len(self._column)),
        )

    def __contains__(self, term: object) -> bool:
        return term in self._column

    def look_up(self, terms: Counter[str]) -> tuple[NDArray[np.int64], Array]:
        """Return (columns, counts) of the terms that are known, in their order."""
        known = [(self._column[term], count) for term, count in terms.items() if term in self._column]
        table = np.array(known, dtype=np.int64).reshape(-1, 2)
        return table[:, 0], table[:, 1].astype(np.float32)


def words_and_pairs(text: str) -> list[str]:
    """Return the syllables of a folded text and each two neighbours."""
    words = text.split()
    return [*words, *(f"{a}_{b}" for a, b in itertools.pairwise(words))]


def word_terms(text: str) -> list[str]:
    """Return words, pairs and letter groups of a folded text; letter groups forgive typos."""
    padded = f" {text} "
    groups = [padded[i : i + size] for size in LETTERS for i in range(len(padded) - size + 1)]
    return [*words_and_pairs(text), *groups]


def _idf(per_guide: csr_matrix) -> Array:
    """How telling each column is: over guides, not texts."""
    held_by = np.asarray((per_guide > 0).sum(axis=0)).ravel()
    return np.asarray(np.log((per_guide.shape[0] + 1) / (held_by + 0.5)), dtype=np.float32)


def _weighed(own: Sequence[int], texts: Sequence[str], is_question: Sequence[bool]) -> dict[str, float]:
    """Count the words and pairs of one guide's texts."""
    asked = Counter(term for i in own if is_question[i] for term in words_and_pairs(texts[i]))
    said = Counter(term for i in own if not is_question[i] for term in words_and_pairs(texts[i]))
    return {term: asked[term] + BODY_WEIGHT * said[term] for term in asked.keys() | said.keys()}
