"""One record on its way in: which column means which field, and how odd cells become text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from knowledge.errors import KnowledgeError
from knowledge.records.record import NOTHING, Record
from nlu.text import fold

# What each field is called: by the portal on its pages, in files taken from it, and in English. Compared folded.
_NAMES = {
    "code": ("ma thu tuc", "ma tthc", "code", "procedure code"),
    "title": ("ten thu tuc", "ten tthc", "ten thu tuc hanh chinh", "ten", "title", "name", "procedure name"),
    "published_on": ("ngay cong bo", "published on", "published", "publication date"),
    "field": ("linh vuc", "field"),
    "level": ("cap thuc hien", "level"),
    "steps": ("trinh tu thuc hien", "trinh tu", "cac buoc", "steps", "procedure"),
    "methods": ("cach thuc thuc hien", "cach thuc", "methods", "how to file"),
    "time_limit": ("thoi han giai quyet", "thoi han", "time limit", "duration"),
    "fee": ("phi le phi", "le phi", "phi", "fee", "fees"),
    "papers": ("thanh phan ho so", "ho so", "giay to", "papers", "documents"),
    "forms": ("mau don to khai", "bieu mau", "forms"),
    "subjects": ("doi tuong thuc hien", "doi tuong", "subjects", "audience"),
    "agency": ("co quan thuc hien", "co quan giai quyet", "agency", "agencies"),
    "authority": ("co quan co tham quyen", "competent authority"),
    "address": ("dia chi tiep nhan", "dia chi tiep nhan hs", "address"),
    "conditions": ("yeu cau dieu kien", "yeu cau dieu kien thuc hien", "dieu kien", "conditions", "requirements"),
    "result": ("ket qua xu ly", "ket qua thuc hien", "ket qua", "result"),
    "legal_basis": ("can cu phap ly", "can cu", "legal basis"),
    "decision": ("so quyet dinh", "quyet dinh cong bo", "decision"),
    "ministry": ("bo nganh", "ministry"),
    "detail_url": ("detail url", "url", "lien ket", "dia chi trang", "duong dan"),
}
_FIELDS = {name: field for field, names in _NAMES.items() for name in names}


class ImportFailed(KnowledgeError):
    """A file that cannot be read at all; nothing was imported from any file."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that was left out, and why. row: line of a text file, row of a sheet, place in a JSON list, all from 1."""

    file: str
    row: int
    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.row}: {self.field}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Row:
    """One row as read: cells by the column names of the file. problem: why it could not even be read."""

    number: int
    cells: Mapping[str, Any]
    problem: str = ""


@lru_cache(maxsize=1000)
def field_of(column: str) -> str | None:
    """Return the field that a column, key or heading stands for, or None."""
    return _FIELDS.get(fold(column))


def has_code(columns: Iterable[object]) -> bool:
    """Tell whether these cells are the heading of a table of records."""
    found = {field_of(str(column)) for column in columns}
    return {"code", "title"} <= found


def to_record(row: Row, file: str, published_on: date | None) -> Record | Skipped:
    """Make a record of a row. published_on: for rows that do not say it themselves."""
    if row.problem:
        return Skipped(file, row.number, "-", row.problem)
    values: dict[str, Any] = {}
    for column, cell in row.cells.items():
        name = field_of(column)
        if name and (text := _cell(name, cell)):
            # A second column of the same meaning only fills a gap.
            values.setdefault(name, text)
    # Where the portal names no office that does the work, the one that decides is the next best.
    authority = values.pop("authority", "")
    if values.get("agency", NOTHING) == NOTHING and authority:
        values["agency"] = authority
    if published_on and "published_on" not in values:
        values["published_on"] = published_on
    try:
        return Record.model_validate(values)
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        name = str(first["loc"][0])
        return Skipped(file, row.number, name, _reason(name, first["type"], values.get(name)))


def _reason(field: str, kind: str, value: object) -> str:
    if kind == "missing":
        if field == "published_on":
            return "thiếu ngày công bố; thêm --published NĂM-THÁNG-NGÀY"
        return "thiếu"
    shown = str(value)[:60]
    return {
        "code": f"{shown!r} không giống mã thủ tục, ví dụ 1.004222",
        "published_on": f"{shown!r} không phải ngày, ví dụ 2026-06-30 hoặc 30/06/2026",
        "detail_url": f"{shown!r} không phải địa chỉ trang web",
        "title": f"{shown!r} không có chữ nào",
    }.get(field, f"{shown!r} không đọc được")


def _cell(field: str, value: object) -> object:
    if field == "published_on":
        return _day(value)
    if field == "code" and isinstance(value, float):
        # A spreadsheet took 1.000180 for a number and dropped the last zero.
        return f"{value:.6f}"
    return _text(value)


def _day(value: object) -> object:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str) and value.strip().count("/") == 2:
        day, month, year = value.strip().split("/")
        return f"{year}-{month.zfill(2)}-{day.zfill(2)}"
    return value.strip() if isinstance(value, str) else value


def _text(value: object) -> str:
    """Lists become lines; the parts of an object one line, in their order."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return " · ".join(filter(None, (_text(part) for part in value.values())))
    if isinstance(value, list):
        return "\n".join(filter(None, (_text(part) for part in value)))
    return str(value).strip()
