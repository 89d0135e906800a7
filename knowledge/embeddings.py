"""Turn texts into unit vectors; the only file that knows sentence-transformers at run time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

DEFAULT_MODEL = Path(__file__).with_name("encoder")
# Few enough that a question waits at most some milliseconds behind an index being built in the same process.
SLICE = 32


class Encoder(Protocol):
    """What search needs of an encoder. name and fingerprint go into the index manifest."""

    @property
    def name(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def fingerprint(self) -> str:
        """A hash of tokenizer and weights: vectors of two encoders may be compared only when it is equal."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (len(texts), dimension); row i belongs to texts[i].

        A text without any known token gives the zero vector, whose cosine with everything is 0.
        """


class SentenceEncoder:
    """Any sentence-transformers model, on the CPU, behind the Encoder protocol; safe to call from several threads."""

    def __init__(self, model: str | Path = DEFAULT_MODEL) -> None:
        """Load a model folder (nothing is downloaded) or, by name, a hub model. Raises OSError when there is none."""
        # Imported here because torch and sentence-transformers take 5 to 7 seconds, which `tro-ly --help` and every
        # test that passes a fake Encoder would pay too.
        import torch
        from sentence_transformers import SentenceTransformer

        # Turns run in parallel already; threads inside one short encode only wait for each other.
        torch.set_num_threads(1)
        local = Path(model).is_dir()
        if isinstance(model, Path) and not local:
            raise FileNotFoundError(f"no encoder folder at {model}")
        self._model = SentenceTransformer(str(model), device="cpu", local_files_only=local, trust_remote_code=False)
        # Fast tokenizers of transformer models change their padding on each call and fail when two threads meet.
        self._lock = Lock()
        self.name = Path(model).resolve().name if local else str(model)
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self.fingerprint = self._hash()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, shape (len(texts), dimension); see Encoder.encode."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), SLICE):
            part = list(texts[start : start + SLICE])
            with self._lock:
                found = self._model.encode(part, batch_size=SLICE, normalize_embeddings=True, show_progress_bar=False)
            vectors[start : start + len(part)] = found
        return vectors

    def _hash(self) -> str:
        digest = hashlib.sha256()
        for name, tensor in self._model.state_dict().items():
            digest.update(name.encode())
            digest.update(tensor.detach().contiguous().numpy().tobytes())
        tokenizer = getattr(self._model.tokenizer, "backend_tokenizer", self._model.tokenizer)
        digest.update(tokenizer.to_str().encode())
        return digest.hexdigest()
