"""No main number of the scorecard falls out of its kept interval, and what README and docs say of them is what was kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.app import Assistant
from evaluation.scorecard import page
from evaluation.scorecard.headline import drops, headline, read_kept
from evaluation.scorecard.measure import RememberingSearch, measure
from evaluation.statistics import calibration_error, reliability, spread
from nlu.client import NluClient

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def search(assistant: Assistant) -> RememberingSearch:
    return RememberingSearch(assistant.services.search, assistant.services.decider)


@pytest.fixture(scope="module")
def report(assistant: Assistant, search: RememberingSearch) -> dict[str, Any]:
    return measure(assistant, search, None, fast=True)


def test_no_main_number_fell_without_rasa(report: dict[str, Any]) -> None:
    now, kept = headline(report), read_kept()["headline"]
    assert drops(now, kept) == []
    compared = {name for name in kept if name.startswith(("without_rasa/", "ranking/")) and "teencode" not in name}
    assert set(now) == compared


@pytest.mark.rasa
def test_no_main_number_fell(assistant: Assistant, search: RememberingSearch, real_rasa: NluClient) -> None:
    now, kept = headline(measure(assistant, search, real_rasa, fast=True)), read_kept()["headline"]
    assert drops(now, kept) == []
    # Teencode takes longer and is measured by the whole scorecard only.
    assert {name for name in kept if name not in now and "teencode" not in name} == set()


def number(value: float, low: float, high: float, *, lower_is_better: bool = False) -> dict[str, Any]:
    return {"value": value, "low": low, "high": high, "n": 100, "lower_is_better": lower_is_better}


@pytest.mark.parametrize(
    ("value", "lower_is_better", "worse"),
    [(0.79, False, True), (0.81, False, False), (0.99, False, False), (0.91, True, True), (0.89, True, False), (0.1, True, False)],
)  # fmt: skip
def test_only_a_change_for_the_worse_beyond_the_interval_is_a_drop(
    value: float, lower_is_better: bool, worse: bool
) -> None:
    kept = {"answers/folded/some": number(0.85, 0.8, 0.9, lower_is_better=lower_is_better)}
    now = {"answers/folded/some": number(value, 0, 1, lower_is_better=lower_is_better), "new/one": number(0, 0, 0)}
    assert bool(drops(now, kept)) is worse


def test_a_drop_tells_what_it_is_was_and_may_be() -> None:
    (line,) = drops({"ranking/folded/recall@1": number(0.7, 0, 1)}, {"ranking/folded/recall@1": number(0.85, 0.8, 0.9)})
    assert line == "ranking/folded/recall@1: 0.7000; was 0.8500, interval 0.8000 to 0.9000"


def test_the_page_says_what_was_measured_and_what_was_not(report: dict[str, Any], tmp_path: Path) -> None:
    page.write(report, tmp_path)
    text = (tmp_path / "scorecard.md").read_text(encoding="utf-8")
    assert "Rasa không chạy trong lần đo này" in text
    assert report["versions"]["index"] in text
    assert "lần này không đo" in text
    assert {"headline", "worst", "risk"} <= set(json.loads((tmp_path / "scorecard.json").read_text(encoding="utf-8")))
    for picture in ("reliability.png", "risk_coverage.png"):
        assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")


def test_the_worst_misses_are_wrong_answers_and_the_surest_come_first(report: dict[str, Any]) -> None:
    worst = report["worst"]
    assert all(miss["guide"] and miss["guide"] not in miss["wanted"] for miss in worst)
    assert len({miss["id"] for miss in worst}) == len(worst)
    for outside in (False, True):
        sure = [miss["confidence"] for miss in worst if bool(miss["wanted"]) is not outside]
        assert sure
        assert sure == sorted(sure, reverse=True)


def test_a_higher_threshold_answers_less_and_is_wrong_less(report: dict[str, Any]) -> None:
    curve = report["risk"]["test"]["curve"]
    for key in ("answered", "wrong", "out_of_scope_answered"):
        values = [point[key] for point in curve]
        assert values == sorted(values, reverse=True)
    assert (curve[0]["answered"], curve[-1]["answered"]) == (1.0, 0.0)


def test_calibration_error_is_the_distance_between_said_and_right() -> None:
    half = [(0.5, True), (0.5, False)]
    assert calibration_error(half) == 0
    assert calibration_error([(0.9, True), (0.9, False)]) == pytest.approx(0.4)
    assert calibration_error([*half, (0.9, True), (0.9, False)]) == pytest.approx(0.2)
    assert [b["n"] for b in reliability([*half, (1.0, True)])] == [2, 1]


def test_an_interval_holds_its_number_and_narrows_with_more_rows() -> None:
    def share(rows: list[bool]) -> float:
        return sum(rows) / len(rows)

    low, high = spread(share, [True, False] * 20)
    less, more = spread(share, [True, False] * 500)
    assert low < less < 0.5 < more < high


def test_readme_and_docs_show_the_kept_numbers() -> None:
    kept = read_kept()
    assert page.part_of(ROOT / "README.md") == page.readme_part(kept)
    assert page.part_of(ROOT / "docs" / "evaluation.md") == page.docs_part(kept)
