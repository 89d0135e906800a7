"""Records as an Excel workbook (.xlsx): the first sheet that has a heading with code and title."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from knowledge.importers.row import ImportFailed, Row, has_code

# Offices put titles and empty lines above the heading.
_HEADING_WITHIN = 15


def read_xlsx(path: Path) -> Iterator[Row]:
    """Yield the rows below the heading, numbered as Excel numbers them."""
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError) as exc:
        raise ImportFailed(f"{path.name}: không phải tệp Excel .xlsx: {exc}") from exc
    try:
        for sheet in book.worksheets:
            for top, heading in enumerate(islice(sheet.iter_rows(values_only=True), _HEADING_WITHIN), start=1):
                if not has_code(heading):
                    continue
                columns = [str(cell or "") for cell in heading]
                for number, cells in enumerate(sheet.iter_rows(min_row=top + 1, values_only=True), start=top + 1):
                    if any(cell is not None for cell in cells):
                        yield Row(number, dict(zip(columns, cells, strict=False)))
                return
        raise ImportFailed(f"{path.name}: không trang nào có dòng tiêu đề với mã thủ tục và tên thủ tục")
    finally:
        book.close()
