"""Fit the weights of knowledge/decide.py on the `dev` questions.

The `index` questions cannot help: the encoder was trained on them and would look better than it is.
The `test` split is never read here. Thresholds: the lowest probability at which at most MAX_WRONG of the in-scope and
MAX_OUTSIDE of the out-of-scope dev questions would be answered wrongly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from bot.conversation.turn import Hears
from evaluation.answers.measure import FORMS, Form
from evaluation.answers.questions import Asked, golden, out_of_scope
from evaluation.statistics import calibration_error
from knowledge.decide import TRUST, Decider, trust_signals
from knowledge.search import CONSIDERED, FEATURES, Candidate, Search

MAX_WRONG, MAX_OUTSIDE = 0.045, 0.06
# Below this an offer of three is right too seldom to be worth a citizen's reading.
ASK_PRECISION = 0.4
_FOLDS = 5
_RIDGE = 1e-3


@dataclass(frozen=True)
class Case:
    """A question in one form, what search found for it and what Rasa heard."""

    asked: Asked
    form: str
    candidates: list[Candidate]
    out_of_scope: float
    away: bool

    @property
    def right(self) -> bool:
        """Whether the first candidate answers the question; never for one that is out of scope."""
        return bool(self.candidates) and self.candidates[0].guide.id in self.asked.guides


def calibrate(search: Search, nlu: Hears, path: Path) -> dict[str, Any]:
    """Fit, write the weights to path and return what was fitted with its dev numbers."""
    guides = list(search.index.guides.values())
    cases = collect([*golden(guides, "dev"), *out_of_scope("dev")], search, nlu)
    # Every other question also as with Rasa away, so that the service stays calibrated without it.
    cases += [replace(case, out_of_scope=0.0, away=True) for case in cases[:: 2 * len(FORMS)]]
    rank = _fit_rank([case for case in cases if case.asked.guides])
    cases = [replace(case, candidates=_ranked(case.candidates, rank)) for case in cases if case.candidates]
    trust, probabilities = _fit_trust(cases)
    thresholds = _thresholds(cases, probabilities)
    weights = {"rank": rank, "trust": trust, "thresholds": thresholds}
    path.write_text(json.dumps(weights, indent=2) + "\n", encoding="utf-8")
    Decider(path)
    return {**weights, "dev": _report(cases, probabilities, thresholds)}


def collect(
    questions: Sequence[Asked], search: Search, nlu: Hears, forms: Mapping[str, Form] = FORMS, *, quiet: bool = False
) -> list[Case]:
    """Return one case for each question and form, all forms of a question together."""
    cases = []
    for asked in tqdm(questions, desc="candidates", unit="câu", disable=quiet):
        for name, form in forms.items():
            question = form(asked.question)
            heard = nlu.parse(question)
            candidates = search.search(question, CONSIDERED)
            cases.append(Case(asked, name, candidates, dict(heard.ranking).get("out_of_scope", 0.0), heard.away))
    return cases


def _fit_rank(cases: Sequence[Case]) -> dict[str, float]:
    """Fit on whole lists: the softmax over a question's candidates should give the right guide the most."""
    able = [case for case in cases if {c.guide.id for c in case.candidates} & set(case.asked.guides)]
    lists = [np.array([[c.features[name] for name in FEATURES] for c in case.candidates]) for case in able]
    right = [np.array([c.guide.id in case.asked.guides for c in case.candidates]) for case in able]
    spread = np.concatenate(lists).std(axis=0)
    spread[spread == 0] = 1.0

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total, slope = 0.0, np.zeros_like(weights)
        for rows, good in zip(lists, right, strict=True):
            scaled = rows / spread
            scores = scaled @ weights
            chances = np.exp(scores - scores.max())
            chances /= chances.sum()
            wanted = chances[good].sum()
            total -= np.log(wanted)
            slope += scaled.T @ (chances - np.where(good, chances / wanted, 0.0))
        return total / len(lists) + _RIDGE * weights @ weights, slope / len(lists) + 2 * _RIDGE * weights

    fitted = minimize(loss, np.ones(len(FEATURES)), jac=True, method="L-BFGS-B").x / spread
    return {name: round(float(weight), 4) for name, weight in zip(FEATURES, fitted, strict=True)}


