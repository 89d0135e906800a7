"""Read guide files, and name file, field and line of every fault in them."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from knowledge.errors import KnowledgeError
from knowledge.guide import Guide
from nlu.text import fold

MIN_QUESTIONS = 12
GUIDES = Path(__file__).with_name("guides")


@dataclass(frozen=True)
class Fault:
    """Something wrong in a guide file; line is 1-based."""

    file: str
    line: int
    field: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.problem}"


class LibraryError(KnowledgeError):
    """Guide files that cannot be used; faults says where and why."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


def load(folder: Path = GUIDES) -> list[Guide]:
    """Return all guides of a folder ordered by id; raise LibraryError naming every fault."""
    guides, faults = check(folder)
    if faults:
        raise LibraryError(faults)
    return guides


def check(folder: Path = GUIDES) -> tuple[list[Guide], list[Fault]]:
    """Return the readable guides ordered by id, and every fault of every file."""
    read = [_read(path) for path in sorted(folder.glob("*.yml"))]
    faults = [fault for one in read for fault in one.faults]
    good = [one for one in read if one.guide is not None]
    faults += _across(good)
    if not read:
        faults.append(Fault(str(folder), 1, "-", "no guide file (*.yml) here"))
    guides = sorted((one.guide for one in good if one.guide is not None), key=lambda guide: guide.id)
    return guides, sorted(faults, key=lambda fault: (fault.file, fault.line))


def export(guides: Iterable[Guide], out: Path) -> None:
    """Write guides as JSON lines, one whole guide a line, every field named; import_guides reads them back unchanged."""
    beside = out.with_name(f".{out.name}.part")
    beside.write_text("".join(f"{guide.model_dump_json()}\n" for guide in guides), encoding="utf-8")
    beside.replace(out)


def import_guides(source: Path, folder: Path) -> tuple[list[str], list[str]]:
    """Take guides from JSON lines or a folder of *.yml into folder; return the ids (added, changed).

    All or nothing: the library as it would become is checked first, and LibraryError names every fault. Guides that are
    equal already are left alone, so an import may be repeated.
    """
    with tempfile.TemporaryDirectory() as name:
        beside = Path(name)
        for path in sorted(folder.glob("*.yml")):
            shutil.copy(path, beside)
        present = {guide.id: guide for guide in check(beside)[0]}
        incoming = _incoming(source)
        fresh = [guide for guide in incoming if present.get(guide.id) != guide]
        for guide in fresh:
            _write(guide, beside / f"{guide.id}.yml")
        load(beside)
        folder.mkdir(parents=True, exist_ok=True)
        for guide in fresh:
            part = folder / f".{guide.id}.part"
            shutil.copy(beside / f"{guide.id}.yml", part)
            part.replace(folder / f"{guide.id}.yml")
    ids = [guide.id for guide in fresh]
    return [i for i in ids if i not in present], [i for i in ids if i in present]


def _incoming(source: Path) -> list[Guide]:
    if source.is_dir():
        read = [_read(path) for path in sorted(source.glob("*.yml"))]
        faults = [fault for one in read for fault in one.faults] or (
            [] if read else [Fault(str(source), 1, "-", "no guide file (*.yml) here")]
        )
        found = [one.guide for one in read if one.guide]
    else:
        faults, found = [], []
        for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                found.append(Guide.model_validate_json(line))
            except ValidationError as exc:
                faults += [
                    Fault(source.name, number, ".".join(map(str, error["loc"])) or "-", error["msg"])
                    for error in exc.errors(include_url=False)
                ]
    if faults:
        raise LibraryError(faults)
    return found


def _write(guide: Guide, path: Path) -> None:
    yaml = YAML()
    yaml.width = 120
    values = json.loads(guide.model_dump_json(exclude_defaults=True))
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(values, file)


@dataclass
class _Read:
    path: Path
    raw: Any
    guide: Guide | None
    faults: list[Fault]

    def fault(self, problem: str, *where: str | int) -> Fault:
        if self.raw is None:
            self.raw = YAML(typ="rt").load(self.path.read_text(encoding="utf-8"))
        return Fault(self.path.name, _line(self.raw, where), ".".join(map(str, where)) or "-", problem)


