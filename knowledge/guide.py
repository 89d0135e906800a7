"""One guide (thủ tục): every fact the assistant may say about one thing, typed and dated."""

from __future__ import annotations

import hashlib
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from nlu.text import fold

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=48)]
# Short texts that must fit on a phone. Source: the wording rules in docs/viet-huong-dan.md.
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=28)]
Way = Literal["online", "in_person", "post", "any"]


class Aspect(StrEnum):
    """What a citizen asks about a guide; also the unit a passage covers."""

    OVERVIEW = "overview"
    STEPS = "steps"
    PAPERS = "papers"
    FEE = "fee"
    TIME_LIMIT = "time_limit"
    WHERE = "where"
    CONDITIONS = "conditions"
    RESULT = "result"
    PROBLEM = "problem"
    LEGAL_BASIS = "legal_basis"
    ONLINE = "online"


class Register(StrEnum):
    """How a golden question is worded."""

    FORMAL = "formal"
    NORTH = "north"
    CENTRAL = "central"
    SOUTH = "south"
    BLUNT = "blunt"
    FOLDED = "folded"
    NOISY = "noisy"


Split = Literal["index", "dev", "test"]


def split_of(question: str) -> Split:
    """Return the split a golden question belongs to, for ever: fixed by the hash of its folded text.

    About 50 % index, 15 % dev, 35 % test. Questions that differ only in diacritics fall together.
    """
    bucket = hashlib.sha256(fold(question).encode()).digest()[0]
    return "index" if bucket < 128 else "dev" if bucket < 166 else "test"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Authority(_Strict):
    """Who decides at each level since the two-tier reform of 1 July 2025; null where that level has no part."""

    commune: Line | None = None
    province: Line | None = None
    ministry: Line | None = None


class Place(_Strict):
    """Where to do it: a portal or app with the menu path, or a counter."""

    way: Way
    name: Line
    path: Line | None = Field(default=None, description="Menu path, as on the screen, joined by →")


class Steps(_Strict):
    """What to do, in order, one action an item; an empty list means that way does not exist or is not known."""

    online: list[Line] = []
    in_person: list[Line] = []
    post: list[Line] = []

    @model_validator(mode="after")
    def _at_least_one(self) -> Steps:
        if not (self.online or self.in_person or self.post):
            raise ValueError("needs at least one step in online, in_person or post")
        return self


class Paper(_Strict):
    """One document to prepare."""

    name: Line
    form: Literal["original", "copy", "electronic", "show", "any"] = "any"
    when: Line | None = Field(default=None, description="Only in this case; null means always")
    waived: Line | None = Field(default=None, description="Why it is no longer asked for (data reused)")


