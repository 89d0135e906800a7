"""Records as CSV, UTF-8, with a heading; comma, semicolon or tab between the columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from knowledge.importers.row import ImportFailed, Row, has_code

# The longest field seen has 52,000 characters; Python stops at 131,072 unless told.
_LONGEST_FIELD = 10_000_000


def read_csv(path: Path) -> Iterator[Row]:
    """Yield the rows below the heading; numbers are the line on which a row ends."""
    csv.field_size_limit(_LONGEST_FIELD)
    with path.open(encoding="utf-8-sig", newline="") as file:
        heading = file.readline()
        file.seek(0)
        rows = csv.reader(file, delimiter=max(",;\t", key=heading.count), strict=True)
        try:
            columns = next(rows, [])
            if not has_code(columns):
                raise ImportFailed(f"{path.name}:1: dòng đầu phải có cột mã thủ tục và tên thủ tục")
            for cells in rows:
                if not any(cells):
                    continue
                wrong = len(cells) != len(columns)
                problem = f"có {len(cells)} cột, dòng đầu có {len(columns)}" if wrong else ""
                yield Row(rows.line_num, dict(zip(columns, cells, strict=False)), problem)
        except csv.Error as exc:
            raise ImportFailed(f"{path.name}:{rows.line_num}: không phải CSV: {exc}") from exc
