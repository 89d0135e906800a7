"""Keep imported records in one SQLite file, and find them again; the only file that knows how they lie there.

A change is one transaction, so readers in other threads and processes see all of an import or nothing of it, and see
it from their next look on.
"""

from __future__ import annotations

import math
import os
import sqlite3
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import sqlite_utils

from knowledge.errors import KnowledgeError
from knowledge.index import search_terms
from knowledge.records.record import Record

# Number of the tables' layout; raise it when they change.
FORMAT = 1
# A word of the title says far more about a record than one of its long body.
_BM25 = "-bm25(records_fts, 4.0, 4.0, 1.0, 1.0)"
# Titles open with what is done: "Cấp lại", "Gia hạn", "Thu hồi". That tells a procedure from its siblings, and
# the same opening words stand in its papers and steps. Measured in docs/evaluation.md.
_OPENINGS = (3, 4, 5)
# Words in more than a quarter of the records tell nothing and cost most of the time.
_COMMON = 0.25
# Records whose titles are compared word by word, and what a title named in full adds to the best BM25 of 1.
_WEIGHED = 50
_TITLE = 2.0
_BODY = ("field", "level", "subjects", "steps", "methods", "papers", "forms", "conditions", "result", "agency")


@dataclass(frozen=True, slots=True)
class Stored:
    """A record with where and when it came in."""

    record: Record
    source: str
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class Match:
    """A record that a text may mean.

    named: which share of the title's words the text has, 0 to 1, rare words counting more.
    covered: which share of the text's own words stand in the title, counted likewise.
    """

    code: str
    title: str
    score: float
    named: float
    covered: float


