"""Serve Rasa's own HTTP API on loopback without loading TensorFlow: starts in seconds, a quarter of the memory.

Run by Rasa's Python: TRO_LY_RASA_TOKEN=... .venv-rasa/bin/python -m nlu.serve --model FILE --port 5005
A model whose pipeline needs TensorFlow (DIET) is noticed, and served with everything loaded.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.abc
import importlib.machinery
import logging
import os
import sys
import tarfile
import threading
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# Rasa imports these while it starts, for any pipeline; only they need TensorFlow, and our pipeline uses none of them.
_NEED_TENSORFLOW = (
    "rasa.nlu.classifiers.diet_classifier",
    "rasa.nlu.selectors.response_selector",
    "rasa.nlu.featurizers.dense_featurizer.convert_featurizer",
    "rasa.nlu.featurizers.dense_featurizer.lm_featurizer",
    "rasa.core.policies.ted_policy",
    "rasa.core.policies.unexpected_intent_policy",
    "rasa.utils.train_utils",
    "rasa.utils.tensorflow.models",
    "rasa.utils.tensorflow.environment",
    "rasa.utils.tensorflow.model_data",
    "rasa.utils.tensorflow.model_data_utils",
    "rasa.utils.tensorflow.data_generator",
    "tensorflow",
)
_COMPONENTS = (b"DIETClassifier", b"ResponseSelector", b"ConveRTFeaturizer", b"LanguageModelFeaturizer", b"TEDPolicy")


class _Absent(types.ModuleType):
    """Stands for a module that is imported but never used; any name in it is an empty class."""

    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        absent = type(name, (), {"__module__": self.__name__})
        setattr(self, name, absent)
        return absent


class _LeaveOut(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        if any(name == absent or name.startswith(f"{absent}.") for absent in _NEED_TENSORFLOW):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _Absent(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run."""


def needs_tensorflow(model: Path) -> bool:
    """Tell from the model's own metadata."""
    with tarfile.open(model) as archive:
        for member in archive:
            if Path(member.name).name == "metadata.json":
                handle = archive.extractfile(member)
                assert handle is not None
                metadata = handle.read()
                return any(component in metadata for component in _COMPONENTS)
    return True


def serve(model: Path, host: str, port: int, token: str) -> None:
    """Answer until killed."""
    if not needs_tensorflow(model):
        sys.meta_path.insert(0, _LeaveOut())
    from rasa import server
    from rasa.core.agent import load_agent
    from rasa.utils.log_utils import configure_structlog

    # Without this Rasa logs each message at DEBUG: what people wrote, in clear.
    configure_structlog(logging.WARNING)

    async def load(app: Any, _loop: Any) -> None:
        app.ctx.agent = await load_agent(model_path=str(model))

    app = server.create_app(auth_token=token, cors_origins=None)
    app.register_listener(load, "before_server_start")
    logging.getLogger().setLevel(logging.WARNING)
    asyncio.set_event_loop(asyncio.new_event_loop())
    # Access lines would hold the token.
    app.run(host=host, port=port, workers=1, access_log=False, debug=False, motd=False)


def _end_with_parent() -> None:
    # A killed service cannot end us; its end of the pipe closes all the same, and we must not keep the port.
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Serve the NLU model; the token comes from TRO_LY_RASA_TOKEN.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--port", type=int, default=5005)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input closes")
    options = parser.parse_args()
    token = os.environ.get("TRO_LY_RASA_TOKEN", "")
    if not token:
        raise SystemExit("TRO_LY_RASA_TOKEN is empty: Rasa must not answer everybody on this machine")
    if not options.model.is_file():
        raise SystemExit(f"no model at {options.model}; train one with nlu.train")
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    if options.with_parent:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    serve(options.model, options.host, options.port, token)


if __name__ == "__main__":
    main()
