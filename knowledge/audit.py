"""List every number that guides can say, with what stands behind it, so that a fresh reader can check them all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from knowledge.guide import Guide

# Texts a citizen may read; facets and labels are too short to hold facts.
_SPOKEN = (
    "title", "audience", "short", "simple", "authority", "where", "conditions", "steps", "papers", "result", "problems",
    "notes", "warnings",
)  # fmt: skip
# A number with its unit. Numbers of forms and laws (CT01, 58/2026/NĐ-CP), codes and dates name things, not amounts.
_NUMBER = re.compile(
    r"(?<![\w./-])(\d+(?:[.,]\d+)*)\s*(%|đồng|đ\b|nghìn|triệu|tỷ|giờ|phút|ngày|tuần|tháng|năm|tuổi|lần|bản|chữ số|số\b)?(?![\w/-])",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?<![\w.])(?:1[89]00(?:[ .]?\d{2,4}){1,2}|0\d{2,3}(?:[. ]?\d{3,4}){2}|11[1-5]|1022|156|5656)(?![\w/-])"
)
_EMERGENCY = frozenset(("111", "112", "113", "114", "115"))


@dataclass(frozen=True, slots=True)
class Number:
    """One number a guide can say. problem: why it may not be said, empty when all is well."""

    guide: str
    field: str
    value: str
    context: str
    source: str
    valid_from: date | None
    valid_to: date | None
    confidence: str
    problem: str = ""

    def as_row(self) -> dict[str, Any]:
        """Return the fields as plain values for JSON and CSV; dates in ISO form, empty when there is none."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: value.isoformat() if isinstance(value, date) else value or "" for name, value in values.items()}


def audit(guides: Sequence[Guide], today: date) -> list[Number]:
    """Return every number, guide by guide in the order of the fields.

    A number has a problem when nothing stands behind it, when its time is over, or when it is a telephone number that no
    `hotlines` entry of any guide vouches for.
    """
    known = {_digits(hotline.number) for guide in guides for hotline in guide.hotlines} | _EMERGENCY
    return [number for guide in guides for number in _numbers(guide, known, today)]


def _numbers(guide: Guide, known: frozenset[str] | set[str], today: date) -> Iterator[Number]:
    pages = "; ".join(filter(None, (source.title or source.url for source in guide.sources)))

    def number(field: str, value: str, context: str, **more: Any) -> Number:
        source = more.pop("source", None) or pages
        over = more.get("valid_to") and more["valid_to"] < today
        problem = more.pop("problem", "") or ("no source" if not source else "expired" if over else "")
        made = {"valid_from": None, "valid_to": None, "confidence": guide.confidence, **more}
        return Number(guide.id, field, value, context, source, problem=problem, **made)

    for i, fee in enumerate(guide.fees):
        value = f"{fee.percent:g} %" if fee.percent is not None else fee.amount
        if value is not None:
            dates = {"valid_from": fee.valid_from, "valid_to": fee.valid_to}
            yield number(
                f"fees.{i}",
                f"{value} {'' if fee.percent else 'đồng'}/{fee.unit}",
                f"{fee.label} {fee.when or ''}",
                source=fee.legal_basis,
                **dates,
            )
    for i, limit in enumerate(guide.time_limits):
        if limit.quantity is not None:
            dates = {"valid_from": limit.valid_from, "valid_to": limit.valid_to}
            yield number(
                f"time_limits.{i}",
                f"{limit.quantity:g} {limit.unit}",
                f"{limit.label} {limit.since or ''}",
                source=limit.legal_basis,
                **dates,
            )
    for i, hotline in enumerate(guide.hotlines):
        yield number(f"hotlines.{i}", hotline.number, hotline.name, confidence=hotline.confidence)
    for field, text in _texts(guide):
        rest = text
        for match in _PHONE.finditer(text):
            rest = rest.replace(match.group(), " ", 1)
            problem = "" if _digits(match.group()) in known else "telephone number that no hotlines entry vouches for"
            yield number(field, match.group(), text, problem=problem)
        for match in _NUMBER.finditer(rest):
            if match.group(2):
                yield number(field, match.group().strip(), text)


def _texts(guide: Guide) -> Iterator[tuple[str, str]]:
    values = guide.model_dump(include=set(_SPOKEN))
    for name in _SPOKEN:
        yield from _walk(name, values[name])


def _walk(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _walk(f"{name}.{key}", inner)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _walk(f"{name}.{i}", inner)


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)
