"""The measurement at scale says what it promises, on a small number of passages; its synthetic guides are reproducible."""

from __future__ import annotations

from itertools import islice

from evaluation.retrieval.scale import measure, table
from evaluation.retrieval.synthetic import synthetic
from knowledge.guide import Guide
from knowledge.library import load
from knowledge.passages import passages
from tests.fakes import HashingEncoder

GUIDES = load()[:30]


def test_synthetic_guides_are_valid_different_and_the_same_each_time() -> None:
    made = list(synthetic(GUIDES, 6000))
    assert sum(len(passages(guide)) for guide in made) >= 6000
    assert list(islice(synthetic(GUIDES, 6000), len(made))) == made
    assert len({guide.id for guide in made}) == len(made) > len(GUIDES)
    for guide in made:
        Guide.model_validate_json(guide.model_dump_json())
    texts = [passage.text for guide in made for passage in passages(guide)]
    assert len(set(texts)) > 0.8 * len(texts)


def test_synthetic_guides_hold_no_question_kept_for_measuring() -> None:
    # Shorter ones may be an alias too, or become one by chance.
    kept = {q.q for guide in GUIDES for _, q in guide.golden("dev", "test") if len(q.q) > 40}
    assert kept
    assert not kept & {passage.text for guide in synthetic(GUIDES, 4000) for passage in passages(guide)}


def test_the_report_has_every_number_and_tells_how_far_it_is() -> None:
    said: list[str] = []
    report = measure(GUIDES, HashingEncoder(), 2000, 1500, said.append)
    assert report["passages"] >= 2000
    assert report["update"]["passages"] >= 1500
    assert set(report["build_s"]) == {"write", "full text", "encode", "vectors", "classifier", "rest", "total"}
    assert set(report["size_mb"]) == {"passages.db", "vectors.faiss", "classifier.npz"}
    for name in ("vector_ms", "lexical_ms", "exact_ms"):
        assert set(report["search"][name]) == {"p50", "p95", "p99", "p99_cpu"}
    # So few are all compared, as in the exact baseline.
    assert report["search"]["recall_at_10"] == 1.0
    assert report["search"]["peak_rss_mb"] > 0
    assert set(report["met"]) == set(report["targets"])
    assert any("of 2," in line for line in said)
    assert table(report).count("\n") > 10
