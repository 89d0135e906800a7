"""Each team gets one digest a working day, whoever sends it: those who wait first, numbers last."""

from __future__ import annotations

from datetime import time, timedelta
from threading import Thread

import pytest

from bot.desk.digest import Digest, age
from bot.errors import SettingError
from bot.settings import read_settings
from bot.store import relays, suggestions
from bot.store.database import Database
from tests.desk.office import Office, at

WEDNESDAY = "2026-11-18"
GROUP, ADMINS = "-1001", "-1009"


def digest(office: Office, admin_chat: str = "") -> Digest:
    return Digest(office.bench, time(7, 30), admin_chat)


def of_team(office: Office, number: int, day: str, clock: str = "07:30") -> list[str]:
    return digest(office).texts(at(day, clock))[number - 1].splitlines()


def test_who_waits_comes_first_and_numbers_last(office: Office) -> None:
    team = office.team("Tổ Ninh Giang", chat=GROUP)
    hoa = office.volunteer("chị Hoa", team)
    day = "2026-11-17"
    answered = office.ask("an", at(day, "08:00"))
    office.volunteers.answer(answered, hoa, "Dạ em đây", at(day, "08:12"))
    office.volunteers.close(answered, hoa, "solved", at(day, "09:00"))
    office.rate("an", answered, 5, at(day, "09:01"))
    with office.database.begin() as db:
        suggestions.add(db, at(day, "09:02"), ticket_id=answered, volunteer_id=hoa.id, question="a", answer="b")
    held = office.ask("binh", at(day, "16:50"))
    office.volunteers.claim(held, hoa, at(day, "16:55"))
    office.ask("chi", at(day, "17:30"), guide="khai-sinh", commune=None)
    scam = office.ask("dung", at(WEDNESDAY, "07:00"), "scam")
    with office.database.begin() as db:
        relays.add(db, scam, "citizen", at(WEDNESDAY, "07:01"), text="tôi là Nguyễn Văn Dũng")
    assert of_team(office, team, WEDNESDAY) == [
        "☀️ Tổ Ninh Giang, thứ Tư 18/11",
        "Đang chờ người nhận: 2",
        "• #4 🔴 KHẨN: có thể đang bị lừa đảo, Xã Ninh Giang, Thành phố Hải Phòng, chờ 30 phút",
        "• #3 Đăng ký khai sinh, chờ 14 giờ",
        "Đã nhận, người dân còn đợi trả lời: 1",
        "• #2 người dân muốn gặp người, Xã Ninh Giang, Thành phố Hải Phòng, chị Hoa giữ, chờ 14 giờ",
        "Hôm qua: 3 yêu cầu mới, 1 trong đó đã được trả lời. Xong 1 yêu cầu, kể cả yêu cầu cũ.",
        "Một nửa được trả lời trong 12 phút làm việc.",
        "1 người chấm, trung bình 5,0 sao.",
        "Kho: 1 câu trả lời hay đang chờ quản trị viên xem.",
    ]


def test_a_quiet_day_is_said_in_two_lines(office: Office) -> None:
    lines = of_team(office, office.team("Tổ Ninh Giang"), WEDNESDAY)
    assert lines[1:] == [
        "Không có ai đang chờ.",
        "Hôm qua: 0 yêu cầu mới, 0 trong đó đã được trả lời. Xong 0 yêu cầu, kể cả yêu cầu cũ.",
    ]


def test_after_days_off_all_of_them_are_told(office: Office) -> None:
    team = office.team("Tổ Ninh Giang")
    office.ask("chi", at("2026-04-29", "08:00"))
    office.ask("an", at("2026-05-01", "20:00"))
    assert any(
        line.startswith("Từ thứ Tư 29/04 đến hôm qua: 2 yêu cầu mới") for line in of_team(office, team, "2026-05-04")
    )


def test_a_long_list_ends_with_how_many_more(office: Office) -> None:
    team = office.team("Tổ Ninh Giang")
    for number in range(13):
        office.ask(f"citizen {number}", at(WEDNESDAY, "07:00"))
    assert "• và 3 yêu cầu nữa" in of_team(office, team, WEDNESDAY)


