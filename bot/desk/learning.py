"""Answers that volunteers proposed for the guides: alike ones together, so that an administrator sees what is missing most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import AgglomerativeClustering
from sqlalchemy import Connection

from bot.store import suggestions
from bot.store.suggestions import Suggestion

# Mean cosine between two groups from which on they are one. Measured with the shipped encoder on 40 draws of about 69
# golden questions (dev and test, which it was not trained on) of 40 guides and aspects, 1 to 4 each:
#   linkage   from   pairs of one guide   of one guide and aspect   pairs found   groups (40 would be right)
#   average   0.40          88 %                  75 %                 70 %          42
#   average   0.45          92 %                  77 %                 57 %          46
#   average   0.50          94 %                  80 %                 42 %          51
#   complete  0.40          91 %                  77 %                 56 %          45
#   single    0.55          88 %                  74 %                 42 %          53
# 0.45, because a group is settled with one word: a wrong companion costs a good answer, a missed one a second look.
ALIKE = 0.45


class Encodes(Protocol):
    """What is needed of knowledge.embeddings.Encoder."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, one row a text."""


@dataclass(frozen=True, slots=True)
class Group:
    """Suggestions with alike questions, oldest first."""

    suggestions: list[Suggestion]
    question: str
    """The question that is most like all the others."""

    @property
    def number(self) -> int:
        """The number of its oldest suggestion, by which the group is named."""
        return self.suggestions[0].id

    @property
    def numbers(self) -> list[int]:
        """The numbers of all its suggestions."""
        return [one.id for one in self.suggestions]

    @property
    def count(self) -> int:
        """How many suggestions it holds."""
        return len(self.suggestions)

    @property
    def answers(self) -> list[str]:
        """The different answers, the most frequent first."""
        return [answer for answer, _ in Counter(one.answer for one in self.suggestions).most_common()]

    @property
    def guide(self) -> str | None:
        """The guide that most of their tickets were about; None when most were about none."""
        return Counter(one.guide for one in self.suggestions).most_common(1)[0][0]


def grouped(found: Sequence[Suggestion], encoder: Encodes) -> list[Group]:
    """Put suggestions with alike questions together, biggest group first, then oldest."""
    if not found:
        return []
    vectors = encoder.encode([one.question for one in found])
    likeness = np.clip(vectors @ vectors.T, -1, 1)
    groups = []
    for label in range(max(labels := _labels(likeness)) + 1):
        members = [n for n, its in enumerate(labels) if its == label]
        middle = max(members, key=lambda n: float(likeness[n, members].sum()))
        groups.append(Group([found[n] for n in members], found[middle].question))
    return sorted(groups, key=lambda group: (-group.count, group.number))


def settle(db: Connection, numbers: Sequence[int], state: str) -> list[int]:
    """Take or drop these suggestions (state: taken, dropped); return those that were still new."""
    return [number for number in numbers if suggestions.settle(db, number, state)]


def _labels(likeness: NDArray[np.float32]) -> list[int]:
    if len(likeness) == 1:
        return [0]
    clusters = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=1 - ALIKE
    )
    return [int(label) for label in clusters.fit_predict(1 - likeness)]
