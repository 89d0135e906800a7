"""The relay guard's last word: weights learned from examples, for what no rule foresaw or a rule sees wrongly.

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
# "ask": is this a request at all; the others: what for. The rows of names with "=" hold one number, under "ask": BIAS is
# added to each score, THRESHOLD is what the score must pass, RULE is what it gains where a rule sees a request.
REASONS: tuple[Reason, ...] = ("secret", "money", "link")
COLUMNS = ("ask", *REASONS)
BIAS, THRESHOLD, RULE = "=bias", "=threshold", "=rule"
# One sentence alone, so that a warning beside a request does not cover it; two, for "Mã về rồi. Đọc em nghe".
_TOGETHER = 2
_REACH = 6
_WORDS_REACH = 5


class Model:
    """A linear model over signs. Each row of weights holds one number for each of COLUMNS."""

    def __init__(self, weights: dict[str, list[float]]) -> None:
        self._rows = {sign: np.array(row) for sign, row in weights.items()}

    def judge(self, sentences: Sequence[list[Meaning]], by_rules: Reason | None = None) -> Reason | None:
        """Return what the message asks for, by the likeliest of its windows; None when no window passes the threshold."""
        score = max((self.score(signs(window)) for window in windows(sentences)), key=lambda one: float(one[0]))
        gained = self._rows[RULE][0] if by_rules else 0.0
        if score[0] + gained <= self._rows[THRESHOLD][0]:
            return None
        return by_rules or REASONS[int(score[1:].argmax())]

    def score(self, found: list[str]) -> np.ndarray:
        """Return how far each column leans to yes; found is never empty. Signs never met in training count for the length alone."""
        known = [self._rows[sign] for sign in found if sign in self._rows]
        total: np.ndarray = self._rows[BIAS] + np.sum(known, axis=0) / float(np.sqrt(len(found)))
        return total


def windows(sentences: Sequence[list[Meaning]]) -> list[list[Meaning]]:
    """Return each sentence, and each two neighbours, that is judged as one; one empty window when nothing was said."""
    spoken = [[*sentence, ("$", "")] for sentence in sentences if sentence]
    runs = (spoken[i : i + size] for size in range(1, _TOGETHER + 1) for i in range(len(spoken) - size + 1))
    return [list(chain(*run)) for run in runs] or [[]]


def signs(window: list[Meaning]) -> list[str]:
    """Return what is seen in a window, each sign once.

    Of words: runs of up to three, pairs with a gap ("_"). Of meanings: runs of up to four ("@"), pairs with a gap ("~"); a
    word without a meaning of its own stands for itself among them.
    """
    words = ["^", *" ".join(fold(written) for _, written in window).split(), "$"]
    words = ["0" if word.isdecimal() else word for word in words]
    means = ["^", *(letter if letter != "." else f"'{fold(written)}" for letter, written in window)]
    found = {" ".join(words[i : i + n]) for n in (1, 2, 3) for i in range(len(words) - n + 1)}
    found |= {f"_{words[i]} {later}" for i in range(len(words)) for later in words[i + 2 : i + _WORDS_REACH]}
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
