"""Ask Rasa what a message means (placeholder until the full client lands)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import httpx


@dataclass(frozen=True)
class Entity:
    kind: str
    value: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Understanding:
    intent: str | None
    confidence: float
    entities: tuple[Entity, ...] = ()
    ranking: tuple[tuple[str, float], ...] = ()
    away: bool = False


AWAY = Understanding(None, 0.0, away=True)


class NluClient:
    def __init__(self, urls: Sequence[str], token: str, timeout_s: float = 1.0) -> None:
        self._http = httpx.Client(timeout=timeout_s)

    def parse(self, text: str) -> Understanding:
        return AWAY

    def healthy(self) -> bool:
        return False

    def close(self) -> None:
        self._http.close()
