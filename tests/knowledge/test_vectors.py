"""Vectors: the kind goes by their number, near ones are found in any kind, and replaced ones are gone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from knowledge.vectors import EXACT_BELOW, Kind, Vectors, choose

EXACT, CELLS = Kind("Flat", 0), Kind("IVF16,SQfp16", 4)


@pytest.fixture(scope="module")
def matrix() -> NDArray[np.float32]:
    """Unit vectors in 30 loose groups, as passages of 30 guides would be."""
    dice = np.random.default_rng(1)
    rows = np.repeat(dice.normal(size=(30, 32)), 50, axis=0) + 0.7 * dice.normal(size=(1500, 32))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def ids(count: int) -> list[int]:
    return [7 * n + (1 << 32) for n in range(count)]


def test_few_vectors_are_all_compared_and_many_lie_in_cells() -> None:
    assert choose(EXACT_BELOW - 1) == Kind("SQfp16", 0)
    assert choose(EXACT_BELOW).probes > 0
    assert choose(100_000).factory == "IVF1024,SQfp16"
    assert choose(1_000_000).factory == "IVF4096,SQfp16"


def test_cells_find_nearly_what_comparing_all_finds(matrix: NDArray[np.float32]) -> None:
    exact, cells = (Vectors.of(ids(len(matrix)), matrix, kind) for kind in (EXACT, CELLS))
    shared = [set(exact.search(row, 10)[0]) & set(cells.search(row, 10)[0]) for row in matrix[::10]]
    assert np.mean([len(both) for both in shared]) > 9


@pytest.mark.parametrize("kind", [EXACT, CELLS])
def test_vectors_come_back_by_id_from_the_file(tmp_path: Path, matrix: NDArray[np.float32], kind: Kind) -> None:
    names = ids(len(matrix))
    Vectors.of(names, matrix, kind).write(tmp_path / "v")
    read = Vectors.read(tmp_path / "v", kind)
    assert read.rows([names[900], names[3]]) == pytest.approx(matrix[[900, 3]], abs=1e-3)
    assert read.search(matrix[900], 1)[0].tolist() == [names[900]]


@pytest.mark.parametrize("kind", [EXACT, CELLS])
def test_replaced_vectors_are_gone_and_the_others_stay(matrix: NDArray[np.float32], kind: Kind) -> None:
    names = ids(len(matrix))
    vectors = Vectors.of(names, matrix, kind)
    vectors.replace(names[:50], [5, 6], matrix[:2])
    assert len(vectors) == len(matrix) - 48
    assert vectors.search(matrix[1], 1)[0].tolist() == [6]
    assert not set(names[:50]) & set(vectors.search(matrix[1], 200)[0].tolist())
    assert vectors.rows([5, names[-1]]) == pytest.approx(matrix[[0, -1]], abs=1e-3)
