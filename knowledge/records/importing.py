"""Import files of published records: all of them or nothing, and say of every row what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from knowledge.importers.read import read
from knowledge.importers.row import Skipped, field_of, to_record
from knowledge.records.record import Record
from knowledge.records.store import Changes, RecordStore


@dataclass
class Report:
    """What an import found and did."""

    changes: Changes = field(default_factory=Changes)
    skipped: list[Skipped] = field(default_factory=list)
    unknown_columns: dict[str, list[str]] = field(default_factory=dict)
    """By file: the columns that mean none of our fields, so that their texts were left out."""

    def summary(self) -> str:
        """Return one line of counts, in words."""
        added, changed = len(self.changes.added), len(self.changes.changed)
        return (
            f"{added + changed} thay đổi ({added} hồ sơ mới, {changed} cập nhật), "
            f"{len(self.changes.unchanged)} giữ nguyên, {len(self.skipped)} bỏ qua."
        )

    def as_json(self) -> dict[str, Any]:
        """Return counts, codes of what changed, and every skipped row."""
        return {
            "added": self.changes.added,
            "changed": self.changes.changed,
            "unchanged": len(self.changes.unchanged),
            "skipped": [{name: getattr(row, name) for name in Skipped.__slots__} for row in self.skipped],
            "unknown_columns": self.unknown_columns,
        }


def import_records(
    store: RecordStore, files: Sequence[Path], published_on: date | None, *, keep: bool = True,
    progress: Callable[[], object] = lambda: None,
) -> Report:  # fmt: skip
    """Import files in one transaction; raise ImportFailed, having changed nothing, when one cannot be read at all.

    published_on: for records that do not carry the day themselves. keep=False: only report. progress: called per row.
    """
    report = Report()
    report.changes = store.put(_records(files, published_on, report, progress), keep=keep)
    return report


def _records(
    files: Sequence[Path], published_on: date | None, report: Report, progress: Callable[[], object]
) -> Iterator[tuple[Record, str]]:
    seen: dict[str, str] = {}
    for path in files:
        unknown: dict[str, None] = {}
        for row in read(path):
            progress()
            unknown.update(dict.fromkeys(str(column) for column in row.cells if column and not field_of(str(column))))
            made = to_record(row, path.name, published_on)
            if isinstance(made, Skipped):
                report.skipped.append(made)
            elif made.code in seen:
                report.skipped.append(
                    Skipped(path.name, row.number, "code", f"mã {made.code} đã có ở {seen[made.code]}")
                )
            else:
                seen[made.code] = f"{path.name}:{row.number}"
                yield made, path.name
        if unknown:
            report.unknown_columns[path.name] = list(unknown)
