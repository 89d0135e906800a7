"""Build and open index bundles: immutable folders with passages (SQLite FTS5), vectors (FAISS), a classifier and a manifest.

A bundle is built beside the others, checked, then made current by one atomic rename. It is never migrated: when its
format or its encoder changes, a new one is built. When a few guides changed, it is a copy of the current one with their
passages replaced. Unchanged passages keep their vectors.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import sqlite_utils
from numpy.typing import NDArray

from knowledge.classifier import Classifier
from knowledge.embeddings import Encoder
from knowledge.errors import KnowledgeError
from knowledge.guide import Aspect, Guide
from knowledge.passages import Passage, passages
from knowledge.vectors import EXACT_BELOW, Kind, Vectors, choose
from nlu.text import abbreviations, expand, fold

FORMAT = 4
# Row ids of question passages start here, those of body passages at 1: full-text search then reads one kind by a range
# of ids. As one more word to match, the kind took most of the time, because it stands in every passage.
QUESTIONS = 1 << 32
_RANGES = {"body": (1, QUESTIONS - 1), "question": (QUESTIONS, (1 << 63) - 1)}
# With more guides changed, terms and weights of the others are learnt anew as well.
FITTED_ALONE = 20
# In a large index only the rarest terms are looked up, as many as stand in this many passages together.
LOOKED_AT = 10_000
_PASSAGES, _VECTORS, _CLASSIFIER = "passages.db", "vectors.faiss", "classifier.npz"
_MANIFEST, _CURRENT = "manifest.json", "current"
Progress = Callable[[str, int, int], None]


class IndexBroken(KnowledgeError):
    """A bundle that must not serve; the text says which file and why."""


@dataclass(frozen=True)
class Manifest:
    """What a bundle was built from; files maps each file name to its SHA-256.

    abbreviations: hash of the table that the texts were expanded with. vectors: fields of the Kind. replaced: passages
    removed or added since the bundle was built as a whole.
    """

    format: int
    version: str
    encoder: str
    abbreviations: str
    dimension: int
    guides: int
    passages: int
    vectors: dict[str, Any]
    replaced: int
    built_at: str
    files: dict[str, str]


@dataclass(frozen=True, slots=True)
class Hits:
    """What one retriever found, best first: positions in Index.passages, and a score each, higher is better."""

    passages: NDArray[np.int64]
    scores: NDArray[np.float32]


def search_terms(text: str) -> tuple[list[str], list[str]]:
    """Return (syllables, bigrams) of the folded, expanded text, in order; the one form in which passages and queries meet."""
    syllables = fold(expand(text)).split()
    return syllables, [f"{a}_{b}" for a, b in itertools.pairwise(syllables)]


class Index:
    """An open bundle, safe to share between threads; it never changes."""

    def __init__(self, folder: Path) -> None:
        """Open and verify; raise IndexBroken when anything is missing, cut short or altered."""
        self.folder = folder
        self.manifest = _verify(folder)
        self._local = threading.local()
        try:
            self._vectors = Vectors.read(folder / _VECTORS, Kind(**self.manifest.vectors))
            ids = []
            self.passages: list[Passage] = []
            """In the order of their row ids: body passages, then question passages, each guide's together."""
            self.syllables: list[str] = []
            """The folded, expanded text of each passage, as search_terms made it when the bundle was built."""
            rows = self._db().execute("SELECT id, guide, aspect, kind, text, syllables FROM passages ORDER BY id")
            for row_id, guide, aspect, kind, text, syllables in rows:
                ids.append(row_id)
                # interned: a million passages share some thousand guides.
                side: Literal["body", "question"] = "body" if kind == "body" else "question"
                self.passages.append(Passage(sys.intern(guide), Aspect(aspect), side, text))
                self.syllables.append(syllables)
            bodies = self._db().execute("SELECT body FROM guides ORDER BY id").fetchall()
            self.classifier = Classifier.read(folder / _CLASSIFIER) if _CLASSIFIER in self.manifest.files else None
            """None for a large index; its guides are those of the index, in the same order."""
        except (RuntimeError, sqlite3.Error, OSError, ValueError, KeyError) as exc:
            raise IndexBroken(f"{folder.name}: {exc}") from exc
        self._ids = np.array(ids, dtype=np.int64)
        self.guides = {guide.id: guide for guide in (Guide.model_validate_json(body) for (body,) in bodies)}
        self._slices = _slices(self.passages)
        if not len(self._vectors) == len(self.passages) == self.manifest.passages:
            raise IndexBroken(f"{folder.name}: {len(self._vectors)} vectors for {len(self.passages)} passages")
        # A turn compares with two dozen groups of rows. Few vectors fit into memory twice, and reading them back is slow.
        self._matrix = self._vectors.rows(self._ids) if len(ids) < EXACT_BELOW else None

    def lexical(self, terms: Sequence[str], limit: int) -> dict[str, Hits]:
        """Return for "body" and "question" the BM25 hits of the passages with most of these terms, higher is better.

        terms: as search_terms gives them; a bigram is known by its underscore.
        """
        if len(self.passages) >= EXACT_BELOW:
            terms = self._rarest(terms)
        if not terms:
            return dict.fromkeys(_RANGES, self._hits([]))
        wanted = " OR ".join(f'{"bigrams" if "_" in term else "syllables"} : "{term}"' for term in terms)
        query = (
            "SELECT rowid, -bm25(passages_fts, 1.0, 1.0, 0.0) AS score FROM passages_fts WHERE passages_fts MATCH ? "
            "AND rowid BETWEEN ? AND ? ORDER BY score DESC LIMIT ?"
        )
        return {
            kind: self._hits(self._db().execute(query, (wanted, *row_ids, limit)).fetchall())
            for kind, row_ids in _RANGES.items()
        }

    def nearness(self, guide: str, vector: NDArray[np.float32]) -> tuple[float, float]:
        """Return the best cosine of a guide's body passages and of its question passages; 0 for a kind it has none of."""
        best = []
        for kind in _RANGES:
            start, end = self._slices.get((guide, kind), (0, 0))
            rows = self._vectors.rows(self._ids[start:end]) if self._matrix is None else self._matrix[start:end]
            scores = rows @ vector
            best.append(float(scores.max(initial=0.0)))
        return best[0], best[1]

    def dense(self, vector: NDArray[np.float32], limit: int) -> Hits:
        """Return the nearest passages by cosine."""
        ids, cosines = self._vectors.search(vector, limit)
        return Hits(np.searchsorted(self._ids, ids), cosines)

    def vectors(self) -> NDArray[np.float32]:
        """Return all vectors, row n for passage n."""
        return self._vectors.rows(self._ids)

    def _hits(self, rows: Sequence[tuple[int, float]]) -> Hits:
        ids = np.array([row_id for row_id, _ in rows], dtype=np.int64)
        return Hits(np.searchsorted(self._ids, ids), np.array([score for _, score in rows], dtype=np.float32))

    def _rarest(self, terms: Sequence[str]) -> list[str]:
        """Return the terms that stand in the fewest passages, rarest first, up to LOOKED_AT passages together."""
        marks = ", ".join("?" * len(terms))
        known = self._db().execute(f"SELECT term, doc FROM passages_terms WHERE term IN ({marks}) ORDER BY doc", terms)  # noqa: S608
        counted = [(term, count) for term, count in known]
        visited = itertools.accumulate(count for _, count in counted)
        return [term for (term, _), total in zip(counted, visited, strict=True) if total <= LOOKED_AT]

    def _db(self) -> sqlite3.Connection:
        # One connection a thread: SQLite connections do not like to be shared.
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = _read_only(self.folder / _PASSAGES)
            self._local.connection = connection
        return connection