def test_administrators_see_every_team_and_what_has_none(office: Office) -> None:
    office.ask("chi", at("2026-11-17", "08:00"))
    office.team("Tổ Ninh Giang", chat=GROUP)
    office.ask("an", at("2026-11-17", "08:00"))
    assert digest(office, ADMINS).send(at(WEDNESDAY, "07:30")) == 2
    (said,) = office.said_in(ADMINS)
    assert "Đang chờ người nhận: 2" in said
    assert "• #1 người dân muốn gặp người, Xã Ninh Giang, Thành phố Hải Phòng, Chưa có tổ nào nhận, chờ 23 giờ" in said
    assert "• Tổ Ninh Giang: 1 mới, 0 đã trả lời, xong 0" in said


@pytest.mark.parametrize(
    ("day", "clock", "sent"),
    [
        (WEDNESDAY, "07:29", 0),
        (WEDNESDAY, "07:30", 1),
        (WEDNESDAY, "11:29", 1),
        (WEDNESDAY, "11:30", 0),
        ("2026-11-21", "07:30", 0),
        ("2026-04-30", "07:30", 0),
    ],
)
def test_it_goes_out_in_the_morning_of_a_working_day(office: Office, day: str, clock: str, sent: int) -> None:
    office.team("Tổ Ninh Giang", chat=GROUP)
    office.team("Tổ không có nhóm")
    assert digest(office).tick(at(day, clock)) == sent
    assert len(office.said_in(GROUP)) == sent


def test_without_a_time_it_never_goes_out_by_itself(office: Office) -> None:
    office.team("Tổ Ninh Giang", chat=GROUP)
    assert Digest(office.bench, None).tick(at(WEDNESDAY, "07:30")) == 0


def test_it_goes_out_once_a_day_after_restarts_too(office: Office) -> None:
    office.team("Tổ Ninh Giang", chat=GROUP)
    same = digest(office, ADMINS)
    sent = [one.tick(at(WEDNESDAY, "07:30") + timedelta(seconds=5)) for one in (same, same, digest(office, ADMINS))]
    assert sent == [2, 0, 0]
    assert digest(office, ADMINS).tick(at("2026-11-19", "07:30")) == 2
    assert len(office.said_in(GROUP)) == len(office.said_in(ADMINS)) == 2


def test_of_many_replicas_one_sends_it(office: Office) -> None:
    for number in range(5):
        office.team(f"Tổ {number}", chat=f"-100{number}")
    databases = [Database(str(office.database.engine.url)) for _ in range(4)]
    sent: list[int] = []

    def replica(database: Database) -> None:
        bench = type(office.bench)(**(vars(office.bench) | {"database": database}))
        sent.append(Digest(bench, time(7, 30), ADMINS).tick(at(WEDNESDAY, "07:30")))

    threads = [Thread(target=replica, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for database in databases:
        database.close()
    assert sum(sent) == 6
    assert [len(office.said_in(chat)) for chat in (ADMINS, *(f"-100{n}" for n in range(5)))] == [1] * 6


def test_a_digest_that_could_not_be_written_goes_out_later(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.team("Tổ Ninh Giang", chat=GROUP)
    one = digest(office)
    with monkeypatch.context() as broken:
        broken.setattr(relays, "say", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            one.tick(at(WEDNESDAY, "07:30"))
    assert one.tick(at(WEDNESDAY, "07:31")) == 1


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "0 phút"), (59, "59 phút"), (60, "1 giờ"), (24 * 60 - 1, "23 giờ"), (49 * 60, "2 ngày")]
)
def test_age_in_words(minutes: int, said: str) -> None:
    assert age(timedelta(minutes=minutes)) == said


@pytest.mark.parametrize(("name", "value"), [("DESK_DIGEST_AT", "25:00"), ("DESK_ADMIN_CHAT", "@quantri")])
def test_a_wrong_setting_stops_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingError, match=name):
        read_settings()


def test_off_is_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_DIGEST_AT", "off")
    assert read_settings().digest_at is None
    monkeypatch.setenv("DESK_DIGEST_AT", "06:45")
    assert read_settings().digest_at == time(6, 45)
