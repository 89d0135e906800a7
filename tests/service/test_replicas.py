"""Several service processes on one PostgreSQL: what one of them leaves behind, another goes on with."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluation.desk.measure import own_schema
from tests.conftest import POSTGRES
from tests.service.processes import FakeTelegram, Service, wait_for

pytestmark = pytest.mark.skipif(not POSTGRES, reason="TEST_POSTGRES_URL is not set")


@contextlib.contextmanager
def two_services(folder: Path, telegram: FakeTelegram) -> Iterator[tuple[Service, Service]]:
    """Two services that would poll the same bot."""
    with own_schema(POSTGRES) as url:
        settings = {"DATABASE_URL": url, "TELEGRAM_TOKEN": "1:AAA", "TELEGRAM_API_URL": telegram.url}
        first, second = Service(folder / "first", **settings), Service(folder / "second", **settings)
        try:
            first.start()
            shutil.copytree(first.data_dir / "index", second.data_dir / "index")
            second.start()
            yield first, second
        finally:
            first.end()
            second.end()


def test_one_polls_and_when_it_dies_the_other_goes_on(tmp_path: Path, telegram: FakeTelegram) -> None:
    people = range(9101, 9113)
    with two_services(tmp_path, telegram) as (first, second):
        for number, person in enumerate(people):
            if number == len(people) // 2:
                # It started first, so it is the one that polls and sends.
                first.kill()
            telegram.say(person, "/trogiup")
            time.sleep(0.05)
        answered = lambda: all(telegram.from_bot(person) for person in people)  # noqa: E731
        wait_for(answered, 40, "an answer to everybody")
        assert second.health()["outbox"].keys() == {"sent"}
        # Only what was under way at the kill may have been said twice.
        assert sum(len(telegram.from_bot(person)) for person in people) <= len(people) + 2
        # Two that poll at once are told off by Telegram.
        assert "Conflict" not in second.log.read_text()