@dataclass
class Changes:
    """What an import did, by code."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


class RecordStore:
    """Reads for any number of threads; changes by put and remove, one at a time."""

    def __init__(self, path: Path) -> None:
        """path: need not exist; then there are no records yet."""
        self.path = path
        self._local = threading.local()

    def check(self) -> None:
        """Raise KnowledgeError, saying what to do, when there is a file that cannot be used."""
        found = self._ask("PRAGMA user_version")
        if found and found[0][0] != FORMAT:
            raise KnowledgeError(
                f"{self.path}: dạng {found[0][0]}, chương trình này đọc dạng {FORMAT}. Cất tệp này đi rồi nhập lại: tro-ly records import"
            )

    def put(self, records: Iterable[tuple[Record, str]], *, keep: bool = True) -> Changes:
        """Take records, each with the name of its file; a known code is replaced. An exception from records undoes all.

        keep=False: only tell what would change.
        """
        changes, now = Changes(), datetime.now(UTC).isoformat(timespec="seconds")
        db = self._open_to_write()
        try:
            with db.atomic():
                for record, source in records:
                    _put(db, record, source, now, changes)
                if not keep:
                    raise _Undo
            # Else the log of a large import stays beside the file for as long as anybody reads.
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except _Undo:
            pass
        except sqlite3.Error as exc:
            raise KnowledgeError(f"{self.path}: không ghi được hồ sơ: {exc}. Không có gì thay đổi.") from exc
        finally:
            db.close()
        return changes

    def remove(self, codes: Sequence[str]) -> list[str]:
        """Forget these records; return the codes that were there."""
        if not self.path.exists():
            return []
        db = self._open_to_write()
        try:
            with db.atomic():
                gone = [code for code in codes if _forget(db, code)]
        finally:
            db.close()
        return gone

    def by_code(self, code: str) -> Stored | None:
        """Return the record with exactly this code."""
        rows = self._ask("SELECT body, source, imported_at FROM records WHERE code = ?", (code,))
        if not rows:
            return None
        body, source, imported_at = rows[0]
        return Stored(Record.model_validate_json(body), source, datetime.fromisoformat(imported_at))

    def titled(self, text: str) -> str | None:
        """Return the code of the one record whose title text is, word for word; quick enough to ask at every turn."""
        rows = self._ask("SELECT code FROM records WHERE folded = ? LIMIT 2", (_bare(search_terms(text)[0]),))
        return rows[0][0] if len(rows) == 1 else None

    def all(self) -> list[tuple[str, str, str, str]]:
        """Return (code, title, day of publication, source) of every record, by code."""
        return self._ask("SELECT code, title, published_on, source FROM records ORDER BY code")

    def search(self, text: str, limit: int = 10, plain: frozenset[str] = frozenset()) -> list[Match]:
        """Return the records nearest to text, best first; empty when no word of it is known.

        plain: folded words that carry no topic; they count in Match.covered only where the title has them.
        """
        syllables, bigrams = search_terms(text)
        counted = self._ask("SELECT count(*) FROM records")
        count = counted[0][0] if counted else 0
        if not syllables or not count:
            return []
        known = self._frequencies({*syllables, *bigrams})
        wanted = [f'{{title body}} : "{term}"' for term in self._telling(syllables, count)]
        wanted += [f'{{title_pairs body_pairs}} : "{term}"' for term in dict.fromkeys(bigrams)]
        wanted += [f'{{title body}} : "{" ".join(syllables[:n])}"' for n in _OPENINGS if len(syllables) >= n]
        rows = self._ask(
            f"SELECT code, records.title, folded, {_BM25} AS score FROM records_fts "  # noqa: S608 - a constant
            "JOIN records ON records.id = records_fts.rowid WHERE records_fts MATCH ? ORDER BY score DESC, code LIMIT ?",
            (" OR ".join(wanted), max(limit, _WEIGHED)),
        )
        titles = [folded.split() for _, _, folded, _ in rows]
        known |= self._frequencies({term for title in titles for term in _terms(title)})
        weight = _Weight(known, count)
        found = []
        for (code, title, _, score), words in zip(rows, titles, strict=True):
            named = weight.share(_terms(words), {*syllables, *bigrams})
            covered = weight.share(_terms(syllables, plain - set(words)), set(_terms(words)))
            found.append(Match(code, title, score / rows[0][3] + _TITLE * named * covered, named, covered))
        return sorted(found, key=lambda match: (-match.score, match.code))[:limit]

    def _open_to_write(self) -> sqlite_utils.Database:
        if not self.path.exists():
            # Made beside: a reader that looks at this moment finds no file or a whole one.
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside = self.path.with_name(f".{self.path.name}-{os.getpid()}")
            fresh = sqlite_utils.Database(beside)
            _create(fresh)
            # Readers go on while a long import writes.
            fresh.enable_wal()
            fresh.close()
            beside.replace(self.path)
        self.check()
        return sqlite_utils.Database(self.path)

    def _frequencies(self, terms: set[str]) -> dict[str, int]:
        """In how many titles each term stands; terms in none are left out."""
        marks = ",".join("?" * len(terms))
        sql = f"SELECT term, count(*) FROM title_terms WHERE term IN ({marks}) GROUP BY term"  # noqa: S608 - only marks
        return dict(self._ask(sql, tuple(terms)))

    def _telling(self, syllables: Sequence[str], count: int) -> list[str]:
        """The words that not every other record has; all of them when there is no such word."""
        words = list(dict.fromkeys(syllables))
        marks = ",".join("?" * len(words))
        known = dict(self._ask(f"SELECT term, doc FROM records_words WHERE term IN ({marks})", words))  # noqa: S608 - only marks
        return [word for word in words if known.get(word, 0) <= _COMMON * count] or words

    def _ask(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        connection = self._connection()
        if connection is None:
            return []
        try:
            return connection.execute(sql, values).fetchall()
        except sqlite3.Error as exc:
            raise KnowledgeError(f"{self.path}: không đọc được hồ sơ: {exc}") from exc

    def _connection(self) -> sqlite3.Connection | None:
        # One connection a thread. Before the first import there is no file; nothing is remembered about that.
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None and self.path.exists():
            connection = sqlite3.connect(f"file:{self.path.resolve()}?mode=ro", uri=True, check_same_thread=False)
            self._local.connection = connection
        return connection


class _Undo(Exception):
    """Leaves a transaction without keeping it."""


class _Weight:
    """How telling terms are, by how few titles have them."""

    def __init__(self, known: Mapping[str, int], count: int) -> None:
        self._known = known
        self._count = count

    def share(self, terms: Sequence[str], other: Collection[str]) -> float:
        """Which share of these terms, by weight, is among the others; 0 for no terms."""
        weights = {term: math.log((self._count + 1) / (self._known.get(term, 0) + 0.5)) for term in terms}
        total = sum(weights.values())
        return sum(weight for term, weight in weights.items() if term in other) / total if total else 0.0


def _bare(syllables: Sequence[str]) -> str:
    """The title as people say it: every second one begins with "Thủ tục"."""
    return " ".join(syllables).removeprefix("thu tuc ")


def _terms(words: Sequence[str], without: Collection[str] = ()) -> list[str]:
    """The words, and the pairs of neighbours, that have none of `without` in them."""
    pairs = [f"{a}_{b}" for a, b in pairwise(words) if a not in without and b not in without]
    return [word for word in words if word not in without] + pairs


def _create(db: sqlite_utils.Database) -> None:
    db.execute(f"PRAGMA user_version = {FORMAT}")
    db.table("records").create(
        {
            "id": int,
            "code": str,
            "title": str,
            "folded": str,
            "published_on": str,
            "body": str,
            "source": str,
            "imported_at": str,
        },
        pk="id",
    )
    db.table("records").create_index(["code"], unique=True)
    db.table("records").create_index(["folded"])
    db.execute(
        "CREATE VIRTUAL TABLE records_fts USING fts5(title, title_pairs, body, body_pairs, tokenize = \"unicode61 tokenchars '_'\")"
    )
    db.execute("CREATE VIRTUAL TABLE records_words USING fts5vocab(records_fts, row)")
    # For the many words of many titles counting here is ten times faster than in the vocabulary of the full-text index.
    db.table("title_terms").create({"term": str, "record": int}, pk=("term", "record"))
    db.table("title_terms").create_index(["record"])


def _put(db: sqlite_utils.Database, record: Record, source: str, now: str, changes: Changes) -> None:
    body = record.model_dump_json(exclude_defaults=True)
    old = db.execute("SELECT body FROM records WHERE code = ?", (record.code,)).fetchone()
    if old and old[0] == body:
        changes.unchanged.append(record.code)
        return
    (changes.changed if old else changes.added).append(record.code)
    _forget(db, record.code)
    title, title_pairs = search_terms(record.title)
    row = {
        "code": record.code, "title": record.title, "folded": _bare(title), "body": body,
        "published_on": record.published_on.isoformat(), "source": source, "imported_at": now,
    }  # fmt: skip
    number = db.table("records").insert(row).last_pk
    text, pairs = search_terms("\n".join(getattr(record, name) for name in _BODY))
    values = [number, *(" ".join(terms) for terms in (title, title_pairs, text, pairs))]
    db.conn.executemany("INSERT INTO title_terms VALUES (?, ?)", [(term, number) for term in {*title, *title_pairs}])
    db.execute("INSERT INTO records_fts(rowid, title, title_pairs, body, body_pairs) VALUES (?, ?, ?, ?, ?)", values)


def _forget(db: sqlite_utils.Database, code: str) -> bool:
    found = db.execute("SELECT id FROM records WHERE code = ?", (code,)).fetchone()
    if found is None:
        return False
    db.execute("DELETE FROM title_terms WHERE record = ?", found)
    db.execute("DELETE FROM records_fts WHERE rowid = ?", found)
    db.execute("DELETE FROM records WHERE id = ?", found)
    return True
