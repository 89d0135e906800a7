"""The processes that tests of the whole service need."""

from __future__ import annotations

from evaluation.processes import Service, wait_for
from evaluation.telegram import FakeTelegram

__all__ = ["FakeTelegram", "Service", "wait_for"]
