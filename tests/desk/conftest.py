"""The office that every test of this folder may use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk.office import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A fresh desk without any team."""
    made = Office(tmp_path)
    yield made
    made.database.close()
