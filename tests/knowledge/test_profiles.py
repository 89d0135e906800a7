"""Profiles: what a guide's questions are made of tells it apart, also through typos."""

from __future__ import annotations

import numpy as np

from knowledge.profiles import Profiles

TEXTS = [
    "quen mat khau vneid",
    "lay lai mat khau vneid",
    "dang ky tam tru",
    "lam tam tru cho nguoi thue tro",
    "giay to tam tru",
]
PROFILES = Profiles([0, 0, 1, 1, 1], TEXTS, [True, True, True, True, False], 3)


def test_both_views_prefer_the_guide_whose_words_were_used() -> None:
    for text, guide in (("mat khau vneid", 0), ("tam tru", 1)):
        views = PROFILES.views(text)
        assert views.profile.argmax() == guide
        assert views.likelihood[guide] > views.likelihood[1 - guide]


def test_a_typo_still_finds_the_guide_by_its_letters() -> None:
    profile = PROFILES.views("matkhau vneidd").profile
    assert profile[0] > 0.1 > profile[1]


def test_unknown_words_and_guides_without_texts_score_nothing() -> None:
    views = PROFILES.views("xyzq")
    assert np.all(views.profile == 0)
    assert np.all(np.isfinite(views.likelihood))
    assert PROFILES.views("tam tru").profile[2] == 0


def test_a_question_is_covered_by_the_guide_that_has_its_words() -> None:
    views = PROFILES.views("quen mat khau")
    assert views.coverage.tolist() == [1.0, 0.0, 0.0]
    assert views.stranger[0] == 0 < views.stranger[1]


def test_a_word_that_no_guide_has_is_the_strangest_and_the_rarest() -> None:
    views = PROFILES.views("dang ky visa")
    assert views.weights["visa"] > views.weights["dang"]
    assert views.coverage.argmax() == 1
    assert np.all(views.stranger == 1)