def build(guides: Sequence[Guide], encoder: Encoder, root: Path, progress: Progress | None = None) -> Manifest:
    """Build a bundle below root and make it current; when an equal one is there, only make it current.

    When few guides differ from the current bundle, theirs alone is written, into a copy.
    """
    bodies = {guide.id: guide.model_dump_json() for guide in guides}
    version = _version(bodies.values(), encoder)
    folder = root / version
    if _usable(folder):
        _make_current(root, version)
        return _read_manifest(folder)
    root.mkdir(parents=True, exist_ok=True)
    beside = root / f".building-{version}-{os.getpid()}"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    say = progress or _silent
    try:
        vectors, replaced = _change(root, beside, guides, bodies, encoder, say) or _write(
            root, beside, guides, bodies, encoder, say
        )
        files = [_PASSAGES, _VECTORS]
        if len(vectors) < EXACT_BELOW:
            _classifier(root, beside, say).write(beside / _CLASSIFIER)
            files.append(_CLASSIFIER)
        manifest = Manifest(
            FORMAT, version, encoder.fingerprint, _words(), encoder.dimension, len(guides), len(vectors),
            asdict(vectors.kind), replaced, datetime.now(UTC).isoformat(timespec="seconds"),
            {name: _sha256(beside / name) for name in files},
        )  # fmt: skip
        (beside / _MANIFEST).write_text(json.dumps(asdict(manifest), indent=2), encoding="utf-8")
        _check(beside, manifest)
        shutil.rmtree(folder, ignore_errors=True)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    _make_current(root, version)
    _forget_old(root, keep=3)
    return manifest


