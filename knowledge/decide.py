"""Decide: answer, ask back or abstain.

Two small logistic models, whose weights stand readable in decide.json and are refitted by `tro-ly evaluate calibrate`:
1. `rank` scores each candidate guide from its search features; the highest comes first.
2. `trust` turns what is known of the winner (its score, the lead over the second, how far the question is covered, and
   whether Rasa calls it out of scope) into the probability that the winner is right.
At or above `answer` we answer; at or above `ask` we ask back among at most three; below it we say that we do not know.
The thresholds are chosen on the `dev` questions and dev out-of-scope questions, so that few answers are wrong.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from knowledge.search import Candidate

WEIGHTS = Path(__file__).with_name("decide.json")
TRUST = (
    "score", "lead", "coverage", "best_cosine", "best_bm25", "alias", "words", "out_of_scope", "rasa_away",
)  # fmt: skip
# A candidate this far behind the winner, in rank score, is not worth offering.
OFFER_WITHIN = 2.5
MAX_OFFERED = 3


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, how sure we are that offered[0] is right (0 to 1), and the candidates worth naming, best first."""

    action: Literal["answer", "ask", "abstain"]
    confidence: float
    offered: tuple[Candidate, ...]


class Decider:
    """Holds the weights; also the Scorer of knowledge.search."""

    def __init__(self, path: Path = WEIGHTS) -> None:
        weights = json.loads(path.read_text(encoding="utf-8"))
        self._rank: dict[str, float] = weights["rank"]
        self._trust: dict[str, float] = weights["trust"]
        self.answer_from: float = weights["thresholds"]["answer"]
        self.ask_from: float = weights["thresholds"]["ask"]

    def score(self, features: Mapping[str, float]) -> float:
        """Return the rank score of one candidate (log-odds of being the right guide)."""
        return self._rank["bias"] + sum(
            self._rank[name] * value for name, value in features.items() if name in self._rank
        )

    def confidence(self, candidates: Sequence[Candidate], out_of_scope: float, rasa_away: bool) -> float:
        """Return the probability, 0 to 1, that the first candidate is what the citizen means; 0 without candidates."""
        if not candidates:
            return 0.0
        signals = trust_signals(candidates, out_of_scope, rasa_away)
        return _logistic(self._trust["bias"] + sum(self._trust[name] * signals[name] for name in TRUST))

    def decide(self, candidates: Sequence[Candidate], out_of_scope: float, rasa_away: bool) -> Decision:
        """Choose between answering, asking back and abstaining."""
        confidence = self.confidence(candidates, out_of_scope, rasa_away)
        offered = tuple(c for c in candidates[:MAX_OFFERED] if candidates[0].score - c.score <= OFFER_WITHIN)
        if confidence >= self.answer_from:
            return Decision("answer", confidence, offered)
        if confidence >= self.ask_from:
            return Decision("ask", confidence, offered)
        return Decision("abstain", confidence, offered)


def trust_signals(candidates: Sequence[Candidate], out_of_scope: float, rasa_away: bool) -> dict[str, float]:
    """Return the inputs of the `trust` model by name."""
    first = candidates[0]
    lead = first.score - candidates[1].score if len(candidates) > 1 else 5.0
    named = {name: first.features[name] for name in ("coverage", "best_cosine", "best_bm25", "alias", "words")}
    return {
        "score": first.score, "lead": min(lead, 5.0), "out_of_scope": out_of_scope, "rasa_away": float(rasa_away), **named,
    }  # fmt: skip


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, x))))
