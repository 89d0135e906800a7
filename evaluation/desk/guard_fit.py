"""Fit the relay guard's second opinion on hand-written examples, what guides say, and the tuned half of guard.jsonl."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod, sqrt
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from bot.desk.guard import by_rules
from bot.desk.guard_meanings import meanings
from bot.desk.guard_model import BIAS, COLUMNS, REASONS, THRESHOLD, signs, windows
from evaluation.answers.forms import folded, teencode
from evaluation.desk.guard import HELD_OUT, read
from knowledge.guide import Guide
from knowledge.library import load
from nlu.text import fold

EXAMPLES = Path(__file__).with_name("guard_examples.txt")
# At most this share of the helpful examples may be stopped by rules and weights together, by five folds over lines.
FALSE_ALARMS = 0.03
_C = 100.0
_FOLDS = 5
# All guides together weigh this many times the helpful lines: they are many, and none of them is a near miss.
_GUIDES_WEIGH = 1.0
# How many sentences a line with choices may give.
_PER_LINE = 12
# Weights nearer to zero than this are left out, to keep the table under 1 MB.
_SMALL = 0.4
# What people ask, where we read it, and what is for administrators: no volunteer sends these.
NOT_SAID = {"questions", "phrases", "aliases", "sources", "unverified", "id", "codes", "related"}

_SENTENCE = re.compile(r"(?<=[.!?:;])\s+")
_CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")
_CITIZEN = ("bác", "anh", "chị", "cô", "chú", "dì", "ông", "bà", "mệ", "o", "cậu", "thím")
# "con" is put in, never taken out: it is also a child, and in "con số", "con cháu".
_VOLUNTEER = ("em", "cháu", "con", "tôi", "tui")


@dataclass(frozen=True)
class Example:
    """One sentence to learn from; reason is "ok" when it may go. Examples of one line are never split over folds."""

    text: str
    reason: str
    line: int
    weight: float


def examples(path: Path = EXAMPLES) -> list[Example]:
    """Return the sentences of the file, choices filled in.

    Those that a blind set holds are left out, said to whomever.
    """
    unseen = [*read(HELD_OUT), *(one for one in read() if one.half == "held")]
    blind = {to_anybody(one.text) for one in unseen}
    found: list[Example] = []
    reason = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("["):
            reason = line.strip("[]")
            if reason not in ("ok", *REASONS):
                raise ValueError(f"{path.name}:{number}: [{reason}] is none of [ok], [secret], [money], [link]")
        elif line and not line.startswith("#"):
            filled = sorted({text for text in _filled(line, random.Random(number)) if to_anybody(text) not in blind})
            found += [Example(text, reason, number, 1 / sqrt(len(filled))) for text in filled]
    return found


def _filled(line: str, dice: random.Random) -> Iterator[str]:
    ways = prod(len(choice[1].split("|")) for choice in _CHOICE.finditer(line))
    for _ in range(min(ways, _PER_LINE)):
        yield " ".join(_CHOICE.sub(lambda choice: dice.choice(choice[1].split("|")), line).split())


def said(guide: Guide) -> Iterator[str]:
    """Every text of a guide that an answer can show."""
    yield from _texts(guide.model_dump(mode="json", exclude=NOT_SAID))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def fit(out: Path, say: Callable[[str], None]) -> None:
    """Write the table of weights, and say what the folds showed."""
    seen = examples()
    tuned = [one for one in read() if one.half == "tuned"]
    seen += [Example(one.text, one.refuse or "ok", -n, 1.0) for n, one in enumerate(tuned)]
    helpful = sum(one.weight for one in seen if one.reason == "ok")
    texts = {text for guide in load() for text in said(guide)}
    guides = sorted({part for text in texts for part in (*text.splitlines(), *_SENTENCE.split(text)) if part})
    dice = random.Random(0)
    taught = [
        Example(text, one.reason, one.line, one.weight / 4) for one in seen for text in _as_others_write(one.text, dice)
    ]
    share = _GUIDES_WEIGH * helpful / len(guides)
    taught += [Example(text, "ok", -len(tuned) - n, share) for n, text in enumerate(guides)]

    vectorizer = CountVectorizer(analyzer=_windows_signs, min_df=2, binary=True)
    x = _unit(vectorizer.fit_transform([one.text for one in taught]), [one.text for one in taught])
    reasons = np.array([one.reason for one in taught])
    weight = np.array([one.weight for one in taught])
    lines = np.array([one.line for one in taught])

    judged = np.zeros(len(taught))
    for learn, hide in GroupKFold(_FOLDS, shuffle=True, random_state=0).split(x, groups=lines):
        judged[hide] = _column(x[learn], reasons[learn] != "ok", weight[learn]).decision_function(x[hide])
    # The rules were mended by the tuned half; only the lines of examples tell how the whole guard does.
    ruled = np.array([one.line > 0 and by_rules(one.text) is not None for one in taught])
    typed = {(one.line, one.text) for one in seen}
    ours = np.array([one.line > 0 and (one.line, one.text) in typed for one in taught])
    ok, asks = ours & (reasons == "ok"), ours & (reasons != "ok")
    scores = np.where(ruled, np.inf, judged)
    order = np.argsort(-scores[ok])
    stopped = np.cumsum(weight[ok][order]) / weight[ok].sum()
    threshold = float(scores[ok][order][np.searchsorted(stopped, FALSE_ALARMS)])
    leaks = float(weight[asks] @ (scores[asks] <= threshold) / weight[asks].sum())
    say(f"{len(seen)} examples, {len(guides)} sentences of guides, {x.shape[1]} signs")
    say(f"by folds: leaks {leaks:.1%} at {FALSE_ALARMS:.0%} false alarms, rules included")

    models = [_column(x, reasons != "ok" if name == "ask" else reasons == name, weight) for name in COLUMNS]
    table = np.stack([model.coef_[0] for model in models], axis=1)
    rows = {BIAS: [float(model.intercept_[0]) for model in models], THRESHOLD: [threshold, 0.0, 0.0, 0.0]}
    names = vectorizer.get_feature_names_out()
    kept = [i for i in np.argsort(-np.abs(table[:, 0])) if abs(table[i, 0]) >= _SMALL]
    rows |= {str(names[i]): list(table[i]) for i in kept}
    text = ["\t".join(["sign", *COLUMNS])]
    text += ["\t".join([sign, *(f"{number:.2f}" for number in row)]) for sign, row in rows.items()]
    out.write_text("\n".join(text) + "\n", encoding="utf-8")
    say(f"{len(kept)} signs kept, {out.stat().st_size // 1000} kB")


def _as_others_write(text: str, dice: random.Random) -> list[str]:
    others = [_between_others(text, dice) for _ in range(3)]
    return [text, others[0], folded(others[1]), teencode(others[2])]


def _between_others(text: str, dice: random.Random) -> str:
    """Return the text as another volunteer says it to another citizen: "bác … em" -> "cô … con"."""
    return _between(text, dice.choice(_CITIZEN), dice.choice(_VOLUNTEER))


def to_anybody(text: str) -> str:
    """Return a key that is the same whoever speaks to whomever."""
    return fold(_between(text.lower(), "bác", "em"))


def _between(text: str, citizen: str, volunteer: str) -> str:
    text = re.sub(rf"\b(?:{'|'.join(_CITIZEN)})\b", citizen, text)
    return re.sub(r"\b(?:em|cháu|tôi|tui)\b", volunteer, text)


def _windows_signs(text: str) -> list[str]:
    return sorted({sign for window in windows(meanings(text)) for sign in signs(window)})


def _unit(x: sparse.csr_matrix, texts: list[str]) -> sparse.csr_matrix:
    lengths = [max(1, len(_windows_signs(text))) for text in texts]
    return (sparse.diags(1 / np.sqrt(lengths)) @ x).tocsr()


def _column(x: sparse.csr_matrix, is_so: np.ndarray, weight: np.ndarray) -> LogisticRegression:
    return LogisticRegression(C=_C, solver="liblinear", class_weight="balanced").fit(x, is_so, sample_weight=weight)