def open_current(root: Path) -> Index:
    """Open the current bundle; raise IndexBroken when there is none or it fails its checks."""
    return Index(root / current_version(root))


def current_version(root: Path) -> str:
    """Return the name of the current bundle; raise IndexBroken when none was built."""
    try:
        return (root / _CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError as exc:
        raise IndexBroken(f"no index in {root}; build one with: tro-ly index build") from exc


def _slices(made: Sequence[Passage]) -> dict[tuple[str, str], tuple[int, int]]:
    """For each (guide, kind) the positions of its first passage and of the one after its last."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for i, passage in enumerate(made):
        key = (passage.guide, passage.kind)
        found[key] = (found.get(key, (i, i))[0], i + 1)
    return found


def _write(
    root: Path, beside: Path, guides: Sequence[Guide], bodies: Mapping[str, str], encoder: Encoder, say: Progress
) -> tuple[Vectors, int]:
    """Write both files anew; return the vectors and 0 passages replaced."""
    made = [passage for guide in guides for passage in passages(guide)]
    ids = _numbered(made, {"body": 1, "question": QUESTIONS})
    db = _writable(beside / _PASSAGES)
    db.table("guides").insert_all(({"id": i, "body": body} for i, body in bodies.items()), pk="id")
    db.table("passages").insert_all(_rows(ids, made, say), pk="id", batch_size=1000)
    db.table("passages").create_index(["guide"])
    # _ joins the two syllables of a bigram into one token. Triggers: the full text follows when _change replaces rows.
    # The kind is never asked for, but its word counts in the lengths that BM25 was calibrated with.
    say("full text", 0, len(made))
    db.table("passages").enable_fts(
        ["syllables", "bigrams", "kind"], tokenize="unicode61 tokenchars '_'", create_triggers=True
    )
    db.execute("CREATE VIRTUAL TABLE passages_terms USING fts5vocab(passages_fts, row)")
    db.close()
    say("full text", len(made), len(made))
    matrix = _encode(made, encoder, _reusable(root, encoder), say)
    say("vectors", 0, len(made))
    vectors = Vectors.of(ids, matrix, choose(len(ids)))
    vectors.write(beside / _VECTORS)
    say("vectors", len(made), len(made))
    return vectors, 0


def _change(
    root: Path, beside: Path, guides: Sequence[Guide], bodies: Mapping[str, str], encoder: Encoder, say: Progress
) -> tuple[Vectors, int] | None:
    """Copy the current bundle's files and replace the passages of guides that differ; return the vectors and replaced.

    None, and nothing written, where building anew is right: another encoder or abbreviations, a bundle that is broken,
    another kind of vectors for their new number, or half of the passages replaced since the last whole build.
    """
    try:
        old = root / current_version(root)
        manifest = _verify(old)
    except IndexBroken:
        return None
    if (manifest.encoder, manifest.abbreviations) != (encoder.fingerprint, _words()):
        return None
    with closing(_read_only(old / _PASSAGES)) as source:
        known = dict(source.execute("SELECT id, body FROM guides"))
        gone = [guide for guide, body in known.items() if bodies.get(guide) != body]
        marks = ", ".join("?" * len(gone))
        removed = source.execute(f"SELECT id, text FROM passages WHERE guide IN ({marks})", gone).fetchall()  # noqa: S608
        last = {
            kind: source.execute("SELECT max(id) FROM passages WHERE id BETWEEN ? AND ?", _RANGES[kind]).fetchone()[0]
            for kind in _RANGES
        }
    fresh = [guide for guide in guides if known.get(guide.id) != bodies[guide.id]]
    made = [passage for guide in fresh for passage in passages(guide)]
    count = manifest.passages - len(removed) + len(made)
    replaced = manifest.replaced + len(removed) + len(made)
    kind = Kind(**manifest.vectors)
    if choose(count) != kind or replaced * 2 > count:
        return None
    ids = _numbered(made, {kind: (last[kind] or start - 1) + 1 for kind, (start, _) in _RANGES.items()})
    vectors = Vectors.read(old / _VECTORS, kind)
    gone_ids = [row_id for row_id, _ in removed]
    known_vectors = dict(zip((text for _, text in removed), vectors.rows(gone_ids), strict=True))
    vectors.replace(gone_ids, ids, _encode(made, encoder, known_vectors, say))
    vectors.write(beside / _VECTORS)
    shutil.copyfile(old / _PASSAGES, beside / _PASSAGES)
    db = _writable(beside / _PASSAGES)
    with db.atomic():
        db.table("guides").delete_where(f"id IN ({marks})", gone)
        db.table("passages").delete_where(f"guide IN ({marks})", gone)
        db.table("guides").insert_all({"id": guide.id, "body": bodies[guide.id]} for guide in fresh)
        db.table("passages").insert_all(_rows(ids, made, say))
    db.close()
    return vectors, replaced


def _classifier(root: Path, beside: Path, say: Progress) -> Classifier:
    """Return the classifier of the guides written beside; where the questions of few changed, only those are fitted."""
    questions = _questions(beside)
    try:
        old = root / current_version(root)
        manifest, known, classifier = _read_manifest(old), _questions(old), Classifier.read(old / _CLASSIFIER)
    except (IndexBroken, sqlite3.Error, OSError, ValueError, KeyError):
        return Classifier.fit(questions, say)
    changed = {guide for guide, texts in questions.items() if known.get(guide) != texts}
    if len(changed) > FITTED_ALONE or manifest.abbreviations != _words():
        return Classifier.fit(questions, say)
    return classifier.refitted(questions, changed, say) if changed or known.keys() != questions.keys() else classifier


def _questions(folder: Path) -> dict[str, list[str]]:
    """Return the folded, expanded questions of each guide, guides in the order in which an Index has them."""
    with closing(_read_only(folder / _PASSAGES)) as db:
        found: dict[str, list[str]] = {guide: [] for (guide,) in db.execute("SELECT id FROM guides ORDER BY id")}
        for guide, text in db.execute("SELECT guide, syllables FROM passages WHERE kind = 'question' ORDER BY text"):
            found[guide].append(text)
    return found


def _check(folder: Path, manifest: Manifest) -> None:
    """Raise IndexBroken unless rows, full text and vectors are as many as the manifest says."""
    with closing(_read_only(folder / _PASSAGES)) as db:
        counts = [
            db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in ("passages", "passages_fts_docsize")
        ]
    counts.append(len(Vectors.read(folder / _VECTORS, Kind(**manifest.vectors))))
    if set(counts) != {manifest.passages}:
        raise IndexBroken(f"{folder.name}: {counts} rows, texts and vectors for {manifest.passages} passages")


def _numbered(made: Iterable[Passage], first: Mapping[str, int]) -> list[int]:
    """Return a row id for each passage, counting up from the first of its kind."""
    counters = {kind: itertools.count(start) for kind, start in first.items()}
    return [next(counters[passage.kind]) for passage in made]


def _encode(
    made: Sequence[Passage], encoder: Encoder, known: Mapping[str, NDArray[np.float32]], say: Progress
) -> NDArray[np.float32]:
    matrix = np.zeros((len(made), encoder.dimension), dtype=np.float32)
    fresh = []
    for i, passage in enumerate(made):
        if passage.text in known:
            matrix[i] = known[passage.text]
        else:
            fresh.append(i)
    for start in range(0, len(fresh), 512):
        batch = fresh[start : start + 512]
        matrix[batch] = encoder.encode([made[i].text for i in batch])
        say("encode", min(start + 512, len(fresh)), len(fresh))
    return matrix


def _reusable(root: Path, encoder: Encoder) -> dict[str, NDArray[np.float32]]:
    """Vectors of the current bundle by passage text, if the same encoder made them."""
    try:
        old = open_current(root)
    except IndexBroken:
        return {}
    if old.manifest.encoder != encoder.fingerprint:
        return {}
    matrix = old.vectors()
    return {passage.text: matrix[i] for i, passage in enumerate(old.passages)}


def _rows(ids: Sequence[int], made: Sequence[Passage], say: Progress) -> Iterator[dict[str, Any]]:
    for n, (row_id, passage) in enumerate(zip(ids, made, strict=True), start=1):
        syllables, bigrams = search_terms(passage.text)
        yield {
            "id": row_id, "guide": passage.guide, "aspect": passage.aspect.value, "kind": passage.kind,
            "text": passage.text, "syllables": " ".join(syllables), "bigrams": " ".join(bigrams),
        }  # fmt: skip
        if n % 1000 == 0 or n == len(made):
            say("write", n, len(made))


def _writable(path: Path) -> sqlite_utils.Database:
    db = sqlite_utils.Database(path)
    # Nobody reads the file before it is whole, and hashes tell when the disk kept less than that.
    db.execute("PRAGMA journal_mode = MEMORY")
    db.execute("PRAGMA synchronous = OFF")
    return db


def _read_only(path: Path) -> sqlite3.Connection:
    # immutable: nobody writes here any more.
    return sqlite3.connect(f"file:{path.resolve()}?mode=ro&immutable=1", uri=True, check_same_thread=False)


def _silent(what: str, done: int, total: int) -> None:
    """Stand in for progress that nobody asked for."""


def _words() -> str:
    return hashlib.sha256(str(abbreviations()).encode()).hexdigest()


def _version(bodies: Iterable[str], encoder: Encoder) -> str:
    digest = hashlib.sha256(f"{FORMAT}\n{encoder.fingerprint}\n{abbreviations()}".encode())
    for body in bodies:
        digest.update(body.encode())
    return digest.hexdigest()[:16]


def _verify(folder: Path) -> Manifest:
    manifest = _read_manifest(folder)
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise IndexBroken(f"{folder.name}/{name}: missing")
        if _sha256(path) != expected:
            raise IndexBroken(f"{folder.name}/{name}: content differs from the manifest")
    return manifest


def _read_manifest(folder: Path) -> Manifest:
    try:
        fields = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        if fields["format"] != FORMAT:
            raise IndexBroken(f"{folder.name}: format {fields['format']}, this program reads {FORMAT}")
        return Manifest(**fields)
    except FileNotFoundError as exc:
        raise IndexBroken(f"{folder.name}/{_MANIFEST}: missing") from exc
    except (json.JSONDecodeError, KeyError, TypeError, UnicodeDecodeError) as exc:
        raise IndexBroken(f"{folder.name}/{_MANIFEST}: not a manifest: {exc}") from exc


def _usable(folder: Path) -> bool:
    try:
        _verify(folder)
    except IndexBroken:
        return False
    return True


def _make_current(root: Path, version: str) -> None:
    beside = root / f".{_CURRENT}-{os.getpid()}"
    beside.write_text(version, encoding="utf-8")
    beside.replace(root / _CURRENT)


def _forget_old(root: Path, keep: int) -> None:
    bundles = sorted(
        (p for p in root.iterdir() if p.is_dir() and not p.name.startswith(".")), key=lambda p: p.stat().st_mtime
    )
    current = current_version(root)
    for folder in bundles[:-keep]:
        if folder.name != current:
            shutil.rmtree(folder, ignore_errors=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
