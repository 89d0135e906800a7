"""Reports count what the desk did, in the working minutes of each team, and open safely in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta

import pytest
from openpyxl import load_workbook

from bot.desk import export, reports, words
from bot.desk.reports import Report, Row
from bot.store import relays
from tests.desk.office import HOAN_KIEM, NINH_GIANG, Office, at

TUESDAY = "2026-11-17"


def report(empty_office: Office, first: str = TUESDAY, last: str | None = None, team: int | None = None) -> Report:
    return reports.build(empty_office.bench, date.fromisoformat(first), date.fromisoformat(last or first), team)


def row(found: Report, kind: str, key: int | str | None = None) -> Row:
    return next(one for one in found.rows if one.kind == kind and key in (one.team_id, one.commune))


def test_without_tickets_nothing_is_counted_and_no_team_is_left_out(empty_office: Office) -> None:
    team = empty_office.team("Tổ Ninh Giang")
    found = report(empty_office)
    assert [(one.kind, one.team_id) for one in found.rows] == [("all", None), ("team", team)]
    assert all(one.opened == 0 and one.first_answer.median is None for one in found.rows)
    assert all(one.answered_share is None and one.stars_mean is None for one in found.rows)
    assert export.as_csv(found)
    assert export.as_xlsx(found)


def test_the_wait_is_counted_in_the_teams_working_minutes(empty_office: Office) -> None:
    hoa = empty_office.volunteer("chị Hoa", empty_office.team("Tổ Ninh Giang"))
    # Half an hour on Wednesday; 30 April, 1 May and the weekend are days off; half an hour on Monday.
    ticket = empty_office.ask("chi", at("2026-04-29", "16:30"))
    empty_office.volunteers.answer(ticket, hoa, "Dạ em đây", at("2026-05-04", "08:00"))
    empty_office.volunteers.close(ticket, hoa, "solved", at("2026-05-04", "14:00"))
    all_of_them = row(report(empty_office, "2026-04-29"), "all")
    assert all_of_them.first_answer.median == 60
    # 30 + 240 in the morning + 30 after lunch.
    assert all_of_them.close.median == 300


def test_a_team_with_its_own_hours_is_measured_by_them(empty_office: Office) -> None:
    weekend = empty_office.team("Tổ cuối tuần", hours="T7-CN 08:00-12:00")
    lan = empty_office.volunteer("chị Lan", weekend)
    ticket = empty_office.ask("chi", at("2026-11-27", "09:00"))
    empty_office.volunteers.answer(ticket, lan, "Dạ em đây", at("2026-11-28", "08:20"))
    assert row(report(empty_office, "2026-11-27"), "team", weekend).first_answer.median == 20


def test_whoever_is_being_scammed_waits_in_real_minutes(empty_office: Office) -> None:
    hoa = empty_office.volunteer("chị Hoa", empty_office.team("Tổ Ninh Giang"))
    ticket = empty_office.ask("chi", at(TUESDAY, "20:00"), "scam")
    empty_office.volunteers.answer(ticket, hoa, "Bác gọi ngân hàng khóa thẻ ngay", at(TUESDAY, "20:09"))
    all_of_them = row(report(empty_office), "all")
    assert all_of_them.urgent == 1
    assert all_of_them.urgent_answer.median == pytest.approx(9)
    assert all_of_them.first_answer.median == 0


def test_median_and_p90(empty_office: Office) -> None:
    hoa = empty_office.volunteer("chị Hoa", empty_office.team("Tổ Ninh Giang"))
    for number in range(1, 12):
        ticket = empty_office.ask(f"citizen {number}", at(TUESDAY, "08:00"))
        empty_office.volunteers.answer(ticket, hoa, "Dạ em đây", at(TUESDAY, "08:00") + timedelta(minutes=number))
    times = row(report(empty_office), "all").first_answer
    assert (times.count, times.median, times.p90) == (11, 6, 10)


def test_ends_that_nobody_worked_for_are_no_time_to_close(empty_office: Office) -> None:
    hoa = empty_office.volunteer("chị Hoa", empty_office.team("Tổ Ninh Giang"))
    quiet = empty_office.ask("chi", at(TUESDAY, "08:00"))
    empty_office.volunteers.answer(quiet, hoa, "Dạ em đây", at(TUESDAY, "08:05"))
    empty_office.clock.tick(at("2026-11-19", "09:00"))
    solved = empty_office.ask("an", at(TUESDAY, "08:00"))
    empty_office.volunteers.answer(solved, hoa, "Dạ em đây", at(TUESDAY, "08:05"))
    empty_office.volunteers.close(solved, hoa, "solved", at(TUESDAY, "08:40"))
    all_of_them = row(report(empty_office), "all")
    assert all_of_them.close_reasons == {"quiet": 1, "solved": 1}
    assert (all_of_them.close.count, all_of_them.close.median) == (1, 40)


def test_what_happened_counts_for_the_team_that_had_the_ticket(empty_office: Office) -> None:
    hamlet = empty_office.team("Tổ Ninh Giang")
    commune = empty_office.team("Xã Ninh Giang", level="xa")
    hoa = empty_office.volunteer("chị Hoa", hamlet)
    ticket = empty_office.ask("chi", at(TUESDAY, "08:00"))
    empty_office.volunteers.claim(ticket, hoa, at(TUESDAY, "08:01"))
    empty_office.volunteers.answer(ticket, hoa, "Bác đọc mã OTP cho em", at(TUESDAY, "08:02"))
    # Claimed and not answered: reminded twice, taken back, reminded twice, passed on to the commune, nobody there.
    for minutes in range(10, 100, 5):
        empty_office.clock.tick(at(TUESDAY, "08:00") + timedelta(minutes=minutes))
    found = report(empty_office)
    had, has = row(found, "team", hamlet), row(found, "team", commune)
    assert (had.guard_stopped, had.taken_back, had.escalated, had.nobody) == (1, 1, 1, 0)
    assert (has.guard_stopped, has.taken_back, has.escalated, has.nobody) == (0, 0, 0, 1)
    assert (had.opened, has.opened) == (0, 1)
    assert row(found, "commune", NINH_GIANG).taken_back == 1


def test_reasons_stars_and_drafts(empty_office: Office) -> None:
    hoa = empty_office.volunteer("chị Hoa", empty_office.team("Tổ Ninh Giang"))
    for number, (citizen, stars) in enumerate((("an", 5), ("binh", 4), ("chi", None))):
        ticket = empty_office.ask(citizen, at(TUESDAY, "08:00"), "stuck" if number else "complaint")
        with empty_office.database.begin() as db:
            relays.add(
                db, ticket, "citizen", at(TUESDAY, "08:01"), text="phí bao nhiêu", draft="Không mất phí.", draft_label="offered"
            )  # fmt: skip
        empty_office.volunteers.answer(ticket, hoa, "Dạ không mất phí đâu ạ", at(TUESDAY, "08:05"))
        empty_office.volunteers.close(ticket, hoa, "solved", at(TUESDAY, "09:00"))
        if stars:
            empty_office.rate(citizen, ticket, stars, at(TUESDAY, "09:05"))
    all_of_them = row(report(empty_office), "all")
    assert all_of_them.reasons == {"complaint": 1, "stuck": 2}
    assert (all_of_them.stars, all_of_them.rated, all_of_them.stars_mean) == ({4: 1, 5: 1}, 2, 4.5)
    assert all_of_them.drafts == {"replaced": 3}


def test_one_team_sees_its_own_communes_only(empty_office: Office) -> None:
    here, there = empty_office.team("Tổ Ninh Giang"), empty_office.team("Tổ Hoàn Kiếm", HOAN_KIEM)
    empty_office.ask("chi", at(TUESDAY, "08:00"))
    empty_office.ask("an", at(TUESDAY, "08:00"), commune=HOAN_KIEM)
    assert [(one.kind, one.team_id or one.commune, one.opened) for one in report(empty_office, team=here).rows] == [
        ("team", here, 1),
        ("commune", NINH_GIANG, 1),
    ]
    assert len(report(empty_office, team=there).rows) == 2


def test_tickets_that_no_team_has_are_a_row(empty_office: Office) -> None:
    empty_office.ask("chi", at(TUESDAY, "08:00"), commune=None)
    found = report(empty_office)
    assert row(found, "team").name == words.NO_TEAM
    assert row(found, "commune").name == words.UNKNOWN_PLACE


def test_a_day_begins_at_midnight_in_vietnam(empty_office: Office) -> None:
    empty_office.team("Tổ Ninh Giang")
    empty_office.ask("early", at(TUESDAY, "00:00"))
    empty_office.ask("late", at(TUESDAY, "23:59"))
    empty_office.ask("next", at("2026-11-18", "00:00"))
    assert row(report(empty_office), "all").opened == 2


def test_a_period_is_thirty_days_up_to_today_in_vietnam() -> None:
    assert reports.period(at("2026-11-30", "00:30")) == (date(2026, 11, 1), date(2026, 11, 30))
    assert reports.period(at("2026-11-30", "00:30"), last=date(2026, 10, 30))[0] == date(2026, 10, 1)


def test_nothing_names_a_citizen(empty_office: Office) -> None:
    hoa = empty_office.volunteer("chị Hoa", empty_office.team("Tổ Ninh Giang"))
    ticket = empty_office.ask("chat-of-chi", at(TUESDAY, "08:00"), question="con tôi tên Nguyễn Văn Tèo")
    empty_office.volunteers.answer(ticket, hoa, "Chào bác Tèo", at(TUESDAY, "08:05"))
    said = json.dumps(report(empty_office).as_dict(), ensure_ascii=False)
    assert "Tèo" not in said
    assert "chat-of-chi" not in said


@pytest.mark.parametrize("name", ["=1+1", '+cmd|"calc"!A0', "-2+3", "@SUM(A1)", "\t=1+1"])
def test_a_name_is_never_a_formula(empty_office: Office, name: str) -> None:
    empty_office.team(name)
    found = report(empty_office)
    cells = [cell for line in csv.reader(io.StringIO(export.as_csv(found).decode("utf-8-sig"))) for cell in line]
    assert f"'{name}" in cells
    assert name not in cells
    sheet = load_workbook(io.BytesIO(export.as_xlsx(found))).worksheets[0]
    cell = next(cell for line in sheet.iter_rows() for cell in line if cell.value == name)
    assert cell.data_type == "s"


def test_csv_is_opened_as_utf8_and_xlsx_holds_numbers(empty_office: Office) -> None:
    team = empty_office.team("Tổ Ninh Giang")
    hoa = empty_office.volunteer("chị Hoa", team)
    ticket = empty_office.ask("chi", at(TUESDAY, "08:00"))
    empty_office.volunteers.answer(ticket, hoa, "Dạ em đây", at(TUESDAY, "08:12"))
    found = report(empty_office)
    written = export.as_csv(found)
    assert written.startswith(b"\xef\xbb\xbf")
    first = next(csv.DictReader(io.StringIO(written.decode("utf-8-sig"))))
    heading = "Chờ trả lời: một nửa trong (phút làm việc)"
    assert (first["Tên"], first[heading], first["Sao trung bình"]) == ("Tất cả", "12", "")
    headings, line, *_ = load_workbook(io.BytesIO(export.as_xlsx(found))).worksheets[0].iter_rows(values_only=True)
    assert dict(zip(headings, line, strict=True))[heading] == 12


def test_every_reason_that_the_desk_writes_has_a_column(empty_office: Office) -> None:
    headings, _ = export.table(report(empty_office))
    assert len(headings) == len(set(headings))
    for labels in (words.REASONS, words.CLOSE_REASONS, words.OTHER_CLOSE_REASONS, words.DRAFTS):
        for label in labels.values():
            assert any(label in heading for heading in headings), label
