"""tro-ly desk: what administrators do from a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from bot.cli import cli
from bot.store import relays
from tests.desk.office import Office, at

TUESDAY = "2026-11-17"


@pytest.fixture(autouse=True)
def _of_this_office(empty_office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", str(empty_office.database.engine.url))


def test_a_report_is_written_to_files_and_names_what_is_wrong(empty_office: Office, tmp_path: Path) -> None:
    team = empty_office.team("Tổ Ninh Giang")
    empty_office.ask("chi", at(TUESDAY, "08:00"))
    period = ["desk", "report", "--from", TUESDAY, "--to", "17/11/2026"]

    def run(*more: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, [*period, *more])
        return result.exit_code, result.output

    assert "Tổ Ninh Giang: mở 1" in run()[1]
    rows = json.loads(run("--json", "--team", str(team))[1])["rows"]
    assert [one["opened"] for one in rows] == [1, 1]
    assert run("--csv", str(tmp_path / "a.csv"), "--xlsx", str(tmp_path / "a.xlsx"))[0] == 0
    assert (tmp_path / "a.csv").read_text(encoding="utf-8-sig").count("\n") == 4
    assert load_workbook(tmp_path / "a.xlsx").worksheets[0].max_row == 4
    code, said = run("--team", "99")
    assert code == 2
    assert "Tổ Ninh Giang" in said
    assert run("--from", "2026-12-01")[0] == 2


def test_the_commands_settle_a_whole_group(empty_office: Office) -> None:
    hoa = empty_office.volunteer("chị Hoa", empty_office.team("Tổ Ninh Giang"))
    for citizen, question in (
        ("chi", "mất sim thì lấy lại mật khẩu vneid thế nào"),
        ("an", "phí làm lại bằng lái xe máy bao nhiêu"),
        ("binh", "mất sim rồi lấy lại mật khẩu vneid sao"),
    ):
        ticket = empty_office.ask(citizen, at(TUESDAY, "08:00"), question=question)
        empty_office.volunteers.answer(ticket, hoa, "Dạ để em chỉ", at(TUESDAY, "08:05"))
        with empty_office.database.begin() as db:
            said = relays.of_ticket(db, ticket)[-1].id
        empty_office.volunteers.suggest(said, hoa, at(TUESDAY, "08:06"))

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["desk", *arguments])
        return result.exit_code, result.output

    groups = json.loads(run("suggestions", "--json")[1])
    assert [(group["count"], group["numbers"]) for group in groups] == [(2, [1, 3]), (1, [2])]
    assert "(2 lần)" in run("suggestions")[1]
    assert "1, 3" in run("take", "3")[1]
    assert run("drop", "3")[0] == 2
    assert "2" in run("drop", "2", "--one")[1]
    assert run("suggestions")[1] == "Kho chưa có gì mới.\n"


def test_the_command_shows_without_sending_and_sends_once(
    empty_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty_office.team("Tổ Ninh Giang", chat="-1001")
    monkeypatch.setenv("DESK_ADMIN_CHAT", "-1009")
    shown = CliRunner().invoke(cli, ["desk", "digest", "--print"]).output
    assert "☀️ Tổ Ninh Giang" in shown
    assert empty_office.said_in("-1001") == []
    said = [CliRunner().invoke(cli, ["desk", "digest"]).output for _ in range(2)]
    assert said == ["Đã gửi 2 bản tin.\n", "Đã gửi 0 bản tin.\n"]
    assert len(empty_office.said_in("-1001")) == len(empty_office.said_in("-1009")) == 1
