"""Records as JSON: a list of objects, an object that holds one such list, or one object a line; gzipped or not."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from knowledge.importers.row import ImportFailed, Row


def read_json(path: Path) -> Iterator[Row]:
    """Yield the objects of one JSON text; row numbers count them."""
    try:
        with _open(path) as file:
            whole = json.load(file)
    except json.JSONDecodeError as exc:
        raise ImportFailed(f"{path.name}: không phải JSON: {exc}") from exc
    for number, item in enumerate(_list_in(whole, path), start=1):
        yield _row(number, item)


def read_json_lines(path: Path) -> Iterator[Row]:
    """Yield one object a line; a broken line is a row with a problem."""
    with _open(path) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                yield _row(number, json.loads(line))
            except json.JSONDecodeError as exc:
                yield Row(number, {}, f"không phải JSON: {exc}")


def _list_in(whole: Any, path: Path) -> list[Any]:
    if isinstance(whole, dict):
        lists = [value for value in whole.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
        # One object may be one record whose papers are a list of objects.
        whole = lists[0] if len(lists) == 1 and len(whole) <= 3 else [whole]
    if not isinstance(whole, list):
        raise ImportFailed(f"{path.name}: cần một danh sách hồ sơ")
    return whole


def _row(number: int, item: Any) -> Row:
    return Row(number, item) if isinstance(item, dict) else Row(number, {}, "cần một đối tượng có tên trường")


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig")
    return path.open(encoding="utf-8-sig")
