"""Build and open index bundles: immutable folders with passages (SQLite FTS5), vectors (FAISS), guides and a manifest.

A bundle is built beside the others, checked, then made current by one atomic rename. It is never migrated:
when its format, its encoder or a guide changes, a new one is built, and unchanged passages keep their vectors.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import faiss
import numpy as np
import sqlite_utils
from numpy.typing import NDArray

from knowledge.embeddings import Encoder
from knowledge.errors import KnowledgeError
from knowledge.guide import Aspect, Guide
from knowledge.passages import Passage, passages
from nlu.text import abbreviations, expand, fold

# Turns run in parallel already; threads inside one small search only wait for each other.
faiss.omp_set_num_threads(1)
FORMAT = 2
_PASSAGES, _VECTORS, _MANIFEST, _CURRENT = "passages.db", "vectors.faiss", "manifest.json", "current"
Progress = Callable[[str, int, int], None]


class IndexBroken(KnowledgeError):
    """A bundle that must not serve; the text says which file and why."""


@dataclass(frozen=True)
class Manifest:
    """What a bundle was built from; files maps each file name to its SHA-256."""

    format: int
    version: str
    encoder: str
    dimension: int
    guides: int
    passages: int
    built_at: str
    files: dict[str, str]


def search_terms(text: str) -> tuple[list[str], list[str]]:
    """Return (syllables, bigrams) of the folded, expanded text, in order; the one form in which passages and queries meet."""
    syllables = fold(expand(text)).split()
    return syllables, [f"{a}_{b}" for a, b in pairwise(syllables)]


class Index:
    """An open bundle, safe to share between threads; it never changes."""

    def __init__(self, folder: Path) -> None:
        """Open and verify; raise IndexBroken when anything is missing, cut short or altered."""
        self.folder = folder
        self.manifest = _verify(folder)
        self._local = threading.local()
        try:
            self._vectors = faiss.read_index(str(folder / _VECTORS))
            rows = (
                self._db()
                .execute("SELECT id, guide, aspect, kind, text, syllables FROM passages ORDER BY id")
                .fetchall()
            )
            bodies = self._db().execute("SELECT body FROM guides ORDER BY id").fetchall()
        except (RuntimeError, sqlite3.Error) as exc:
            raise IndexBroken(f"{folder.name}: {exc}") from exc
        self.passages = [Passage(row[1], Aspect(row[2]), row[3], row[4]) for row in rows]
        """Position n holds the passage with row id n + 1, and vector n."""
        self.syllables: list[str] = [row[5] for row in rows]
        """The folded, expanded text of each passage, as search_terms made it when the bundle was built."""
        self.guides = {guide.id: guide for guide in (Guide.model_validate_json(body) for (body,) in bodies)}
        self._slices = _slices(self.passages)
        if self._vectors.ntotal != len(self.passages) or len(self.passages) != self.manifest.passages:
            raise IndexBroken(f"{folder.name}: {self._vectors.ntotal} vectors for {len(self.passages)} passages")

    def lexical(self, terms: Sequence[str], limit: int, kind: str) -> list[tuple[int, float]]:
        """Return (passage position, BM25 score, higher is better) of the passages of one kind with most of these terms.

        Best first. terms: as search_terms gives them; a bigram is known by its underscore. kind: body or question.
        """
        if not terms:
            return []
        wanted = " OR ".join(f'{"bigrams" if "_" in term else "syllables"} : "{term}"' for term in terms)
        rows = self._db().execute(
            "SELECT rowid, -bm25(passages_fts, 1.0, 1.0, 0.0) AS score FROM passages_fts WHERE passages_fts MATCH ? "
            "ORDER BY score DESC LIMIT ?",
            (f'kind : "{kind}" AND ({wanted})', limit),
        )
        return [(row_id - 1, score) for row_id, score in rows]

    def nearness(self, guide: str, vector: NDArray[np.float32]) -> tuple[float, float]:
        """Return the best cosine of a guide's body passages and of its question passages; 0 for a kind it has none of."""
        start, middle, end = self._slices[guide]
        scores = self._vectors.reconstruct_n(start, end - start) @ vector
        body, question = scores[: middle - start], scores[middle - start :]
        return float(body.max(initial=0.0)), float(question.max(initial=0.0))

    def dense(self, vector: NDArray[np.float32], limit: int) -> list[tuple[int, float]]:
        """Return (passage position, cosine) of the nearest passages, nearest first."""
        scores, found = self._vectors.search(vector.reshape(1, -1), min(limit, len(self.passages)))
        return [(int(i), float(score)) for i, score in zip(found[0], scores[0], strict=True) if i >= 0]

    def vectors(self) -> NDArray[np.float32]:
        """Return all vectors, row n for passage n."""
        return np.asarray(self._vectors.reconstruct_n(0, self._vectors.ntotal), dtype=np.float32)

    def _db(self) -> sqlite3.Connection:
        # One connection a thread: SQLite connections do not like to be shared. immutable: nobody writes here any more.
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            uri = f"file:{(self.folder / _PASSAGES).resolve()}?mode=ro&immutable=1"
            connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
            self._local.connection = connection
        return connection


