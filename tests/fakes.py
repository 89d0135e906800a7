"""Stand-ins at the edges: an encoder that needs no model, a Rasa that hears what a test tells it."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nlu.client import AWAY, Understanding
from nlu.text import expand, fold


class HashingEncoder:
    """Bags of folded syllables and bigrams, hashed: near texts share words. Instant, no model."""

    name = "hashing"
    dimension = 512
    fingerprint = "hashing-1"

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit rows; the zero vector for an empty text."""
        self.encoded += texts
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            words = fold(expand(text)).split()
            for term in [*words, *(f"{a} {b}" for a, b in pairwise(words))]:
                row[zlib.crc32(term.encode()) % self.dimension] += 1
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.divide(rows, norms, out=rows, where=norms > 0)


class Hearing:
    """A Rasa for tests: hears what it was told for a text (folded), and is away for all else."""

    def __init__(self, heard: dict[str, tuple[str, float]] | None = None) -> None:
        self.heard = heard or {}

    def parse(self, text: str) -> Understanding:
        """Return the told intent, or AWAY."""
        intent = self.heard.get(fold(text))
        if intent is None:
            return AWAY
        return Understanding(intent[0], intent[1], (), ((intent[0], intent[1]),))
