"""tro-ly admin: what an operator does before anybody can sign in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import cli
from bot.desk.accounts import Accounts
from bot.errors import AccountError, HoursError
from bot.store import teams
from bot.store.database import Database
from tests.console.conftest import Cast


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PUBLIC_URL", "https://tro-ly.test/")
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["admin", *words])


def test_from_nothing_to_somebody_who_can_sign_in(folder: Path, cast: Cast) -> None:
    added = run("team-add", "Tổ thôn Đông", "--level", "to", "--commune", "xã Ninh Giang, Hải Phòng")
    assert "Tổ số 1: Tổ thôn Đông, Xã Ninh Giang, Thành phố Hải Phòng" in added.output
    invited = run("invite", "chị Hoa", "--role", "lead", "--team", "1")
    link = re.search(r"^https://tro-ly\.test/ban/moi#(\S+)$", invited.output, re.M)
    assert link
    assert "t.me" not in invited.output
    database = Database(f"sqlite:///{folder / 'tro-ly.db'}")
    who = Accounts(database).invited(link.group(1), cast.now)
    assert who
    assert (who.name, who.role, who.team_id) == ("chị Hoa", "lead", 1)
    assert "chị Hoa" in run("people").output
    assert run("team-hours", "1", "T2-T6 08:00-11:00").exit_code == 0
    assert "T2-T6 08:00-11:00" in run("teams").output
    again = run("invite-again", "1")
    assert "/ban/moi#" in again.output
    assert Accounts(database).invited(link.group(1), cast.now) is None
    assert run("end-rights", "1").exit_code == 0
    assert run("end-rights", "1").exit_code == 1
    with database.begin() as db:
        assert teams.volunteers_of(db) == []
    database.close()


@pytest.mark.parametrize(
    ("words", "problem", "kind"),
    [
        (("team-add", "Tổ X", "--level", "xa", "--commune", "xã Tân Tiến"), "Ghi rõ cả tỉnh", AccountError),
        (("team-add", "Tổ X", "--level", "tinh", "--province", "Atlantis"), "viết như: Hải Phòng", AccountError),
        (("invite", "chị Hoa", "--role", "volunteer"), "chọn tổ (--team)", AccountError),
        (("invite", "chị Hoa", "--role", "lead", "--team", "9"), "không có tổ số 9", AccountError),
        (("invite-again", "9"), "không có người số 9", AccountError),
        (("team-hours", "1", "cả ngày"), "viết theo mẫu", HoursError),
    ],
)
def test_what_is_wrong_is_said(folder: Path, words: tuple[str, ...], problem: str, kind: type[Exception]) -> None:
    result = run(*words)
    assert isinstance(result.exception, kind)
    assert problem in str(result.exception)


def test_without_telegram_in_reach_it_says_what_to_send(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_TOKEN", "1:AAA")
    monkeypatch.setenv("TELEGRAM_API_URL", "http://127.0.0.1:9")
    assert "/start moi-" in run("invite", "anh Nam", "--role", "admin").output
