"""Turns per second, latency and memory of our whole turn and of a stock Rasa assistant, on the same questions."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import psutil

from bot.nlu_model import RASA_PYTHON
from bot.settings import Settings
from evaluation.load.stock.build import build
from evaluation.processes import Process, Service, free_port, wait_for
from evaluation.statistics import percentiles
from knowledge.library import load

Turn = Callable[[http.client.HTTPConnection, int, str], None]


def measure(settings: Settings, turns: int, people: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Return {"ours", "stock_rasa", "ratio_turns", "ratio_p50"}.

    turns: asked of each assistant after the warm-up. people: conversations at the same time, each waiting for its
    answer before it goes on. Each assistant has the machine to itself, but for the people.
    """
    guides = load(settings.guides_dir)
    questions = [question.q for guide in guides for _, question in guide.golden("test")]
    with tempfile.TemporaryDirectory() as folder:
        say("ours: starting")
        ours = _measure_ours(Path(folder), settings.data_dir / "models", questions, turns, people)
    say(f"ours: {ours}")
    say("stock Rasa: training (several minutes the first time)")
    stock_folder = build(guides, settings.data_dir / "evaluation")
    say("stock Rasa: starting")
    stock = _measure_stock(stock_folder, questions, turns, people)
    say(f"stock Rasa: {stock}")
    return {
        "ours": ours,
        "stock_rasa": stock,
        "ratio_turns": round(ours["turns_per_s"] / stock["turns_per_s"], 2),
        "ratio_p50": round(ours["p50_ms"] / stock["p50_ms"], 3),
        "people": people,
        "cores": os.cpu_count(),
    }


def _measure_ours(folder: Path, models: Path, questions: Sequence[str], turns: int, people: int) -> dict[str, float]:
    service = Service(folder, models=models, LOG_LEVEL="INFO", CHAT_PER_MINUTE="0")
    service.start()
    try:
        wait_for(lambda: service.health()["rasa"]["state"] == "up", 120, "Rasa")
        cookies = [secrets.token_urlsafe(24) for _ in range(people)]

        def turn(connection: http.client.HTTPConnection, person: int, question: str) -> None:
            body = json.dumps({"id": secrets.token_hex(8), "text": question})
            headers = {"Content-Type": "application/json", "Cookie": f"tro_ly={cookies[person]}"}
            _post(connection, "/chat/messages", body, headers, lambda answer: answer["messages"])

        assert service.process
        return _drive(service.port, [service.process.pid], turn, questions, turns, people)
    finally:
        service.stop()


def _measure_stock(folder: Path, questions: Sequence[str], turns: int, people: int) -> dict[str, float]:
    port, action_port = free_port(), free_port()
    environment = {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "STOCK_ANSWERS": str(folder / "answers.json"),
        "SANIC_HOST": "127.0.0.1",
    }
    (folder / "endpoints.yml").write_text(
        f"action_endpoint:\n  url: http://127.0.0.1:{action_port}/webhook\n", encoding="utf-8"
    )
    python = str(RASA_PYTHON)
    actions = Process(
        [python, "-m", "rasa_sdk", "--actions", "actions", "--port", str(action_port)],
        folder / "actions.log",
        environment,
        folder,
    )
    command = [
        "-m",
        "rasa",
        "run",
        "-i",
        "127.0.0.1",
        "-p",
        str(port),
        "--enable-api",
        "-m",
        "models/stock.tar.gz",
        "--endpoints",
        "endpoints.yml",
    ]
    server = Process([python, *command], folder / "server.log", environment, folder)
    try:
        wait_for(lambda: httpx.get(f"http://127.0.0.1:{port}/status").status_code == 200, 180, "stock Rasa")
        wait_for(lambda: httpx.get(f"http://127.0.0.1:{action_port}/health").status_code == 200, 60, "action server")

        def turn(connection: http.client.HTTPConnection, person: int, question: str) -> None:
            body = json.dumps({"sender": f"person-{person}", "message": question})
            headers = {"Content-Type": "application/json"}
            _post(connection, "/webhooks/rest/webhook", body, headers, lambda answer: answer)

        return _drive(port, [server.pid, actions.pid], turn, questions, turns, people)
    finally:
        server.stop()
        actions.stop()


def _post(
    connection: http.client.HTTPConnection, path: str, body: str, headers: dict[str, str], reply: Callable[[Any], Any]
) -> None:
    connection.request("POST", path, body.encode(), headers)
    response = connection.getresponse()
    answer = response.read()
    if response.status != 200 or not reply(json.loads(answer)):
        raise RuntimeError(f"{path}: {response.status} {answer[:200]!r}")


def _drive(
    port: int, pids: Sequence[int], turn: Turn, questions: Sequence[str], turns: int, people: int
) -> dict[str, float]:
    """Let people ask, each in a thread of its own; return speed, latency in ms and memory in MB."""
    latencies: list[float] = []
    failed: list[str] = []
    each = turns // people

    def person(number: int, count: int, keep: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            for n in range(count):
                started = time.perf_counter()
                turn(connection, number, questions[(number * each + n) % len(questions)])
                if keep:
                    latencies.append((time.perf_counter() - started) * 1000)
        except Exception as exc:
            failed.append(repr(exc))
        finally:
            connection.close()

    def all_people(count: int, keep: bool) -> float:
        threads = [threading.Thread(target=person, args=(n, count, keep)) for n in range(people)]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - started

    all_people(10, keep=False)
    seconds = all_people(each, keep=True)
    if failed:
        raise RuntimeError(f"{len(failed)} of {people} people failed, first: {failed[0]}")
    found = percentiles(latencies)
    return {
        "turns_per_s": round(len(latencies) / seconds, 1),
        "p50_ms": found["p50"],
        "p95_ms": found["p95"],
        "p99_ms": found["p99"],
        "rss_mb": round(sum(_memory(pid) for pid in pids) / 1e6),
    }


def _memory(pid: int) -> int:
    process = psutil.Process(pid)
    return sum(one.memory_info().rss for one in [process, *process.children(recursive=True)])