def _read(path: Path) -> _Read:
    one = _Read(path, None, None, [])
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as exc:
        one.faults.append(Fault(path.name, 1, "-", f"not UTF-8 text: {exc.reason} at byte {exc.start}"))
        return one
    one.guide = _fast(text)
    if one.guide is None or any(True for _ in _within(one)):
        _slowly(one, text)
    return one


def _fast(text: str) -> Guide | None:
    """Return the guide, or None when anything is wrong with it; ten times faster than _slowly, but knows no lines."""
    try:
        return Guide.model_validate(_plain(YAML(typ="safe").load(text)))
    except (YAMLError, ValidationError):
        return None


def _slowly(one: _Read, text: str) -> None:
    """Read again with the line of every field, and collect the faults."""
    try:
        one.raw = YAML(typ="rt").load(text)
        if not isinstance(one.raw, dict):
            one.faults.append(Fault(one.path.name, 1, "-", "expected a mapping of fields"))
            return
        one.guide = Guide.model_validate(_plain(one.raw))
    except MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        one.faults.append(Fault(one.path.name, line, "-", f"not valid YAML: {exc.problem}"))
    except ValidationError as exc:
        for error in exc.errors(include_url=False):
            one.faults.append(one.fault(error["msg"].removeprefix("Value error, "), *error["loc"]))
    else:
        one.faults += _within(one)


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    return node


def _line(node: Any, where: tuple[str | int, ...]) -> int:
    """The 1-based line of a field, or of its nearest parent when the field is missing."""
    line = 1
    for key in where:
        if isinstance(node, CommentedMap) and key in node:
            line = node.lc.key(key)[0] + 1
        elif isinstance(node, CommentedSeq) and isinstance(key, int) and key < len(node):
            line = node.lc.item(key)[0] + 1
        else:
            break
        node = node[key]
    return line


def _within(one: _Read) -> Iterator[Fault]:
    guide = one.guide
    assert guide is not None
    if guide.id != one.path.stem:
        yield one.fault(f"must equal the file name {one.path.stem!r}", "id")
    count = sum(len(questions) for questions in guide.questions.values())
    if count < MIN_QUESTIONS:
        yield one.fault(f"has {count} golden questions, needs at least {MIN_QUESTIONS}", "questions")
    for split in ("index", "test"):
        if count >= MIN_QUESTIONS and not guide.golden(split):
            yield one.fault(f"no question falls into the {split} split; add or reword some", "questions")
    if guide.papers and guide.no_papers:
        yield one.fault("papers are listed although no_papers is true", "no_papers")
    if guide.review_due <= guide.checked_on:
        yield one.fault("must lie after the newest source's checked_on", "review_due")
    if guide.id in guide.related:
        yield one.fault("names the guide itself", "related", guide.related.index(guide.id))


def _across(read: list[_Read]) -> Iterator[Fault]:
    ids = {one.guide.id for one in read if one.guide}
    aliases: dict[str, str] = {}
    questions: dict[str, str] = {}
    for one in read:
        guide = one.guide
        assert guide is not None
        for i, name in enumerate(guide.related):
            if name not in ids:
                yield one.fault(f"unknown guide {name!r}", "related", i)
        for i, alias in enumerate(guide.aliases):
            owner = aliases.setdefault(fold(alias), guide.id)
            if owner != guide.id:
                yield one.fault(f"{alias!r} is already an alias of {owner}", "aliases", i)
        for register, golden in guide.questions.items():
            for i, question in enumerate(golden):
                for other in set(question.also) - ids:
                    yield one.fault(f"unknown guide {other!r}", "questions", register.value, i, "also")
                # The same words with and without diacritics may both stand in one guide: that is what registers are for.
                key = question.q.casefold()
                owner = questions.setdefault(key, guide.id)
                if owner != guide.id:
                    yield one.fault(f"the same question stands in {owner}", "questions", register.value, i)
                elif key in questions and sum(q.q.casefold() == key for qs in guide.questions.values() for q in qs) > 1:
                    yield one.fault("stands twice in this guide", "questions", register.value, i)
