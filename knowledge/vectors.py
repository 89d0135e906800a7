"""Unit vectors found by nearness: chooses the kind of FAISS index by how many there are; the only file that knows faiss."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

# Up to here comparing with every vector takes 1 ms. Measured: docs/evaluation.md, Scale.
EXACT_BELOW = 50_000
# Of 1,000 to 4,000 cells; finds 0.98 of the true ten nearest among a million.
PROBES = 64
# More teach the cells nothing that shows, and take minutes. faiss warns below 39.
TAUGHT_BY = 48


@dataclass(frozen=True)
class Kind:
    """What faiss is asked for. probes: cells looked into by a search, 0 where it compares with every vector."""

    factory: str
    probes: int
    # Turns run in parallel already; threads inside one small search only wait for each other.
    threads: int = 1


def choose(count: int) -> Kind:
    """Return the kind for so many vectors: all of them compared, or only those in some cells; both in half precision."""
    if count < EXACT_BELOW:
        return Kind("SQfp16", 0)
    cells = 2 ** round(math.log2(4 * math.sqrt(count)))
    return Kind(f"IVF{cells},SQfp16", PROBES)


class Vectors:
    """Unit vectors by id; safe to search from several threads, not to replace."""

    def __init__(self, index: Any, kind: Kind) -> None:
        self._index = index
        self.kind = kind
        if kind.probes:
            faiss.extract_index_ivf(index).nprobe = kind.probes

    @classmethod
    def of(cls, ids: Sequence[int], matrix: NDArray[np.float32], kind: Kind) -> Vectors:
        """Return an index of these rows, row i under ids[i]."""
        index: Any = faiss.index_factory(matrix.shape[1], kind.factory, faiss.METRIC_INNER_PRODUCT)
        if kind.probes:
            # Lets vectors be read back by id.
            index.set_direct_map_type(faiss.DirectMap.Hashtable)  # type: ignore[attr-defined]
            index.cp.max_points_per_centroid = TAUGHT_BY
            index.cp.min_points_per_centroid = 1
        else:
            index = faiss.IndexIDMap2(index)
        faiss.omp_set_num_threads(os.cpu_count() or 1)
        try:
            index.train(matrix)
            index.add_with_ids(matrix, np.asarray(ids, dtype=np.int64))
        finally:
            faiss.omp_set_num_threads(kind.threads)
        return cls(index, kind)

    @classmethod
    def read(cls, path: Path, kind: Kind) -> Vectors:
        """Read what write wrote; raise RuntimeError when faiss cannot."""
        return cls(faiss.read_index(str(path)), kind)

    def write(self, path: Path) -> None:
        """Write the file that read reads."""
        faiss.write_index(self._index, str(path))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def replace(self, gone: Sequence[int], ids: Sequence[int], matrix: NDArray[np.float32]) -> None:
        """Remove some vectors and add others; the cells stay as they were learnt."""
        # This kind of selector is the only one that faiss takes together with reading back by id.
        self._index.remove_ids(faiss.IDSelectorArray(np.asarray(gone, dtype=np.int64)))
        self._index.add_with_ids(matrix, np.asarray(ids, dtype=np.int64))

    def search(self, vector: NDArray[np.float32], limit: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return (ids, cosines) of the nearest vectors, nearest first."""
        # Counts for the calling thread only, so each has to say it.
        faiss.omp_set_num_threads(self.kind.threads)
        cosines, ids = self._index.search(vector.reshape(1, -1), min(limit, len(self)))
        found = ids[0] >= 0
        return ids[0][found], cosines[0][found]

    def rows(self, ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the vectors with these ids, in their order."""
        if not len(ids):
            return np.empty((0, self._index.d), dtype=np.float32)
        return np.asarray(self._index.reconstruct_batch(np.asarray(ids, dtype=np.int64)), dtype=np.float32)
