"""Guide files: every fault is named by file, field and line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from knowledge import library
from knowledge.guide import split_of

EXAMPLE = library.GUIDES / "vneid-quen-mat-khau.yml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    text = EXAMPLE.read_text(encoding="utf-8")
    start = text.index("related:")
    end = text.index("\n", start)
    (tmp_path / EXAMPLE.name).write_text(text[:start] + "related: []" + text[end:], encoding="utf-8")
    return tmp_path


def faults(folder: Path) -> list[str]:
    return [str(fault) for fault in library.check(folder)[1]]


def change(folder: Path, old: str, new: str) -> int:
    """Replace text and return the line where it stood."""
    path = folder / EXAMPLE.name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_shipped_guides_have_no_fault() -> None:
    guides, found = library.check()
    assert found == []
    assert len(guides) >= 60


def test_a_good_guide_has_no_fault(folder: Path) -> None:
    assert faults(folder) == []


@pytest.mark.parametrize(
    ("old", "new", "field", "problem"),
    [
        ("valid_from: 2025-12-04", "unit: lần", "fees.0", "an amount needs valid_from"),
        ("confidence: high", "confidence: sure", "confidence", "Input should be"),
        ("number: 1900 0368", "number: gọi công an", "hotlines.0.number", "String should match pattern"),
        ("field: vneid", "field: vneid\nfeild: x", "feild", "Extra inputs are not permitted"),
        ("id: vneid-quen-mat-khau", "id: quen-mat-khau", "id", "must equal the file name"),
        ("related: []", "related: [khong-co]", "related.0", "unknown guide"),
        ("no_papers: true", "no_papers: true\npapers:\n  - name: Đơn", "no_papers", "papers are listed"),
        ("review_due: 2027-05-22", "review_due: 2026-01-01", "review_due", "must lie after"),
    ],
)
def test_it_names_field_and_line(folder: Path, old: str, new: str, field: str, problem: str) -> None:
    line = change(folder, old, new)
    found = faults(folder)
    assert any(f"{field}: " in fault and problem in fault for fault in found), found
    near = [int(fault.split(":")[1]) for fault in found if problem in fault]
    assert any(abs(at - line) <= 4 for at in near), (near, line)


def test_a_missing_source_is_named(folder: Path) -> None:
    path = folder / EXAMPLE.name
    text = path.read_text(encoding="utf-8")
    start, end = text.index("sources:"), text.index("confidence: high")
    path.write_text(text[:start] + "sources: []\n" + text[end:], encoding="utf-8")
    assert any("sources" in fault and "at least 1" in fault for fault in faults(folder))


def test_broken_yaml_is_named_with_its_line(folder: Path) -> None:
    line = change(folder, "title: Quên", "title: [Quên")
    assert any(f":{line}" in fault or f":{line + 1}" in fault for fault in faults(folder))
    assert any("not valid YAML" in fault for fault in faults(folder))


def test_an_alias_and_a_question_belong_to_one_guide(folder: Path) -> None:
    copy = folder / "ban-sao.yml"
    shutil.copy(folder / EXAMPLE.name, copy)
    copy.write_text(
        copy.read_text(encoding="utf-8").replace("id: vneid-quen-mat-khau", "id: ban-sao"), encoding="utf-8"
    )
    found = faults(folder)
    assert any("is already an alias of" in fault for fault in found)
    assert any("the same question stands in" in fault for fault in found)


def test_a_question_may_not_stand_twice(folder: Path) -> None:
    change(folder, "- {q: quên mật khẩu vneid}", "- {q: quên mật khẩu vneid}\n    - {q: Quên mật khẩu VNeID}")
    assert any("stands twice in this guide" in fault for fault in faults(folder))


def test_an_empty_folder_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(library.LibraryError, match="no guide file"):
        library.load(tmp_path)


def test_the_split_ignores_diacritics_and_stays() -> None:
    assert split_of("Quên mật khẩu VNeID?") == split_of("quen mat khau vneid")
    assert [split_of(f"câu hỏi số {n}") for n in range(6)] == ["index", "index", "test", "test", "index", "test"]


def test_an_export_comes_back_unchanged_and_a_second_import_changes_nothing(folder: Path, tmp_path: Path) -> None:
    guides = library.load(folder)
    library.export(guides, tmp_path / "guides.jsonl")
    target = tmp_path / "target"
    assert library.import_guides(tmp_path / "guides.jsonl", target) == ([EXAMPLE.stem], [])
    assert library.load(target) == guides
    assert library.import_guides(tmp_path / "guides.jsonl", target) == ([], [])
    assert library.import_guides(folder, target) == ([], [])


def test_an_import_with_one_fault_changes_nothing(folder: Path, tmp_path: Path) -> None:
    guide = library.load(folder)[0]
    other = guide.model_copy(update={"id": "other", "aliases": ["tên khác"], "related": ["nobody"], "questions": {}})
    changed = guide.model_copy(update={"title": "Tên mới của bài"})
    library.export([changed, other], tmp_path / "guides.jsonl")
    before = (folder / EXAMPLE.name).read_bytes()
    with pytest.raises(library.LibraryError, match="unknown guide 'nobody'"):
        library.import_guides(tmp_path / "guides.jsonl", folder)
    assert (folder / EXAMPLE.name).read_bytes() == before
    assert not (folder / "other.yml").exists()


def test_a_bad_line_of_an_import_is_named(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "guides.jsonl"
    library.export(library.load(folder), path)
    path.write_text(path.read_text(encoding="utf-8") + '{"id": "x"}\n', encoding="utf-8")
    with pytest.raises(library.LibraryError, match=r"guides\.jsonl:2: title: Field required"):
        library.import_guides(path, folder)


def test_a_question_may_only_name_guides_that_exist(folder: Path) -> None:
    line = change(folder, "{q: quên mật khẩu vneid}", "{q: quên mật khẩu vneid, also: [nobody]}")
    assert f"{EXAMPLE.name}:{line}: questions.blunt.0.also: unknown guide 'nobody'" in faults(folder)
