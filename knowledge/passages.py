"""Cut a guide into passages: what it says (one body passage an aspect) and how people ask for it (question passages)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from knowledge.guide import Aspect, Guide


@dataclass(frozen=True, slots=True)
class Passage:
    """A searchable piece of a guide."""

    guide: str
    aspect: Aspect
    kind: Literal["body", "question"]
    text: str


def passages(guide: Guide) -> list[Passage]:
    """Return the passages of one guide, bodies first. Only `index` golden questions are in; dev and test stay unseen."""
    made = [Passage(guide.id, aspect, "body", f"{guide.title}. {text}") for aspect, text in _bodies(guide) if text]
    asked = [(Aspect.OVERVIEW, guide.title), *((Aspect.OVERVIEW, alias) for alias in guide.aliases)]
    asked += [(Aspect.OVERVIEW, phrase) for phrase in guide.phrases]
    asked += [(Aspect.PROBLEM, problem.symptom) for problem in guide.problems]
    asked += [(question.aspect, question.q) for _, question in guide.golden("index")]
    made += [Passage(guide.id, aspect, "question", text) for aspect, text in dict.fromkeys(asked)]
    made += [Passage(guide.id, Aspect.OVERVIEW, "question", code) for code in guide.codes]
    return made


def _bodies(guide: Guide) -> list[tuple[Aspect, str]]:
    steps = [*guide.steps.online, *guide.steps.in_person, *guide.steps.post]
    return [
        (Aspect.OVERVIEW, _join(", ".join(guide.aliases), guide.short, guide.audience, guide.result)),
        (Aspect.STEPS, _join("các bước", *steps)),
        (Aspect.PAPERS, _join("giấy tờ cần có", *(f"{p.name} {p.when or ''}" for p in guide.papers)) if guide.papers else ""),
        (Aspect.FEE, _join("lệ phí", *(f"{f.label} {f.when or ''}" for f in guide.fees)) if guide.fees else ""),
        (Aspect.TIME_LIMIT, _join("thời hạn", *(f"{t.label} {t.since or ''}" for t in guide.time_limits)) if guide.time_limits else ""),
        (Aspect.WHERE, _join("nơi làm", *(f"{p.name} {p.path or ''}" for p in guide.where)) if guide.where else ""),
        (Aspect.CONDITIONS, _join("điều kiện", *guide.conditions) if guide.conditions else ""),
        (Aspect.PROBLEM, _join("lỗi hay gặp", *(f"{p.symptom}: {p.fix}" for p in guide.problems)) if guide.problems else ""),
        (Aspect.OVERVIEW, _join("lưu ý", *guide.notes, *guide.warnings) if guide.notes else ""),
    ]  # fmt: skip


def _join(*parts: str | None) -> str:
    return ". ".join(part.strip(" .") for part in parts if part)
