"""The classifier: word by word it learns what tells guides apart, and one guide at a time it learns anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from knowledge.classifier import Classifier

QUESTIONS = {
    "cap-doi": [f"bang lai {word} het han doi o dau" for word in ("xe may", "o to", "tai", "a1", "b2")],
    "cap-lai": [f"bang lai {word} bi mat lam lai o dau" for word in ("xe may", "o to", "tai", "a1", "b2")],
    "tam-tru": [f"dang ky tam tru {word} o dau" for word in ("nha tro", "ky tuc xa", "cho con", "cho me", "phong")],
}


def silent(what: str, done: int, total: int) -> None:
    """Stand in for progress."""


def fitted() -> Classifier:
    return Classifier.fit(QUESTIONS, silent)


def test_the_word_that_tells_siblings_apart_decides() -> None:
    classifier = fitted()
    for text, guide in (("bang lai mo to bi mat", "cap-lai"), ("bang lai mo to het han", "cap-doi")):
        assert classifier.guides[int(classifier.margins(text).argmax())] == guide


def test_what_no_guide_was_asked_lies_on_no_side() -> None:
    assert np.all(fitted().margins("xyzq") < 0)


def test_only_the_guides_that_changed_are_fitted_anew() -> None:
    before = fitted()
    said = []
    changed = QUESTIONS | {"tam-tru": [*QUESTIONS["tam-tru"], "bang lai thue nha tro"]}
    after = before.refitted(changed, {"tam-tru"}, lambda *progress: said.append(progress))
    assert said == [("classifier", 1, 1)]
    text = "bang lai nha tro"
    assert np.array_equal(after.margins(text)[:2], before.margins(text)[:2])
    assert after.margins(text)[2] > before.margins(text)[2]


def test_guides_come_and_go() -> None:
    left = {guide: texts for guide, texts in QUESTIONS.items() if guide != "cap-doi"}
    after = fitted().refitted(left | {"khai-sinh": ["bang lai o to cho con"] * 3}, {"khai-sinh"}, silent)
    assert after.guides == ("cap-lai", "tam-tru", "khai-sinh")
    assert after.margins("bang lai o to cho con").argmax() == 2


def test_a_single_guide_has_nothing_to_be_told_from() -> None:
    assert Classifier.fit({"tam-tru": QUESTIONS["tam-tru"]}, silent).margins("tam tru").tolist() == [-1.0]


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    fitted().write(tmp_path / "c.npz")
    again = Classifier.read(tmp_path / "c.npz")
    assert again.guides == tuple(QUESTIONS)
    assert np.allclose(again.margins("bang lai bi mat"), fitted().margins("bang lai bi mat"), atol=0.01)
