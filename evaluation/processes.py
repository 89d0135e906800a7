"""Real processes for tests and measurements, each on a free port and ended by its own id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(true: Callable[[], Any], seconds: float = 60, what: str = "it") -> Any:
    """Return the first truthy result; fail after seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if result := true():
                return result
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within {seconds} s")


class Process:
    """One child process with its output in a file."""

    def __init__(self, command: list[str], log: Path, environment: dict[str, str], folder: Path = ROOT) -> None:
        self._log = log
        with log.open("ab") as file:
            self._child = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file
            )

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def ended(self) -> bool:
        return self._child.poll() is not None

    def kill(self) -> None:
        """kill -9."""
        self._child.send_signal(signal.SIGKILL)
        self._child.wait(timeout=10)

    def stop(self) -> int:
        """SIGTERM; return the exit status."""
        if not self.ended:
            self._child.send_signal(signal.SIGTERM)
        try:
            return self._child.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not stop on SIGTERM; log: {self._log.read_text()[-2000:]}") from None


class Service:
    """`tro-ly serve` on a data folder of its own; may be killed and started again on the same folder."""

    def __init__(self, folder: Path, *, models: Path | None = None, **settings: str) -> None:
        """folder: where data and log go, made when it is not there. models: folder of trained Rasa models to use; None: Rasa stays absent."""
        self.data_dir = folder / "var"
        self.database_url = settings.get("DATABASE_URL", f"sqlite:///{self.data_dir / 'tro-ly.db'}")
        folder.mkdir(parents=True, exist_ok=True)
        if models is not None and not (self.data_dir / "models").exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            (self.data_dir / "models").symlink_to(models)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "service.log"
        kept = {k: v for k, v in os.environ.items() if k.lower() not in ("telegram_token", "database_url")}
        self._environment = {
            **kept,
            "DATA_DIR": str(self.data_dir),
            "PORT": str(self.port),
            "RASA_PORT": str(free_port()),
            "BURST_MS": "0",
            "HF_HUB_OFFLINE": "1",
            **settings,
        }
        self.process: Process | None = None

    def set(self, **settings: str) -> None:
        """Change settings before a start, such as those that need the service's own address."""
        self._environment |= settings

    def start(self) -> None:
        """Start and wait until it answers."""
        self.process = Process([sys.executable, "-m", "bot.cli", "serve"], self.log, self._environment)
        # A new folder gets an index first, which takes half a minute, longer beside other work.
        wait_for(self._ready, 240, f"start (log: {self.log})")

    def kill(self) -> None:
        """kill -9."""
        assert self.process
        self.process.kill()

    def stop(self) -> int:
        """Stop properly; return the exit status."""
        assert self.process
        return self.process.stop()

    def end(self) -> None:
        """See to it that nothing runs any more, however a measurement ended."""
        if self.process and not self.process.ended:
            self.process.kill()

    def health(self) -> dict[str, Any]:
        """What /healthz says."""
        return dict(httpx.get(f"{self.url}/healthz").json())

    def _ready(self) -> bool:
        assert self.process
        assert not self.process.ended, self.log.read_text()[-3000:]
        return httpx.get(f"{self.url}/readyz").status_code == 200
