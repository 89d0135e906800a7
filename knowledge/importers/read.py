"""Choose the reader by the file's name, and turn what cannot be read into one clear error."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from knowledge.importers.csv_file import read_csv
from knowledge.importers.html_page import read_html
from knowledge.importers.json_file import read_json, read_json_lines
from knowledge.importers.row import ImportFailed, Row
from knowledge.importers.xlsx_file import read_xlsx

READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".json": read_json, ".json.gz": read_json, ".jsonl": read_json_lines, ".jsonl.gz": read_json_lines,
    ".csv": read_csv, ".xlsx": read_xlsx, ".html": read_html, ".htm": read_html,
}  # fmt: skip


def read(path: Path) -> Iterator[Row]:
    """Yield the rows of a file of any known form; raise ImportFailed when the file as a whole cannot be read."""
    reader = next((READERS[end] for end in READERS if path.name.lower().endswith(end)), None)
    if reader is None:
        raise ImportFailed(f"{path.name}: chưa đọc được loại tệp này; nhận {', '.join(READERS)}")
    try:
        yield from reader(path)
    except UnicodeDecodeError as exc:
        raise ImportFailed(f"{path.name}: không phải chữ UTF-8 (byte {exc.start}); lưu lại bằng mã UTF-8") from exc
    except (OSError, EOFError, zlib.error) as exc:
        raise ImportFailed(f"{path.name}: không đọc được: {exc}") from exc