def build(guides: Sequence[Guide], encoder: Encoder, root: Path, progress: Progress | None = None) -> Manifest:
    """Build a bundle below root and make it current; when an equal one is there, only make it current."""
    version = _version(guides, encoder)
    folder = root / version
    if _usable(folder):
        _make_current(root, version)
        return _read_manifest(folder)
    root.mkdir(parents=True, exist_ok=True)
    beside = root / f".building-{version}-{os.getpid()}"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        made = [passage for guide in guides for passage in passages(guide)]
        _write_passages(beside / _PASSAGES, guides, made)
        matrix = _encode(made, encoder, _reusable(root, encoder), progress)
        flat = faiss.IndexFlatIP(encoder.dimension)
        flat.add(matrix)
        faiss.write_index(flat, str(beside / _VECTORS))
        manifest = Manifest(
            FORMAT, version, encoder.fingerprint, encoder.dimension, len(guides), len(made),
            datetime.now(UTC).isoformat(timespec="seconds"),
            {name: _sha256(beside / name) for name in (_PASSAGES, _VECTORS)},
        )  # fmt: skip
        (beside / _MANIFEST).write_text(json.dumps(asdict(manifest), indent=2), encoding="utf-8")
        Index(beside)
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


def _slices(made: Sequence[Passage]) -> dict[str, tuple[int, int, int]]:
    """For each guide the positions of its first passage, its first question passage, and the one after its last."""
    found: dict[str, tuple[int, int, int]] = {}
    for i, passage in enumerate(made):
        start, middle, _ = found.get(passage.guide, (i, i, i))
        found[passage.guide] = (start, i + 1 if passage.kind == "body" else middle, i + 1)
    return found


def _encode(
    made: Sequence[Passage], encoder: Encoder, known: dict[str, NDArray[np.float32]], progress: Progress | None
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
        if progress:
            progress("encode", min(start + 512, len(fresh)), len(fresh))
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


def _write_passages(path: Path, guides: Sequence[Guide], made: Sequence[Passage]) -> None:
    db = sqlite_utils.Database(path)
    db.table("guides").insert_all([{"id": guide.id, "body": guide.model_dump_json()} for guide in guides], pk="id")
    rows = []
    for i, passage in enumerate(made, start=1):
        syllables, bigrams = search_terms(passage.text)
        rows.append(
            {
                "id": i, "guide": passage.guide, "aspect": passage.aspect.value, "kind": passage.kind,
                "text": passage.text, "syllables": " ".join(syllables), "bigrams": " ".join(bigrams),
            }
        )  # fmt: skip
    db.table("passages").insert_all(rows, pk="id")
    # _ joins the two syllables of a bigram into one token.
    db.table("passages").enable_fts(["syllables", "bigrams", "kind"], tokenize="unicode61 tokenchars '_'")
    db.close()


def _version(guides: Sequence[Guide], encoder: Encoder) -> str:
    digest = hashlib.sha256(f"{FORMAT}\n{encoder.fingerprint}\n{abbreviations()}".encode())
    for guide in guides:
        digest.update(guide.model_dump_json().encode())
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
        manifest = Manifest(**json.loads((folder / _MANIFEST).read_text(encoding="utf-8")))
    except FileNotFoundError as exc:
        raise IndexBroken(f"{folder.name}/{_MANIFEST}: missing") from exc
    except (json.JSONDecodeError, TypeError, UnicodeDecodeError) as exc:
        raise IndexBroken(f"{folder.name}/{_MANIFEST}: not a manifest: {exc}") from exc
    if manifest.format != FORMAT:
        raise IndexBroken(f"{folder.name}: format {manifest.format}, this program reads {FORMAT}")
    return manifest


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
