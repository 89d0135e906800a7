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


def digest(empty_office: Office, admin_chat: str = "") -> Digest:
    return Digest(empty_office.bench, time(7, 30), admin_chat)


def of_team(empty_office: Office, number: int, day: str, clock: str = "07:30") -> list[str]:
    return digest(empty_office).texts(at(day, clock))[number - 1].splitlines()


def test_who_waits_comes_first_and_numbers_last(empty_office: Office) -> None:
    team = empty_office.team("Tổ Ninh Giang", chat=GROUP)
    hoa = empty_office.volunteer("chị Hoa", team)
    day = "2026-11-17"
    answered = empty_office.ask("an", at(day, "08:00"))
    empty_office.volunteers.answer(answered, hoa, "Dạ em đây", at(day, "08:12"))
    empty_office.volunteers.close(answered, hoa, "solved", at(day, "09:00"))
    empty_office.rate("an", answered, 5, at(day, "09:01"))
    with empty_office.database.begin() as db:
        suggestions.add(db, at(day, "09:02"), ticket_id=answered, volunteer_id=hoa.id, question="a", answer="b")
    held = empty_office.ask("binh", at(day, "16:50"))
    empty_office.volunteers.claim(held, hoa, at(day, "16:55"))
    empty_office.ask("chi", at(day, "17:30"), guide="khai-sinh", commune=None)
    scam = empty_office.ask("dung", at(WEDNESDAY, "07:00"), "scam")
    with empty_office.database.begin() as db:
        relays.add(db, scam, "citizen", at(WEDNESDAY, "07:01"), text="tôi là Nguyễn Văn Dũng")
    assert of_team(empty_office, team, WEDNESDAY) == [
        "☀️ Tổ Ninh Giang, thứ Tư 18/11",
        "Đang chờ người nhận: 2",
        "• #4 🔴 có thể đang bị lừa đảo, Xã Ninh Giang, Thành phố Hải Phòng, chờ 30 phút",
        "• #3 Đăng ký khai sinh, chờ 14 giờ",
        "Đã nhận, người dân còn đợi trả lời: 1",
        "• #2 người dân muốn gặp người, Xã Ninh Giang, Thành phố Hải Phòng, chị Hoa giữ, chờ 14 giờ",
        "Hôm qua: 3 yêu cầu mới, 1 trong đó đã được trả lời. Xong 1 yêu cầu, kể cả yêu cầu cũ.",
        "Một nửa được trả lời trong 12 phút làm việc.",
        "1 người chấm, trung bình 5,0 sao.",
        "Kho: 1 câu trả lời hay đang chờ quản trị viên xem.",
    ]


def test_a_quiet_day_is_said_in_two_lines(empty_office: Office) -> None:
    lines = of_team(empty_office, empty_office.team("Tổ Ninh Giang"), WEDNESDAY)
    assert lines[1:] == [
        "Không có ai đang chờ.",
        "Hôm qua: 0 yêu cầu mới, 0 trong đó đã được trả lời. Xong 0 yêu cầu, kể cả yêu cầu cũ.",
    ]


def test_after_days_off_all_of_them_are_told(empty_office: Office) -> None:
    team = empty_office.team("Tổ Ninh Giang")
    empty_office.ask("chi", at("2026-04-29", "08:00"))
    empty_office.ask("an", at("2026-05-01", "20:00"))
    assert any(
        line.startswith("Từ thứ Tư 29/04 đến hôm qua: 2 yêu cầu mới")
        for line in of_team(empty_office, team, "2026-05-04")
    )


def test_a_long_list_ends_with_how_many_more(empty_office: Office) -> None:
    team = empty_office.team("Tổ Ninh Giang")
    for number in range(13):
        empty_office.ask(f"citizen {number}", at(WEDNESDAY, "07:00"))
    assert "• và 3 yêu cầu nữa" in of_team(empty_office, team, WEDNESDAY)


def test_administrators_see_every_team_and_what_has_none(empty_office: Office) -> None:
    empty_office.ask("chi", at("2026-11-17", "08:00"))
    empty_office.team("Tổ Ninh Giang", chat=GROUP)
    empty_office.ask("an", at("2026-11-17", "08:00"))
    assert digest(empty_office, ADMINS).send(at(WEDNESDAY, "07:30")) == 2
    (said,) = empty_office.said_in(ADMINS)
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
def test_it_goes_out_in_the_morning_of_a_working_day(empty_office: Office, day: str, clock: str, sent: int) -> None:
    empty_office.team("Tổ Ninh Giang", chat=GROUP)
    empty_office.team("Tổ không có nhóm")
    assert digest(empty_office).tick(at(day, clock)) == sent
    assert len(empty_office.said_in(GROUP)) == sent


def test_without_a_time_it_never_goes_out_by_itself(empty_office: Office) -> None:
    empty_office.team("Tổ Ninh Giang", chat=GROUP)
    assert Digest(empty_office.bench, None).tick(at(WEDNESDAY, "07:30")) == 0


def test_it_goes_out_once_a_day_after_restarts_too(empty_office: Office) -> None:
    empty_office.team("Tổ Ninh Giang", chat=GROUP)
    same = digest(empty_office, ADMINS)
    sent = [
        one.tick(at(WEDNESDAY, "07:30") + timedelta(seconds=5)) for one in (same, same, digest(empty_office, ADMINS))
    ]
    assert sent == [2, 0, 0]
    assert digest(empty_office, ADMINS).tick(at("2026-11-19", "07:30")) == 2
    assert len(empty_office.said_in(GROUP)) == len(empty_office.said_in(ADMINS)) == 2


def test_of_many_replicas_one_sends_it(empty_office: Office) -> None:
    for number in range(5):
        empty_office.team(f"Tổ {number}", chat=f"-100{number}")
    databases = [Database(str(empty_office.database.engine.url)) for _ in range(4)]
    sent: list[int] = []

    def replica(database: Database) -> None:
        bench = type(empty_office.bench)(**(vars(empty_office.bench) | {"database": database}))
        sent.append(Digest(bench, time(7, 30), ADMINS).tick(at(WEDNESDAY, "07:30")))

    threads = [Thread(target=replica, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for database in databases:
        database.close()
    assert sum(sent) == 6
    assert [len(empty_office.said_in(chat)) for chat in (ADMINS, *(f"-100{n}" for n in range(5)))] == [1] * 6


def test_a_digest_that_could_not_be_written_goes_out_later(
    empty_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty_office.team("Tổ Ninh Giang", chat=GROUP)
    one = digest(empty_office)
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
