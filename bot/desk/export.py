"""Write a report as a table: for a page, for CSV and for XLSX."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from bot.desk import words
from bot.desk.reports import Report, Row

Cell = str | int | float | None

# Spreadsheets take a cell that begins so for a formula, which may send data elsewhere. A tab or line break before it
# does not help. Source: OWASP, CSV Injection (read 24 Nov 2026).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NAME_WIDTH, _NUMBER_WIDTH = 36, 14


def table(report: Report) -> tuple[list[str], list[list[Cell]]]:
    """Return (headings, rows) with every number of a report; None: nothing was counted."""
    rows = [_cells(row) for row in report.rows]
    return list(rows[0]), [list(row.values()) for row in rows]


def as_csv(report: Report) -> bytes:
    """Return UTF-8 with a byte order mark, by which Excel knows that it is UTF-8."""
    headings, rows = table(report)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(report: Report) -> bytes:
    """Return a workbook with one sheet, its headings fixed and filterable."""
    headings, rows = table(report)
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = f"{report.first:%d-%m-%Y} {report.last:%d-%m-%Y}"
    lines: list[Sequence[Cell]] = [headings, *rows]
    for line, row in enumerate(lines, start=1):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(line, column, value)
            if isinstance(value, str):
                # Without this a name that begins with "=" would be a formula.
                cell.data_type = "s"
            if line == 1:
                cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    for column in range(1, len(headings) + 1):
        sheet.column_dimensions[get_column_letter(column)].width = _NAME_WIDTH if column == 2 else _NUMBER_WIDTH
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = sheet.dimensions
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _cells(row: Row) -> dict[str, Cell]:
    """Return heading -> value. Minutes and per cent are whole: nobody plans by the second, and some Excels read 4.5 as 4 May."""
    reasons = {words.REPORT_OPENED.format(label=label): row.reasons.get(r, 0) for r, label in words.REASONS.items()}
    ends = {words.REPORT_ENDED.format(label=label): row.close_reasons.get(r, 0) for r, label in words.ENDS.items()}
    drafts = {words.REPORT_DRAFTS.format(label=label): row.drafts.get(d, 0) for d, label in words.DRAFTS.items()}
    share, mean = row.answered_share, row.stars_mean
    numbers: list[Cell] = [
        words.REPORT_KINDS[row.kind], row.name, row.opened, row.urgent, row.answered, None if share is None else round(share * 100),
        row.ended, _whole(row.first_answer.median), _whole(row.first_answer.p90), _whole(row.close.median),
        _whole(row.close.p90), _whole(row.urgent_answer.median), _whole(row.urgent_answer.p90),
        None if mean is None else round(mean, 1), row.rated, *(row.stars.get(stars, 0) for stars in range(1, 6)),
        row.reopened, row.taken_back, row.escalated, row.nobody, row.guard_stopped,
    ]  # fmt: skip
    return dict(zip(words.REPORT_COLUMNS, numbers, strict=True)) | drafts | reasons | ends


def _whole(minutes: float | None) -> int | None:
    return None if minutes is None else round(minutes)


def _plain(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
