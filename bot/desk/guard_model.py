"""The relay guard's second opinion: weights learned from examples, for requests that no rule foresaw.

The weights are a readable table, guard_weights.tsv. To make it anew: tro-ly evaluate guard --fit
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path

import numpy as np

from bot.desk.guard_meanings import Meaning, Reason
from nlu.text import fold

WEIGHTS = Path(__file__).with_name("guard_weights.tsv")
# "ask": is this a request at all; the others: what for. THRESHOLD is the row that the ask must pass.
REASONS: tuple[Reason, ...] = ("secret", "money", "link")
COLUMNS = ("ask", *REASONS)
BIAS, THRESHOLD = "=bias", "=threshold"
# More than one sentence, for "Mã về chưa? Đọc em nghe"; no more, or a long message would thin a request out.
_TOGETHER = 2
_REACH = 6


class Model:
    """A linear model over signs. Each row of weights holds one number for each of COLUMNS."""

    def __init__(self, weights: dict[str, list[float]]) -> None:
        self._rows = {sign: np.array(row) for sign, row in weights.items()}

    def judge(self, sentences: Sequence[list[Meaning]]) -> Reason | None:
        """Return what the message asks for, by the likeliest of its windows; None when no window passes the threshold."""
        score = max((self.score(signs(window)) for window in windows(sentences)), key=lambda one: float(one[0]))
        if score[0] <= self._rows[THRESHOLD][0]:
            return None
        return REASONS[int(score[1:].argmax())]

    def score(self, found: list[str]) -> np.ndarray:
        """Return the log-odds of each column; found is never empty. Signs never met in training count for the length alone."""
        known = [self._rows[sign] for sign in found if sign in self._rows]
        total: np.ndarray = np.sum([self._rows[BIAS] * np.sqrt(len(found)), *known], axis=0)
        return total / float(np.sqrt(len(found)))


def windows(sentences: Sequence[list[Meaning]]) -> list[list[Meaning]]:
    """Return every run of neighbouring sentences that is judged as one; one window when there are few."""
    spoken = [[*sentence, ("$", "")] for sentence in sentences if sentence]
    return [list(chain(*spoken[i : i + _TOGETHER])) for i in range(max(1, len(spoken) - _TOGETHER + 1))]


def signs(window: list[Meaning]) -> list[str]:
    """Return what is seen in a window, each sign once: words and pairs of words; runs and pairs of meanings ("@", "~").

    A word without a meaning of its own stands for itself among the meanings.
    """
    words = ["^", *" ".join(fold(written) for _, written in window).split(), "$"]
    words = ["0" if word.isdecimal() else word for word in words]
    means = ["^", *(letter if letter != "." else f"'{fold(written)}" for letter, written in window)]
    found = {" ".join(words[i : i + n]) for n in (1, 2) for i in range(len(words) - n + 1)}
    found |= {"@" + " ".join(means[i : i + n]) for n in (1, 2, 3, 4) for i in range(len(means) - n + 1)}
    found |= {f"~{means[i]} {later}" for i in range(len(means)) for later in means[i + 2 : i + _REACH]}
    return sorted(found)


@lru_cache(maxsize=1)
def load() -> Model:
    """Return the model of guard_weights.tsv, read once."""
    header, *lines = WEIGHTS.read_text(encoding="utf-8").splitlines()
    if header.split("\t") != ["sign", *COLUMNS]:
        raise ValueError(f"{WEIGHTS.name}:1: not the table we read; make it anew: tro-ly evaluate guard --fit")
    rows = (line.split("\t") for line in lines)
    return Model({sign: [float(number) for number in numbers] for sign, *numbers in rows})
