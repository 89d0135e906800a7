"""What many tests share: settings in a temporary folder, the real encoder loaded once, an assistant on the real guides."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"

from bot.app import Assistant, build_assistant
from bot.errors import RasaUnavailable
from bot.nlu_model import RASA_PYTHON, usable_model
from bot.rasa_process import RasaProcess
from bot.settings import ROOT, Settings
from bot.store.database import Database
from bot.store.schema import metadata
from evaluation.processes import free_port, wait_for
from nlu.client import NluClient
from tests.fakes import Hearing

# e.g. postgresql+psycopg://user@/test?host=/var/run/postgresql ; its tables are dropped.
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's .env or environment must not change a test."""
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="session")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """The assistant on the real guides and the shipped encoder; Rasa hears what a test puts into its Hearing."""
    built = build_assistant(Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("var")), Hearing())
    yield built
    built.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings that write below a temporary folder."""
    return Settings(_env_file=None, data_dir=tmp_path / "var", burst_ms=0)


@pytest.fixture(scope="session")
def real_rasa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NluClient]:
    """A client of a really running Rasa with the model that `make setup` trained; skips where there is none."""
    log = tmp_path_factory.mktemp("rasa") / "rasa.log"
    try:
        process = RasaProcess(RASA_PYTHON, usable_model(ROOT / "var" / "models"), free_port(), log, lambda: None)
    except RasaUnavailable as exc:
        pytest.skip(str(exc))
    client = NluClient([process.url], process.token, timeout_s=5.0)
    process.start(client.healthy)
    wait_for(lambda: process.state == "up", 120, f"Rasa (log: {log})")
    yield client
    process.stop()
    client.close()


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgres", marks=pytest.mark.skipif(not POSTGRES, reason="TEST_POSTGRES_URL is not set")),
    ]
)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'test.db'}" if request.param == "sqlite" else POSTGRES)
    if request.param == "postgres":
        with database.begin() as db:
            metadata.drop_all(db)
            db.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
    database.migrate()
    yield database
    database.close()
