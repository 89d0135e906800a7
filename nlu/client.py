"""Ask Rasa what a message means. The only file that knows Rasa's HTTP; Rasa being away is a normal answer."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from nlu.text import nfc

# httpx logs each URL at INFO, and Rasa takes its token only as a query parameter.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

# Longer than any question; a pasted document would keep the only Rasa busy for everybody.
MAX_TEXT = 1000
# A replica that failed is left alone for this long, doubling to the second number.
_REST_S, _LONGEST_REST_S = 1.0, 15.0
_BEST = 5


@dataclass(frozen=True)
class Entity:
    """Something named in the text. start and end are offsets in its NFC form."""

    kind: str
    value: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Understanding:
    """What Rasa heard. intent is None when Rasa is away or has no guess; ranking holds the best five, best first."""

    intent: str | None
    confidence: float
    entities: tuple[Entity, ...] = ()
    ranking: tuple[tuple[str, float], ...] = ()
    away: bool = False


AWAY = Understanding(None, 0.0, away=True)


class _Replica:
    """One Rasa: its address and until when it is left alone."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.rests_until = 0.0
        self.failures = 0


class NluClient:
    """Any number of Rasa replicas, taken in turn; safe to use from several threads. Never raises after construction."""

    def __init__(self, urls: Sequence[str], token: str, timeout_s: float = 1.0) -> None:
        self._replicas = [_Replica(url) for url in urls]
        self._timeout_s = timeout_s
        self._query = {"token": token}
        self._turn = itertools.count()
        self._lock = threading.Lock()
        # trust_env=False: a proxy set for the outside world must not see loopback traffic, nor slow each call down.
        self._http = httpx.Client(
            trust_env=False, limits=httpx.Limits(max_connections=64, max_keepalive_connections=16)
        )

    def parse(self, text: str) -> Understanding:
        """Return what text means; AWAY when it is empty or too long, or no replica answers within the time-out."""
        text = nfc(text).strip()
        if not text or len(text) > MAX_TEXT:
            return AWAY
        deadline = time.monotonic() + self._timeout_s
        for replica in self._in_turn()[:2]:
            left = deadline - time.monotonic()
            if left <= 0.005:
                break
            try:
                answer = self._http.post(
                    f"{replica.url}/model/parse", params=self._query, json={"text": text}, timeout=left
                )
                heard = _read(answer.raise_for_status().json(), text)
            except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError, RuntimeError):
                # RuntimeError: the client was closed under us while the service stops.
                self._failed(replica)
                continue
            if replica.failures:
                with self._lock:
                    replica.failures, replica.rests_until = 0, 0.0
            return heard
        return AWAY

    def healthy(self) -> bool:
        """Tell whether any replica has its model loaded."""
        for replica in self._replicas:
            try:
                answer = self._http.get(f"{replica.url}/status", params=self._query, timeout=min(self._timeout_s, 1.0))
            except (httpx.HTTPError, httpx.InvalidURL, RuntimeError):
                continue
            if answer.status_code == httpx.codes.OK:
                with self._lock:
                    replica.failures, replica.rests_until = 0, 0.0
                return True
        return False

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _in_turn(self) -> list[_Replica]:
        """Replicas that are not resting, the next in turn first; when all rest, none."""
        if not self._replicas:
            return []
        now = time.monotonic()
        first = next(self._turn) % len(self._replicas)
        order = self._replicas[first:] + self._replicas[:first]
        return [replica for replica in order if replica.rests_until <= now]

    def _failed(self, replica: _Replica) -> None:
        with self._lock:
            rest = min(_REST_S * 2**replica.failures, _LONGEST_REST_S)
            replica.failures = min(replica.failures + 1, 8)
            replica.rests_until = time.monotonic() + rest


def _read(answer: dict[str, Any], text: str) -> Understanding:
    """Turn Rasa's JSON into ours. Raises KeyError, TypeError or ValueError when it is not what Rasa sends."""
    entities = tuple(
        Entity(
            str(found["entity"]),
            str(found["value"]),
            text[int(found["start"]) : int(found["end"])],
            int(found["start"]),
            int(found["end"]),
        )
        for found in answer["entities"]
    )
    ranking = tuple(
        (str(guess["name"]), float(guess["confidence"])) for guess in answer.get("intent_ranking", [])[:_BEST]
    )
    name = answer["intent"]["name"]
    return Understanding(None if name is None else str(name), float(answer["intent"]["confidence"]), entities, ranking)