def _ranked(candidates: Sequence[Candidate], rank: dict[str, float]) -> list[Candidate]:
    scored = [replace(c, score=sum(rank[name] * c.features[name] for name in FEATURES)) for c in candidates]
    return sorted(scored, key=lambda c: -c.score)


def _fit_trust(cases: Sequence[Case]) -> tuple[dict[str, float], np.ndarray]:
    """Return the weights, and for each case the probability that models fitted without its question give it."""
    inputs = np.array([list(_signals(case).values()) for case in cases])
    right = np.array([case.right for case in cases])
    folds = np.array([hash_of(case.asked.id) % _FOLDS for case in cases])
    held_out = np.zeros(len(cases))
    for fold in range(_FOLDS):
        model = LogisticRegression(C=2.0, max_iter=2000).fit(inputs[folds != fold], right[folds != fold])
        held_out[folds == fold] = model.predict_proba(inputs[folds == fold])[:, 1]
    model = LogisticRegression(C=2.0, max_iter=2000).fit(inputs, right)
    return _named(model, TRUST), held_out


def _signals(case: Case) -> dict[str, float]:
    signals = trust_signals(case.candidates, case.out_of_scope, case.away)
    return {name: signals[name] for name in TRUST}


def _thresholds(cases: Sequence[Case], probabilities: np.ndarray) -> dict[str, float]:
    inside = np.array([bool(case.asked.guides) for case in cases])
    right = np.array([case.right for case in cases])
    offered = np.array([bool({c.guide.id for c in case.candidates[:3]} & set(case.asked.guides)) for case in cases])
    answer = 0.95
    for threshold in np.arange(0.30, 0.96, 0.01):
        said = probabilities >= threshold
        wrong = (said & inside & ~right).sum() / max(inside.sum(), 1)
        outside = (said & ~inside).sum() / max((~inside).sum(), 1)
        if wrong <= MAX_WRONG and outside <= MAX_OUTSIDE:
            answer = float(threshold)
            break
    ask = answer
    for threshold in np.arange(answer, 0.04, -0.01):
        band = (probabilities >= threshold) & (probabilities < threshold + 0.1)
        if band.sum() >= 10 and offered[band].mean() < ASK_PRECISION:
            break
        ask = float(threshold)
    return {"answer": round(answer, 2), "ask": round(ask, 2)}


def _report(cases: Sequence[Case], probabilities: np.ndarray, thresholds: dict[str, float]) -> dict[str, Any]:
    inside = np.array([bool(case.asked.guides) for case in cases])
    right = np.array([case.right for case in cases])
    said = probabilities >= thresholds["answer"]
    return {
        "cases": len(cases),
        "first_right": round(float(right[inside].mean()), 4),
        "answered_right": round(float((said & right)[inside].mean()), 4),
        "answered_wrong": round(float((said & ~right)[inside].mean()), 4),
        "out_of_scope_answered": round(float(said[~inside].mean()), 4) if (~inside).any() else 0.0,
        "calibration_error": round(calibration_error(list(zip(probabilities, right, strict=True))), 4),
    }


def _named(model: LogisticRegression, names: Sequence[str]) -> dict[str, float]:
    named = {"bias": round(float(model.intercept_[0]), 4)}
    return named | {name: round(float(w), 4) for name, w in zip(names, model.coef_[0], strict=True)}


def hash_of(text: str) -> int:
    """Return a number that is the same in every process; forms of one question share it and so a fold."""
    return sum(ord(char) * (i + 1) for i, char in enumerate(text))
