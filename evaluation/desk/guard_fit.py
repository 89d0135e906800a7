"""Fit the relay guard's weights on hand-written examples, another hand's sentences, what guides say, and the tuned half."""

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
from sklearn.model_selection import GroupKFold
from sklearn.svm import LinearSVC

from bot.desk.guard import by_rules
from bot.desk.guard_meanings import meanings
from bot.desk.guard_model import BIAS, COLUMNS, REASONS, RULE, THRESHOLD, signs, windows
from evaluation.answers.forms import folded, teencode
from evaluation.desk.guard import OTHER_HAND, read, unseen
from knowledge.guide import Guide
from knowledge.library import load
from nlu.text import fold

EXAMPLES = Path(__file__).with_name("guard_examples.txt")
# At most this share of another hand's helpful sentences may be stopped by rules and weights together, by five folds.
FALSE_ALARMS = 0.03
# What a score gains where a rule sees a request: only weights that are very sure of help overrule a rule.
_RULE_GAIN = 0.6
_C = 0.3
_FOLDS = 5
# How many ways each example is taught: as it is, and as others write it.
_WAYS = 4
# All guides together weigh this many times the helpful lines: they are many, and every one must pass.
_GUIDES_WEIGH = 1.5
# How many sentences a line with choices may give.
_PER_LINE = 30
# As many signs as the table holds: the heaviest, so that it stays under 1.5 MB.
_KEPT = 45_000
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
    blind = {to_anybody(one.text) for one in unseen()}
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
    others = read(OTHER_HAND)
    single = [*others, *(one for one in read() if one.half == "tuned")]
    seen = [Example(one.text, one.refuse or "ok", -n, 1.0) for n, one in enumerate(single, start=1)] + examples()
    helpful = sum(one.weight for one in seen if one.reason == "ok")
    texts = {text for guide in load() for text in said(guide)}
    guides = sorted({part for text in texts for part in (*text.splitlines(), *_SENTENCE.split(text)) if part})
    dice = random.Random(0)
    taught = [
        Example(text, one.reason, one.line, one.weight / _WAYS)
        for one in seen
        for text in _as_others_write(one.text, dice)
    ]
    share = _GUIDES_WEIGH * helpful / len(guides)
    taught += [Example(text, "ok", -len(single) - n, share) for n, text in enumerate(guides, start=1)]

    found = [_windows_signs(one.text) for one in taught]
    vectorizer = CountVectorizer(analyzer=list, min_df=3, binary=True)
    x = (sparse.diags([1 / sqrt(max(1, len(one))) for one in found]) @ vectorizer.fit_transform(found)).tocsr()
    reasons = np.array([one.reason for one in taught])
    weight = np.array([one.weight for one in taught])

    # Each sentence of the other hand comes first as it was typed.
    judged = np.zeros(len(taught))
    for learn, hide in GroupKFold(_FOLDS, shuffle=True, random_state=0).split(x, groups=[one.line for one in taught]):
        judged[hide] = _column(x[learn], reasons[learn] != "ok", weight[learn]).decision_function(x[hide])
    scores = judged[: len(others) * _WAYS : _WAYS] + _RULE_GAIN * np.array(
        [by_rules(one.text) is not None for one in others]
    )
    asks = np.array([one.refuse is not None for one in others])
    threshold = float(np.sort(scores[~asks])[::-1][int(FALSE_ALARMS * np.sum(~asks))])
    say(f"{len(seen)} examples, {len(guides)} sentences of guides, {x.shape[1]} signs")
    say(f"by folds: leaks {np.mean(scores[asks] <= threshold):.1%} at {FALSE_ALARMS:.0%} false alarms, rules included")

    models = [_column(x, reasons != "ok" if name == "ask" else reasons == name, weight) for name in COLUMNS]
    table = np.stack([model.coef_[0] for model in models], axis=1)
    rows = {BIAS: [float(model.intercept_[0]) for model in models]}
    rows |= {name: [number, 0.0, 0.0, 0.0] for name, number in ((THRESHOLD, threshold), (RULE, _RULE_GAIN))}
    names = vectorizer.get_feature_names_out()
    rows |= {str(names[i]): list(table[i]) for i in np.argsort(-np.abs(table[:, 0]))[:_KEPT]}
    text = ["\t".join(["sign", *COLUMNS])]
    text += ["\t".join([sign, *(f"{number:.2f}" for number in row)]) for sign, row in rows.items()]
    out.write_text("\n".join(text) + "\n", encoding="utf-8")
    say(f"{min(_KEPT, len(names))} signs kept, {out.stat().st_size // 1000} kB")


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


def _column(x: sparse.csr_matrix, is_so: np.ndarray, weight: np.ndarray) -> LinearSVC:
    """Return a model for which those that are so weigh as much as all others together."""
    fair = np.where(is_so, weight / weight[is_so].sum(), weight / weight[~is_so].sum()) * len(weight) / 2
    return LinearSVC(C=_C, random_state=0).fit(x, is_so, sample_weight=fair)
