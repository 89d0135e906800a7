"""Rasa dies and comes back; the service answers all the while and says so."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import psutil
import pytest

from bot.nlu_model import RASA_PYTHON, current_model
from evaluation.processes import ROOT, wait_for
from tests.service.processes import Service

MODELS = ROOT / "var" / "models"
pytestmark = pytest.mark.rasa


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    if not (RASA_PYTHON.exists() and current_model(MODELS).exists()):
        pytest.skip("no Rasa environment or model; run: make setup")
    service = Service(tmp_path_factory.mktemp("rasa"), models=MODELS)
    service.start()
    wait_for(lambda: state(service) == "up", 120, "Rasa")
    yield service
    assert service.stop() == 0


def state(service: Service) -> str:
    return str(service.health()["rasa"]["state"])


def ask(service: Service) -> dict:
    return httpx.post(
        f"{service.url}/api/ask", json={"question": "mất bao lâu", "history": ["quên mật khẩu vneid"]}
    ).json()


def rasa_processes(service: Service) -> list[psutil.Process]:
    assert service.process
    children = psutil.Process(service.process.pid).children(recursive=True)
    return [child for child in children if "nlu.serve" in child.cmdline()]


def test_rasa_hears_and_its_token_stands_in_no_command_line(service: Service) -> None:
    answer = ask(service)
    assert answer["intent"] == "ask_time_limit"
    assert answer["aspect"] == "time_limit"
    (rasa,) = rasa_processes(service)
    assert not any("token" in part.lower() for part in rasa.cmdline())
    ports = {c.laddr.ip for c in rasa.net_connections(kind="tcp") if c.status == psutil.CONN_LISTEN}
    assert ports == {"127.0.0.1"}


def test_a_stranger_without_the_token_is_refused(service: Service) -> None:
    (rasa,) = rasa_processes(service)
    (port,) = {c.laddr.port for c in rasa.net_connections(kind="tcp") if c.status == psutil.CONN_LISTEN}
    assert httpx.post(f"http://127.0.0.1:{port}/model/parse", json={"text": "chào"}).status_code in (401, 403)


def test_a_dead_rasa_is_started_again_and_questions_are_answered_meanwhile(service: Service) -> None:
    (rasa,) = rasa_processes(service)
    rasa.kill()
    wait_for(lambda: state(service) != "up", 10, "noticing the death")
    answer = ask(service)
    assert answer["guide"] == "vneid-quen-mat-khau" or answer["outcome"].startswith(("asked_back", "abstained"))
    wait_for(lambda: state(service) == "up", 90, "Rasa's return")
    assert service.health()["rasa"]["restarts"] == 1
    assert ask(service)["intent"] == "ask_time_limit"
