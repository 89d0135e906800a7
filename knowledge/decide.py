"""Decide: answer, ask back or abstain.

Two small logistic models, whose weights stand readable in decide.json and are refitted by `tro-ly evaluate calibrate`:
1. `rank` scores each candidate guide from its search features; the highest comes first. It is fitted on whole lists:
   the right guide should beat the others that the same question finds.
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
    "score", "lead", "odds", "agreement", "coverage", "cosine_body", "cosine_question", "bm25_body", "bm25_question", "profile",
    "likelihood", "classifier", "ahead", "alias", "stranger", "words", "out_of_scope", "rasa_away",
)  # fmt: skip
# A candidate this far behind the winner, in rank score, is not worth offering.
OFFER_WITHIN = 5.0
MAX_OFFERED = 3
# Five ways to look at a question, each with a favourite of its own.
VIEWS = ("cosine_question", "bm25_body", "profile", "likelihood", "classifier")
# Candidates that the trust in the first one is weighed against.
WEIGHED = 5


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
        """Return the rank score of one candidate; only differences within one question mean something."""
        return sum(weight * features[name] for name, weight in self._rank.items())

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
    """Return the inputs of the `trust` model by name.

    odds: log-odds of the winner among its rivals. agreement: for how many of the VIEWS the winner is the best one.
    ahead: how far the classifier puts the winner before the others.
    """
    rivals = candidates[:WEIGHED]
    first = rivals[0]
    share = 1 / sum(math.exp(candidate.score - first.score) for candidate in rivals)
    best = [max(rivals, key=lambda candidate: candidate.features[view]).guide.id == first.guide.id for view in VIEWS]
    return {
        **first.features, "score": first.score, "odds": _log_odds(share), "agreement": sum(best) / len(best),
        "lead": min(first.score - rivals[1].score, 5.0) if len(rivals) > 1 else 5.0,
        "ahead": first.features["classifier"] - max((c.features["classifier"] for c in candidates[1:]), default=-1.0),
        "out_of_scope": _log_odds(0.0 if rasa_away else out_of_scope), "rasa_away": float(rasa_away),
    }  # fmt: skip


def _log_odds(share: float) -> float:
    share = min(max(share, 0.003), 0.997)
    return math.log(share / (1 - share))


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, x))))