class Fee(_Strict):
    """One amount or percentage for one way of filing, true between two dates.

    Both are null where nobody could verify it; the answer then tells where to see the right one.
    """

    label: Line
    way: Way = "any"
    amount: int | None = Field(default=None, ge=0, description="đồng")
    percent: float | None = Field(default=None, gt=0, le=100, description="percent of unit, e.g. of 'giá tính thuế'")
    unit: Line = "lần"
    set_by: Literal["central", "province", "provider"]
    valid_from: date | None = None
    valid_to: date | None = None
    legal_basis: Line | None = None
    when: Line | None = Field(default=None, description="Only for these people or this case")

    @model_validator(mode="after")
    def _dated(self) -> Fee:
        if self.amount is not None and self.percent is not None:
            raise ValueError("is either an amount or a percent, not both")
        if self.percent is not None and "unit" not in self.model_fields_set:
            raise ValueError("a percent needs unit: what it is a share of")
        if (self.amount is not None or self.percent is not None) and self.valid_from is None:
            raise ValueError("an amount needs valid_from")
        if (self.amount or self.percent) and self.legal_basis is None:
            raise ValueError("an amount above 0 needs legal_basis")
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from")
        return self

    def valid_on(self, day: date) -> bool:
        """Tell whether this entry may be said on that day; undated entries (amount null) always may."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class TimeLimit(_Strict):
    """How long it takes, counted from a moment that starts the clock."""

    label: Line = "Thời hạn"
    quantity: float | None = Field(gt=0)
    text: Line | None = Field(
        default=None, description="Said instead when quantity is null, e.g. 'thường chỉ vài phút'"
    )
    unit: Literal["minute", "hour", "working_day", "calendar_day", "month"]
    since: Line | None = Field(default=None, description="Counted from, e.g. 'từ khi nhận đủ hồ sơ'")
    way: Way = "any"
    when: Line | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    legal_basis: Line | None = None


class Problem(_Strict):
    """Something that goes wrong, as people say it, and what to do."""

    symptom: Line
    fix: Line


class Hotline(_Strict):
    """A telephone number with how sure we are: A read in a written source, B secondary sources agree."""

    name: Line
    number: Annotated[str, StringConstraints(pattern=r"^[0-9][0-9. ]{2,14}$")]
    confidence: Literal["A", "B", "emergency"]


class Law(_Strict):
    number: Line
    name: Line | None = None
    year: int = Field(ge=1990, le=2100)


class Source(_Strict):
    """A page that was read; title stands in where the page has no public address."""

    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = None
    title: Line | None = None
    checked_on: date

    @model_validator(mode="after")
    def _named(self) -> Source:
        if not (self.url or self.title):
            raise ValueError("needs url or title")
        return self


class Facets(_Strict):
    """What tells sibling guides apart, in words short enough for a button; null where it makes no difference."""

    app: Label | None = None
    case: Label | None = None
    person: Label | None = None
    place: Label | None = None


class Question(_Strict):
    """One golden question: how people ask for this guide. Its split is fixed by its text, see split_of."""

    q: Annotated[str, StringConstraints(min_length=3, max_length=200)]
    aspect: Aspect = Aspect.OVERVIEW
    also: list[Slug] = Field(default=[], description="Other guides that answer it just as well")


class Guide(_Strict):
    """Everything the assistant knows, and may say, about one procedure or task."""

    id: Slug
    title: Annotated[str, StringConstraints(min_length=3, max_length=120)]
    aliases: list[Line] = Field(min_length=1, description="What people call it; unique across all guides")
    phrases: list[Line] = Field(default=[], description="Other words people use for it; for search only, never shown")
    codes: list[Annotated[str, StringConstraints(pattern=r"^\d\.\d{6}$")]] = []
    field: Literal[
        "vneid", "vssid", "dvc", "thanh-toan", "an-toan", "ho-tro-so", "bhxh", "tro-giup", "ho-tich", "cu-tru",
        "can-cuoc", "xuat-nhap-canh", "giao-thong", "tu-phap", "dat-dai", "xay-dung", "kinh-doanh", "thue", "tien-ich",
    ]  # fmt: skip
    audience: Line
    level: Literal["full", "partial", "in_person", "self_service", "info"] = Field(
        description="full = toàn trình, partial = một phần, in_person = trực tiếp, self_service = tự làm trên máy, info = kiến thức"
    )
    short: Annotated[str, StringConstraints(min_length=10, max_length=320)] = Field(
        description="The answer in one to three short sentences: what to do, where, how long, how much"
    )
    simple: Annotated[str, StringConstraints(max_length=400)] | None = Field(
        default=None, description="The same for somebody who has never done it: shorter, no technical word"
    )
    authority: Authority = Authority()
    where: list[Place] = []
    conditions: list[Line] = []
    steps: Steps
    papers: list[Paper] = []
    no_papers: bool = Field(default=False, description="True when it is known that nothing has to be prepared")
    fees: list[Fee] = []
    time_limits: list[TimeLimit] = []
    result: Line | None = None
    problems: list[Problem] = []
    notes: list[Line] = []
    warnings: list[Line] = []
    hotlines: list[Hotline] = []
    legal_basis: list[Law] = []
    sources: list[Source] = Field(min_length=1)
    confidence: Literal["high", "medium", "low"]
    unverified: list[Line] = Field(
        default=[], description="What may have changed; never printed, shown to administrators"
    )
    review_due: date
    facets: Facets = Facets()
    related: list[Slug] = []
    questions: dict[Register, list[Question]] = {}

    def golden(self, *splits: Split) -> list[tuple[Register, Question]]:
        """Return the golden questions of these splits, in file order."""
        return [(r, q) for r, qs in self.questions.items() for q in qs if split_of(q.q) in splits]

    @property
    def checked_on(self) -> date:
        """The day the newest source was read."""
        return max(source.checked_on for source in self.sources)
