"""A linear classifier over guides: whose people put a question like this one?

It is fitted when an index is built, on the questions of all guides: for each guide a linear SVM (scikit-learn) that tells
its questions from all others. Word by word it learns what tells siblings apart, which no comparison of a question with
one guide at a time sees. A guide whose questions changed is fitted alone; the others keep their weights.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from knowledge.profiles import word_terms

Array = NDArray[np.float32]
# A term of fewer questions tells their writer, not their guide.
SEEN_IN = 3
# Chosen on dev, as were the terms. A closer tolerance took as long and found no more.
_C, _TOLERANCE = 1.0, 0.1
Progress = Callable[[str, int, int], None]


class Classifier:
    """Weights by term and guide; never changes, safe to share between threads."""

    def __init__(
        self, guides: Sequence[str], terms: Mapping[str, int], idf: Array, weights: Array, bias: Array
    ) -> None:
        """weights: one row a term, one column a guide."""
        self.guides = tuple(guides)
        self._terms = terms
        self._idf = idf
        self._weights = weights
        self._bias = bias

    @classmethod
    def fit(cls, questions: Mapping[str, Sequence[str]], say: Progress) -> Classifier:
        """Learn from the questions of each guide, folded and expanded."""
        nothing = np.zeros(0, dtype=np.float32)
        return cls((), {}, nothing, nothing.reshape(0, 0), nothing).refitted(questions, set(questions), say)

    def refitted(self, questions: Mapping[str, Sequence[str]], changed: set[str], say: Progress) -> Classifier:
        """Return a classifier of these guides; only the changed ones are fitted, terms that are new with them."""
        # Imported here because it takes a second, which only building an index has to wait for.
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.svm import LinearSVC

        counted = [Counter(word_terms(text)) for texts in questions.values() for text in texts]
        held = Counter(term for counts in counted for term in counts)
        new = [term for term, count in held.items() if count >= SEEN_IN and term not in self._terms]
        terms = {**self._terms, **{term: len(self._terms) + i for i, term in enumerate(new)}}
        new_idf = [np.log(len(counted) / held[term]) + 1 for term in new]
        idf = np.concatenate([self._idf, np.array(new_idf, dtype=np.float32)])
        rows = [_weigh(counts, terms, idf) for counts in counted]
        owners = np.repeat(np.arange(len(questions)), [len(texts) for texts in questions.values()])
        matrix = csr_matrix(
            (
                np.concatenate([values for _, values in rows]).astype(np.float64),
                np.concatenate([columns for columns, _ in rows]),
                np.cumsum([0, *(len(columns) for columns, _ in rows)]),
            ),
            shape=(len(rows), len(terms)),
        )
        weights = np.zeros((len(terms), len(questions)), dtype=np.float32)
        bias = np.full(len(questions), -1.0, dtype=np.float32)
        place = {guide: i for i, guide in enumerate(self.guides)}
        done = 0
        for i, guide in enumerate(questions):
            if guide not in changed:
                column = place[guide]
                weights[: len(self._terms), i], bias[i] = self._weights[:, column], self._bias[column]
                continue
            mine = owners == i
            if mine.any() and not mine.all():
                with warnings.catch_warnings():
                    # What a thousand rounds have not settled changes no order.
                    warnings.simplefilter("ignore", ConvergenceWarning)
                    model = LinearSVC(C=_C, tol=_TOLERANCE, random_state=0).fit(matrix, mine)
                weights[:, i], bias[i] = model.coef_[0], model.intercept_[0]
            done += 1
            say("classifier", done, len(changed))
        return Classifier(tuple(questions), terms, idf, weights, bias)

    def margins(self, text: str) -> Array:
        """Return how far a folded and expanded question lies on each guide's side, in the order of guides; about -1 to 1."""
        columns, values = _weigh(Counter(word_terms(text)), self._terms, self._idf)
        return np.asarray(values @ self._weights[columns] + self._bias, dtype=np.float32)

    def write(self, path: Path) -> None:
        """Write the file that read reads; weights are halved in precision."""
        np.savez(
            path, guides=np.array(self.guides, dtype=str), terms=np.array(list(self._terms), dtype=str), idf=self._idf,
            weights=self._weights.astype(np.float16), bias=self._bias,
        )  # fmt: skip

    @classmethod
    def read(cls, path: Path) -> Classifier:
        """Read what write wrote; raise ValueError, OSError or KeyError when it is no such file."""
        with np.load(path, allow_pickle=False) as kept:
            terms = {term: i for i, term in enumerate(kept["terms"].tolist())}
            return cls(kept["guides"].tolist(), terms, kept["idf"], kept["weights"].astype(np.float32), kept["bias"])


def _weigh(counts: Mapping[str, int], terms: Mapping[str, int], idf: Array) -> tuple[NDArray[np.int64], Array]:
    """Return (columns, weights) of the known terms of a text, as a unit vector."""
    known = [(terms[term], count) for term, count in counts.items() if term in terms]
    table = np.array(known, dtype=np.int64).reshape(-1, 2)
    values = idf[table[:, 0]] * (1 + np.log(table[:, 1], dtype=np.float32))
    return table[:, 0], values / (np.sqrt((values**2).sum()) or 1.0)
