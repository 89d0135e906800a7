"""The client of Rasa against servers over real loopback HTTP: whatever they do, a citizen's turn goes on."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from nlu.client import AWAY, MAX_TEXT, NluClient

GOOD = {
    "text": "quên mật khẩu vneid",
    "intent": {"name": "ask_overview", "confidence": 0.9},
    "intent_ranking": [{"name": "ask_overview", "confidence": 0.9}, {"name": "out_of_scope", "confidence": 0.05}],
    "entities": [{"entity": "app", "value": "VNeID", "start": 14, "end": 19}],
}


class FakeRasa:
    def __init__(self, answer: Callable[[], tuple[int, bytes]]) -> None:
        self.asked = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.asked += 1
                self.rfile.read(int(self.headers["Content-Length"]))
                status, body = answer()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                self.send_response(200 if "token=secret" in self.path else 401)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def rasa() -> Iterator[Callable[[Callable[[], tuple[int, bytes]]], FakeRasa]]:
    started: list[FakeRasa] = []

    def start(answer: Callable[[], tuple[int, bytes]]) -> FakeRasa:
        started.append(FakeRasa(answer))
        return started[-1]

    yield start
    for one in started:
        one.server.shutdown()
        one.server.server_close()


def good() -> tuple[int, bytes]:
    return 200, json.dumps(GOOD).encode()


def slow() -> tuple[int, bytes]:
    time.sleep(1)
    return good()


def test_it_reads_intent_entities_and_ranking(rasa) -> None:
    client = NluClient([rasa(good).url], "secret")
    heard = client.parse("quên mật khẩu vneid")
    assert heard.intent == "ask_overview"
    assert heard.entities[0].value == "VNeID"
    assert heard.entities[0].text == "vneid"
    assert dict(heard.ranking)["out_of_scope"] == 0.05
    assert client.healthy()
    client.close()


@pytest.mark.parametrize(
    "answer",
    [
        lambda: (500, b"error"),
        lambda: (401, b"{}"),
        lambda: (200, b"not json"),
        lambda: (200, b"{}"),
        lambda: (200, b"[1]"),
        lambda: (200, b'{"intent": null, "entities": []}'),
    ],
)
def test_whatever_comes_back_is_away_and_no_exception(rasa, answer) -> None:
    client = NluClient([rasa(answer).url], "secret")
    assert client.parse("chào") == AWAY
    client.close()


def test_a_slow_rasa_is_not_waited_for(rasa) -> None:
    client = NluClient([rasa(slow).url], "secret", timeout_s=0.2)
    started = time.monotonic()
    assert client.parse("chào") == AWAY
    assert time.monotonic() - started < 0.8
    client.close()


def test_nobody_there_is_away() -> None:
    client = NluClient(["http://127.0.0.1:1"], "secret")
    assert client.parse("chào") == AWAY
    assert not client.healthy()
    client.close()
    assert NluClient([], "secret").parse("chào") == AWAY


def test_another_replica_answers_for_a_broken_one_which_then_rests(rasa) -> None:
    broken, whole = rasa(lambda: (500, b"")), rasa(good)
    client = NluClient([broken.url, whole.url], "secret")
    for _ in range(6):
        assert client.parse("chào").intent == "ask_overview"
    assert broken.asked == 1
    client.close()


def test_replicas_are_taken_in_turn(rasa) -> None:
    one, two = rasa(good), rasa(good)
    client = NluClient([one.url, two.url], "secret")
    for _ in range(10):
        client.parse("chào")
    assert (one.asked, two.asked) == (5, 5)
    client.close()


def test_empty_and_endless_texts_are_not_sent(rasa) -> None:
    server = rasa(good)
    client = NluClient([server.url], "secret")
    assert client.parse("  ") == AWAY
    assert client.parse("a" * (MAX_TEXT + 1)) == AWAY
    assert server.asked == 0
    client.close()
