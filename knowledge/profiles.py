"""What each guide's questions are made of: word, word-pair and letter-group profiles to compare a question with."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Array = NDArray[np.float32]
# Pseudo-count of the background when a guide's own words are counted: a guide has some hundred words.
SMOOTHING = 30.0
# What a guide says counts less than how people ask for it.
BODY_WEIGHT = 0.3
LETTERS = (3, 4)


class Profiles:
    """Two views of all guides at once, made when an index is opened; a new guide counts at once, nothing is trained.

    profile: cosine of tf-idf over words, pairs and letter groups (letter groups forgive typos), 0 to 1.
    likelihood: mean log-ratio of the question's words and pairs under the guide's words against all words.
    """

    def __init__(self, owners: Sequence[int], texts: Sequence[str], is_question: Sequence[bool], guides: int) -> None:
        """owners[i] is the position of the guide that texts[i] (folded and expanded) belongs to."""
        rows = np.asarray(owners, dtype=np.int64)
        asked = np.asarray(is_question, dtype=np.float32)
        self._all = _Vocabulary(_everything(text) for text in texts)
        seen = _per_guide(rows, asked, self._all.matrix.sign(), guides)
        held_by = np.asarray((seen > 0).sum(axis=0)).ravel()
        self._idf = np.maximum(np.log((guides + 1) / (held_by + 0.5)), 0).astype(np.float32)
        weighted = csr_matrix(seen.log1p().multiply(self._idf))
        length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1))).ravel()
        self._profiles = csr_matrix(weighted.multiply(1 / np.maximum(length, 1e-9)[:, None])).T.tocsr()

        self._words = _Vocabulary(words_and_pairs(text) for text in texts)
        counts = _per_guide(rows, np.maximum(asked, BODY_WEIGHT), self._words.matrix, guides)
        background = np.asarray(counts.sum(axis=0)).ravel() + 0.01
        background /= background.sum()
        own = np.asarray(counts.sum(axis=1)).ravel()
        self._unseen = np.log(SMOOTHING / (own + SMOOTHING)).astype(np.float32)
        counts = counts.tocsc()
        column = np.repeat(np.arange(counts.shape[1]), np.diff(counts.indptr))
        counts.data = np.log1p(counts.data / (SMOOTHING * background[column])).astype(np.float32)
        self._seen = counts.T.tocsr()

    def scores(self, text: str) -> tuple[Array, Array]:
        """Return (profile, likelihood) of a folded and expanded question, one number a guide in the order of owners."""
        columns, counts = self._all.look_up(_everything(text))
        weights = counts * self._idf[columns]
        length = float(np.sqrt((weights**2).sum())) or 1.0
        profile = np.asarray(csr_matrix(weights / length) @ self._profiles[columns].toarray()).ravel()
        columns, counts = self._words.look_up(words_and_pairs(text))
        total = float(counts.sum()) or 1.0
        likelihood = np.asarray(counts @ self._seen[columns].toarray()).ravel() / total + self._unseen
        return profile.astype(np.float32), likelihood.astype(np.float32)


class _Vocabulary:
    """Terms numbered in the order in which they were met, and how often each text has them."""

    def __init__(self, texts: Iterable[list[str]]) -> None:
        self._column: dict[str, int] = {}
        columns: list[int] = []
        counts: list[int] = []
        ends = [0]
        for terms in texts:
            for term, count in Counter(terms).items():
                columns.append(self._column.setdefault(term, len(self._column)))
                counts.append(count)
            ends.append(len(columns))
        shape = (len(ends) - 1, len(self._column))
        self.matrix = csr_matrix((np.array(counts, dtype=np.float32), columns, ends), shape=shape)

    def look_up(self, terms: list[str]) -> tuple[NDArray[np.int64], Array]:
        """Return (columns, counts) of the terms that are known."""
        known = Counter(self._column[term] for term in terms if term in self._column)
        return np.array(list(known), dtype=np.int64), np.array(list(known.values()), dtype=np.float32)


def words_and_pairs(text: str) -> list[str]:
    """Return the syllables of a folded text and each two neighbours."""
    words = text.split()
    return [*words, *(f"{a}_{b}" for a, b in itertools.pairwise(words))]


def _everything(text: str) -> list[str]:
    padded = f" {text} "
    groups = [padded[i : i + size] for size in LETTERS for i in range(len(padded) - size + 1)]
    return [*words_and_pairs(text), *groups]


def _per_guide(rows: NDArray[np.int64], weights: Array, matrix: csr_matrix, guides: int) -> csr_matrix:
    """Sum the rows of each guide, weighted."""
    chooser = csr_matrix((weights, (rows, np.arange(len(rows)))), shape=(guides, len(rows)))
    return csr_matrix(chooser @ matrix)
