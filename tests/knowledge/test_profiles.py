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
        profile, likelihood = PROFILES.scores(text)
        assert profile.argmax() == guide
        assert likelihood[guide] > likelihood[1 - guide]


def test_a_typo_still_finds_the_guide_by_its_letters() -> None:
    profile, _ = PROFILES.scores("matkhau vneidd")
    assert profile[0] > 0.1 > profile[1]


def test_unknown_words_and_guides_without_texts_score_nothing() -> None:
    profile, likelihood = PROFILES.scores("xyzq")
    assert np.all(profile == 0)
    assert np.all(np.isfinite(likelihood))
    assert PROFILES.scores("tam tru")[0][2] == 0
