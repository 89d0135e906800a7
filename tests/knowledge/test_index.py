"""Index bundles: built once, unchanged passages keep their vectors, broken ones never serve."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from knowledge.decide import Decider
from knowledge.guide import Guide
from knowledge.index import IndexBroken, build, current_version, open_current
from knowledge.library import check
from knowledge.search import Search
from tests.fakes import HashingEncoder

GUIDES = [guide for guide in check()[0] if guide.field == "thanh-toan"][:5]


@pytest.fixture
def encoder() -> HashingEncoder:
    return HashingEncoder()


def changed(guide: Guide) -> Guide:
    return guide.model_copy(update={"short": "Câu trả lời ngắn đã được sửa lại hoàn toàn."})


def test_the_same_guides_are_not_built_again(tmp_path: Path, encoder: HashingEncoder) -> None:
    first = build(GUIDES, encoder, tmp_path)
    encoder.encoded.clear()
    assert build(GUIDES, encoder, tmp_path) == first
    assert encoder.encoded == []


def test_a_changed_guide_encodes_only_its_own_passages(tmp_path: Path, encoder: HashingEncoder) -> None:
    first = build(GUIDES, encoder, tmp_path)
    encoder.encoded.clear()
    second = build([changed(GUIDES[0]), *GUIDES[1:]], encoder, tmp_path)
    assert second.version != first.version
    assert encoder.encoded
    assert all(text.startswith(GUIDES[0].title) for text in encoder.encoded)


def test_search_finds_by_words_code_and_without_diacritics(tmp_path: Path, encoder: HashingEncoder) -> None:
    build(GUIDES, encoder, tmp_path)
    search = Search(open_current(tmp_path), encoder, Decider())
    for guide in GUIDES:
        assert search.search(guide.title)[0].guide.id == guide.id
        assert search.search(guide.aliases[0].upper())[0].guide.id == guide.id
    assert search.search("") == []
    assert search.search("?!…") == []


def test_dev_and_test_questions_are_not_in_the_index(tmp_path: Path, encoder: HashingEncoder) -> None:
    build(GUIDES, encoder, tmp_path)
    texts = {passage.text for passage in open_current(tmp_path).passages}
    for guide in GUIDES:
        assert not texts & {question.q for _, question in guide.golden("dev", "test")}
        assert {question.q for _, question in guide.golden("index")} <= texts


@pytest.mark.parametrize("name", ["passages.db", "vectors.faiss", "manifest.json"])
@pytest.mark.parametrize("damage", ["remove", "cut", "alter"])
def test_a_damaged_bundle_is_refused(tmp_path: Path, encoder: HashingEncoder, name: str, damage: str) -> None:
    version = build(GUIDES, encoder, tmp_path).version
    path = tmp_path / version / name
    content = path.read_bytes()
    if damage == "remove":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    else:
        path.write_bytes(
            content.replace(b"passages", b"passagez")
            if name == "manifest.json"
            else content[:200] + bytes([content[200] ^ 255]) + content[201:]
        )
    with pytest.raises(IndexBroken, match=name if name != "manifest.json" else version):
        open_current(tmp_path)


def test_a_damaged_bundle_is_built_anew(tmp_path: Path, encoder: HashingEncoder) -> None:
    version = build(GUIDES, encoder, tmp_path).version
    (tmp_path / version / "vectors.faiss").unlink()
    build(GUIDES, encoder, tmp_path)
    assert open_current(tmp_path).manifest.version == version


def test_a_build_that_dies_leaves_the_old_one_serving(tmp_path: Path, encoder: HashingEncoder) -> None:
    version = build(GUIDES, encoder, tmp_path).version

    class Dies(HashingEncoder):
        def encode(self, texts):
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        build([changed(GUIDES[0])], Dies(), tmp_path)
    assert current_version(tmp_path) == version
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_bundle_of_another_format_is_refused(tmp_path: Path, encoder: HashingEncoder) -> None:
    version = build(GUIDES, encoder, tmp_path).version
    path = tmp_path / version / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    with pytest.raises(IndexBroken, match="format 99"):
        open_current(tmp_path)


def test_no_index_says_how_to_build_one(tmp_path: Path) -> None:
    with pytest.raises(IndexBroken, match="tro-ly index build"):
        open_current(tmp_path)
