"""Train Rasa's model once for each state of its inputs, and find the one that belongs to the files as they are."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from bot.errors import RasaUnavailable
from bot.settings import ROOT

RASA_PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
INPUTS = (
    "config.yml",
    "nlu/domain.yml",
    "nlu/text.py",
    "nlu/abbreviations.tsv",
    "nlu/train.py",
    "nlu/requirements.txt",
)
INPUT_FOLDERS = ("nlu/data", "nlu/components")


def current_model(folder: Path) -> Path:
    """Return where the model for the present training files lies or would lie."""
    return folder / f"nlu-{_inputs_hash()}.tar.gz"


def usable_model(folder: Path) -> Path:
    """Return the present model, else the newest older one: after an edit of the training data Rasa still hears.

    Raises RasaUnavailable when there is none at all.
    """
    model = current_model(folder)
    if model.exists():
        return model
    older = sorted(folder.glob("nlu-*.tar.gz"), key=lambda path: path.stat().st_mtime)
    if not older:
        raise RasaUnavailable("no trained model; run: tro-ly nlu train")
    return older[-1]


def train(folder: Path) -> tuple[Path, bool]:
    """Return (model, trained): train with progress on stdout unless a model of the same inputs is there.

    Raises RasaUnavailable when the Rasa environment is missing or the training fails.
    """
    model = current_model(folder)
    if model.exists():
        return model, False
    if not RASA_PYTHON.exists():
        raise RasaUnavailable("no Rasa environment (.venv-rasa); run: make setup")
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".training-{model.name}"
    # Rasa would write its cache into the folder it is started in.
    environment = {**os.environ, "RASA_CACHE_DIRECTORY": str(folder / "rasa-cache"), "RASA_TELEMETRY_ENABLED": "false"}
    command = [str(RASA_PYTHON), "-m", "nlu.train", "--out", str(beside)]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=sys.stderr, check=False)  # noqa: S603 - our own module
    if done.returncode != 0 or not beside.exists():
        raise RasaUnavailable(f"training failed with exit status {done.returncode}; see the lines above")
    beside.replace(model)
    for old in sorted(folder.glob("nlu-*.tar.gz"), key=lambda path: path.stat().st_mtime)[:-3]:
        old.unlink()
    return model, True


def _inputs_hash() -> str:
    files = [ROOT / name for name in INPUTS]
    files += [path for name in INPUT_FOLDERS for path in sorted((ROOT / name).glob("*")) if path.is_file()]
    digest = hashlib.sha256()
    for path in files:
        if path.exists():
            digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]
