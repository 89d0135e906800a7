"""Start Rasa on loopback, watch it, and start it again when it dies; the service answers without it meanwhile."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from bot.errors import RasaUnavailable
from bot.nlu_model import RASA_PYTHON, usable_model
from bot.settings import ROOT, Settings
from nlu.client import NluClient

log = structlog.get_logger(__name__)
# Rasa takes 10 to 25 s to load on a small machine; after this it is taken for dead.
_START_WITHIN_S = 120.0
_BACK_OFF_S = (1, 2, 4, 8, 16, 32, 60)
_CHECK_EVERY_S = 5.0


class RasaProcess:
    """One supervised Rasa. state: starting, up, restarting (waiting to start again), stopped."""

    def __init__(self, python: Path, model: Path, port: int, log_file: Path, on_restart: Callable[[], None]) -> None:
        if not python.exists():
            raise RasaUnavailable(f"no Rasa environment at {python.parent.parent.name}; run: make setup")
        self._python, self._model, self._port, self._log_file = python, model, port, log_file
        self._on_restart = on_restart
        self.token = secrets.token_urlsafe(24)
        self.state = "starting"
        self.restarts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name="rasa", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self, healthy: Callable[[], bool]) -> None:
        """Start in the background; healthy tells whether it answers."""
        self._healthy = healthy
        self._thread.start()

    def stop(self) -> None:
        """End the process we started, and only that."""
        self._stopping.set()
        self._end()
        self._thread.join(timeout=15)
        self.state = "stopped"

    def _supervise(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            self._spawn()
            if self._wait_until_up():
                failures = 0
                self._watch()
            self._end()
            if self._stopping.is_set():
                return
            pause = _BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)]
            failures += 1
            self.restarts += 1
            self._on_restart()
            self.state = "restarting"
            log.warning("rasa_died", after_s=round(time.monotonic() - began), again_in_s=pause, see=self._log_file.name)
            self._stopping.wait(pause)

    def _spawn(self) -> None:
        self.state = "starting"
        self._log_file.parent.mkdir(parents=True, exist_ok=True)
        environment = {
            **os.environ,
            "RASA_TELEMETRY_ENABLED": "false",
            "TRO_LY_RASA_TOKEN": self.token,
            # Rasa shares a small machine with us; more threads only take turns.
            "OMP_NUM_THREADS": "1",
            "TF_NUM_INTRAOP_THREADS": "1",
            "TF_NUM_INTEROP_THREADS": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        # The token goes by environment: command lines can be read by every user of the machine.
        command = [
            str(self._python),
            "-m",
            "nlu.serve",
            "--model",
            str(self._model),
            "--port",
            str(self._port),
            "--with-parent",
        ]
        with self._log_file.open("ab") as log_file:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=log_file, stderr=subprocess.STDOUT
            )

    def _wait_until_up(self) -> bool:
        deadline = time.monotonic() + _START_WITHIN_S
        while time.monotonic() < deadline and self.pid and not self._stopping.is_set():
            if self._healthy():
                self.state = "up"
                log.info("rasa_up", port=self._port)
                return True
            self._stopping.wait(0.5)
        return False

    def _watch(self) -> None:
        silent = 0
        while self.pid and not self._stopping.is_set() and silent < 3:
            silent = 0 if self._healthy() else silent + 1
            for _ in range(int(_CHECK_EVERY_S * 4)):
                if not self.pid or self._stopping.is_set():
                    return
                self._stopping.wait(0.25)

    def _end(self) -> None:
        process = self._process
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        if process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)


@contextmanager
def short_lived(settings: Settings) -> Iterator[NluClient | None]:
    """Yield a client of the Rasa servers that are set, else of one that runs until the block ends; None when there is none.

    Waits some seconds for it to start.
    """
    if settings.rasa_replicas:
        client = NluClient(settings.rasa_replicas, settings.rasa_token.get_secret_value(), timeout_s=5.0)
        yield client
        client.close()
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    try:
        model = usable_model(settings.data_dir / "models")
        process = RasaProcess(RASA_PYTHON, model, port, settings.data_dir / "logs" / "rasa.log", lambda: None)
    except RasaUnavailable as exc:
        log.warning("rasa_absent", reason=str(exc))
        yield None
        return
    client = NluClient([process.url], process.token, timeout_s=5.0)
    process.start(client.healthy)
    try:
        deadline = time.monotonic() + _START_WITHIN_S
        while process.state == "starting" and time.monotonic() < deadline:
            time.sleep(0.1)
        yield client
    finally:
        client.close()
        process.stop()
