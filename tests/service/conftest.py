"""A real service beside a fake Telegram, one of each for a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.service.processes import FakeTelegram, Service


@pytest.fixture(scope="module")
def telegram(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeTelegram]:
    fake = FakeTelegram(tmp_path_factory.mktemp("telegram"))
    yield fake
    fake.stop()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, telegram: FakeTelegram) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("service"), TELEGRAM_TOKEN="1:AAA", TELEGRAM_API_URL=telegram.url)
    service.start()
    yield service
    assert service.stop() == 0
