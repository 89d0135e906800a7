"""Questions to measure with: the guides' golden ones of a split, our own out-of-scope ones, or any file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.errors import KnowledgeError
from knowledge.guide import Guide, Split, split_of

OUT_OF_SCOPE = Path(__file__).with_name("out_of_scope.jsonl")
# Two questions a guide by somebody who saw neither the guides nor their questions; never looked at while tuning.
HELD_OUT = Path(__file__).with_name("held_out.jsonl")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question; guides is empty when a careful assistant must not answer it from its guides."""

    id: str
    question: str
    guides: tuple[str, ...]
    aspect: str | None = None
    history: tuple[str, ...] = ()
    group: str = ""
    """Field of the guide or kind of out-of-scope question, for the tables."""
    register: str = ""


def golden(guides: Sequence[Guide], split: Split) -> list[Asked]:
    """Return the guides' golden questions of one split."""
    return [
        Asked(
            f"{guide.id}-{n}",
            question.q,
            (guide.id, *question.also),
            question.aspect.value,
            (),
            guide.field,
            register.value,
        )
        for guide in guides
        for n, (register, question) in enumerate(guide.golden(split))
    ]


def out_of_scope(split: Split) -> list[Asked]:
    """Return our own out-of-scope questions: dev gets index's hashes too, since nothing of them is indexed."""
    wanted = ("index", "dev") if split == "dev" else (split,)
    return [asked for asked in read(OUT_OF_SCOPE) if split_of(asked.question) in wanted]


def read(path: Path) -> list[Asked]:
    """Read a file of {"id", "question", "guide": slug, list or null, "aspect"?, "history"?} lines; name line and field of a fault."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as exc:
            raise KnowledgeError(f"{path.name}:{number}: not JSON: {exc}") from exc
        found.append(_asked(row, f"{path.name}:{number}"))
    if not found:
        raise KnowledgeError(f"{path.name}: no questions")
    return found


def _asked(row: Any, where: str) -> Asked:
    if not isinstance(row, dict):
        raise KnowledgeError(f"{where}: expected an object")
    for name in ("id", "question"):
        if not isinstance(row.get(name), str | int) or not str(row[name]).strip():
            raise KnowledgeError(f"{where}: {name}: expected a text")
    if "guide" not in row:
        raise KnowledgeError(f"{where}: guide: missing (a slug, a list of slugs, or null)")
    guide = row["guide"]
    guides = () if guide is None else (guide,) if isinstance(guide, str) else tuple(guide)
    return Asked(
        str(row["id"]),
        row["question"],
        guides,
        row.get("aspect"),
        tuple(row.get("history", ())),
        row.get("kind", "" if guides else "out_of_scope"),
        row.get("register", ""),
    )
