"""The desk's promises, on SQLite and, where a server is named, on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from bot.desk import words
from bot.desk.citizens import Request
from bot.desk.desk import Desk
from bot.errors import AccountError, RepeatedUpdate
from bot.store import relays, teams, tickets
from bot.store.schema import ticket as ticket_table
from bot.store.schema import ticket_event
from bot.store.topics import Topic
from tests.desk.conftest import NINH_GIANG, NOW, PLACES, Office
from tests.desk.office import blocked_until

Later = Callable[[float], datetime]


def test_a_ticket_is_shown_to_the_communes_team_with_what_was_said(office: Office) -> None:
    ticket = office.opened(guide="vneid-quen-mat-khau")
    assert ticket.team_id == office.commune.id
    (summary,) = office.said("-100")
    assert "người dân muốn gặp người" in summary
    assert "quên mật khẩu VNeID" in summary
    assert "Xã Ninh Giang, Thành phố Hải Phòng" in summary
    assert office.events(ticket) == ["opened", "routed"]


def test_all_that_was_said_before_a_team_saw_the_ticket_is_shown(office: Office, later: Later) -> None:
    with office.desk.bench.database.begin() as db:
        chat = relays.room(db, "telegram", "chi", NOW)
    ticket, _ = office.desk.citizens.open(chat, Request("asked_for_person", commune=NINH_GIANG), NOW)
    words_said = [f"câu thứ {number}" for number in range(8)]
    for number, said in enumerate(words_said):
        office.says(ticket, said, later(number / 10))
    assert office.said("-100") == []
    office.desk.clock.tick(later(3))
    assert office.said("-100")[1:] == [f"👤 {said}" for said in words_said]


def test_one_open_ticket_a_conversation(office: Office) -> None:
    first = office.opened()
    again, created = office.desk.citizens.open(first.conversation_id, Request("asked_for_person", "quên mật khẩu"), NOW)
    assert (again.id, created) == (first.id, False)
    office.desk.citizens.cancel(first.conversation_id, NOW)
    _, created = office.desk.citizens.open(first.conversation_id, Request("asked_for_person", "quên mật khẩu"), NOW)
    assert created


def test_of_a_thousand_claims_exactly_one_wins(office: Office) -> None:
    ticket = office.opened()
    with office.desk.bench.database.begin() as db:
        crowd = [
            teams.volunteer_by(db, id=teams.add_volunteer(db, NOW, name=f"bạn {n}", role="volunteer", team_id=office.commune.id))
            for n in range(40)
        ]  # fmt: skip
    won: list[int] = []

    def claim(start: int) -> None:
        for n in range(start, 1000, 20):
            who = crowd[n % len(crowd)]
            assert who is not None
            if office.desk.volunteers.claim(ticket.id, who, NOW).ok:
                won.append(who.id)

    threads = [threading.Thread(target=claim, args=(start,)) for start in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert office.now(ticket).volunteer_id == won[0]
    assert office.events(ticket).count("claimed") == 1


def test_the_citizen_learns_who_helps_and_words_go_both_ways(office: Office, later: Later) -> None:
    ticket = office.opened()
    assert office.desk.volunteers.claim(ticket.id, office.an, NOW).ok
    assert "Anh An, Tổ công nghệ số xã Ninh Giang đã nhận" in office.said("chi")[-1]
    office.says(office.now(ticket), "em bấm quên mật khẩu rồi", later(1))
    assert office.said("-100")[-1] == "👤 em bấm quên mật khẩu rồi"
    assert office.now(ticket).owed_since == NOW
    assert office.desk.volunteers.answer(ticket.id, office.an, "Bác bấm Gửi mã lại nhé", later(2)).ok
    assert office.said("chi")[-1] == "Bác bấm Gửi mã lại nhé"
    after = office.now(ticket)
    assert (after.answered_at, after.owed_since) == (later(2), None)


def test_somebody_elses_ticket_is_not_answered(office: Office) -> None:
    ticket = office.opened()
    office.desk.volunteers.claim(ticket.id, office.an, NOW)
    refused = office.desk.volunteers.answer(ticket.id, office.hoa, "chào bác", NOW)
    assert not refused.ok
    assert "Anh An đang giữ" in refused.text
    assert office.desk.volunteers.answer(ticket.id, office.binh, "chào bác", NOW).ok


def test_a_stranger_and_another_team_are_refused(office: Office) -> None:
    ticket = office.opened()
    other = office.desk.accounts.add_team("Tổ khác", "xa", NOW)
    dung, _ = office.desk.accounts.invite("anh Dũng", "volunteer", NOW, other.id)
    assert office.desk.volunteers.claim(ticket.id, dung, NOW).text == words.NO_TICKET
    office.desk.volunteers.leave(office.an.id, NOW)
    assert office.desk.volunteers.claim(ticket.id, office.an, NOW).text == words.NO_TICKET


def test_capacity_is_respected(office: Office) -> None:
    for n in range(3):
        assert office.desk.volunteers.claim(office.opened(f"chi{n}").id, office.an, NOW).ok
    full = office.desk.volunteers.claim(office.opened("chi4").id, office.an, NOW)
    assert not full.ok
    assert "3 yêu cầu" in full.text


def test_asking_for_a_secret_is_stopped_and_counted(office: Office) -> None:
    ticket = office.opened()
    office.desk.volunteers.claim(ticket.id, office.an, NOW)
    stopped = office.desk.volunteers.answer(ticket.id, office.an, "bác đọc mã OTP cho em", NOW)
    assert stopped.text == words.GUARDED["secret"]
    assert "OTP cho em" not in "".join(office.said("chi"))
    assert office.events(ticket)[-1] == "guard_stopped"


def test_notes_stay_inside(office: Office) -> None:
    ticket = office.opened()
    office.desk.volunteers.claim(ticket.id, office.an, NOW)
    before = office.said("chi")
    assert office.desk.volunteers.note(ticket.id, office.an, "bác này lớn tuổi, gọi điện thì hơn", NOW).ok
    assert office.said("chi") == before
    assert [who for who, _, _ in office.desk.citizens.transcript(ticket.conversation_id)] == []


def test_a_draft_is_sent_once_and_labelled(office: Office) -> None:
    ticket = office.opened()
    office.desk.volunteers.claim(ticket.id, office.an, NOW)
    office.says(office.now(ticket), "làm sao lấy lại", draft=("Mở VNeID, bấm Quên mật khẩu.", "vneid-quen-mat-khau"))
    office.says(
        office.now(ticket), "còn lệ phí", NOW + timedelta(seconds=1), draft=("Không mất phí.", "vneid-quen-mat-khau")
    )
    with office.desk.bench.database.begin() as db:
        first, second = relays.of_ticket(db, ticket.id)
    assert "📝 Trợ lý gợi ý:\nMở VNeID" in office.said("-100")[-2]
    assert office.desk.volunteers.use_draft(first.id, office.an, NOW).ok
    assert office.desk.volunteers.use_draft(first.id, office.an, NOW).text == words.NO_DRAFT
    assert office.said("chi")[-1] == "Mở VNeID, bấm Quên mật khẩu."
    office.desk.volunteers.answer(ticket.id, office.an, "Không mất đồng nào đâu bác", NOW, draft_of=second.id)
    with office.desk.bench.database.begin() as db:
        labels = [relay.draft_label for relay in relays.of_ticket(db, ticket.id) if relay.author == "citizen"]
    assert labels == ["sent", "edited"]


def test_the_clock_reminds_takes_back_and_passes_on(office: Office, later: Later) -> None:
    ticket = office.opened()
    tick = office.desk.clock.tick
    assert tick(later(9)) == 0
    assert [tick(later(minutes)) for minutes in (10, 11, 20, 21)] == [1, 0, 1, 0]
    assert office.desk.volunteers.claim(ticket.id, office.an, later(21)).ok
    assert [tick(later(21 + minutes)) for minutes in (10, 20, 30)] == [1, 1, 1]
    back = office.now(ticket)
    assert (back.state, back.volunteer_id, back.avoid) == ("waiting", None, [office.an.id])
    assert [tick(later(51 + minutes)) for minutes in (10, 20, 30)] == [1, 1, 1]
    up = office.now(ticket)
    assert (up.team_id, up.state) == (office.province.id, "waiting")
    assert office.events(ticket) == [
        "opened", "routed", "reminded", "reminded", "claimed", "reminded", "reminded", "taken_back", "reminded", "reminded",
        "escalated",
    ]  # fmt: skip
    assert "sang Tổ hỗ trợ Hải Phòng" in office.said("chi")[-1]


def test_the_clock_counts_minutes_of_work_only(office: Office) -> None:
    evening = NOW + timedelta(hours=10)
    ticket = office.opened(now=evening)
    assert office.desk.clock.tick(evening + timedelta(hours=10)) == 0
    assert ticket.due_at is not None
    assert ticket.due_at - NOW == timedelta(hours=22, minutes=40)


def test_a_scam_waits_for_no_opening(office: Office) -> None:
    evening = NOW + timedelta(hours=10)
    ticket = office.opened(now=evening, reason="scam")
    assert ticket.due_at == evening + timedelta(minutes=10)
    assert "KHẨN" in office.said("-100")[-1]


def test_two_clocks_do_each_thing_once(office: Office, later: Later) -> None:
    found = [office.opened(f"chi{n}") for n in range(8)]
    other = Desk(office.desk.bench, office.desk.citizens)
    threads = [
        threading.Thread(target=desk.clock.tick, args=(later(10),)) for desk in (office.desk, other) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [office.events(ticket).count("reminded") for ticket in found] == [1] * 8


def test_a_claimed_ticket_on_which_nobody_speaks_is_closed(office: Office, later: Later) -> None:
    ticket = office.opened()
    office.desk.volunteers.answer(ticket.id, office.an, "Bác thử lại nhé", NOW)
    assert office.desk.clock.tick(NOW + timedelta(hours=49)) == 1
    assert office.now(ticket).close_reason == "quiet"
    assert "Hai ngày nay" in office.said("chi")[-1]


def test_a_ticket_without_details_is_shown_after_a_while(office: Office, later: Later) -> None:
    ticket, _ = office.desk.citizens.open(office.conversation("chi"), Request("asked_for_person", "quên mật khẩu"), NOW)
    assert office.said("-100") == []
    assert office.desk.clock.tick(later(2)) == 1
    # Without a commune it goes to the highest level, who can pass it on.
    assert office.now(ticket).team_id == office.province.id


def test_transfer_needs_a_reason_and_keeps_the_author(office: Office) -> None:
    ticket = office.opened()
    office.desk.volunteers.claim(ticket.id, office.an, NOW)
    assert (
        office.desk.volunteers.transfer(ticket.id, office.an, " ", NOW, team_id=office.province.id).text
        == words.NOTE_NEEDED
    )
    assert office.desk.volunteers.transfer(ticket.id, office.an, "việc của tỉnh", NOW, team_id=office.province.id).ok
    moved = office.now(ticket)
    assert (moved.team_id, moved.state) == (office.province.id, "waiting")
    with office.desk.bench.database.begin() as db:
        last = tickets.events(db, ticket.id)[-1]
    assert (last.kind, last.volunteer_id, last.note) == ("transferred", office.an.id, "việc của tỉnh")


def test_handing_to_a_colleague(office: Office) -> None:
    ticket = office.opened()
    office.desk.volunteers.claim(ticket.id, office.an, NOW)
    assert office.desk.volunteers.transfer(ticket.id, office.an, "rành VNeID hơn", NOW, volunteer_id=office.hoa.id).ok
    assert office.now(ticket).volunteer_id == office.hoa.id
    assert "Chị Hoa" in office.said("chi")[-1]


def test_closing_asks_for_stars_and_reopening_goes_to_the_same_volunteer(office: Office, later: Later) -> None:
    ticket = office.opened()
    office.desk.volunteers.claim(ticket.id, office.an, NOW)
    assert office.desk.volunteers.close(ticket.id, office.an, "solved", later(5)).ok
    assert "Chấm từ 1" in office.said("chi")[-1]
    assert not office.desk.volunteers.close(ticket.id, office.an, "solved", later(5)).ok
    assert office.desk.citizens.rate(ticket.conversation_id, ticket.id, 4, later(6))
    assert not office.desk.citizens.rate(ticket.conversation_id, ticket.id, 9, later(6))
    assert not office.desk.citizens.rate(office.conversation("dung"), ticket.id, 1, later(6))
    again = office.desk.citizens.reopen(ticket.conversation_id, later(60))
    assert again is not None
    assert (again.id, again.state, again.volunteer_id, again.stars) == (ticket.id, "claimed", office.an.id, 4)


def test_after_a_day_it_is_a_new_ticket(office: Office) -> None:
    ticket = office.opened()
    office.desk.volunteers.claim(ticket.id, office.an, NOW)
    office.desk.volunteers.close(ticket.id, office.an, "solved", NOW)
    assert office.desk.citizens.reopen(ticket.conversation_id, NOW + timedelta(hours=25)) is None


def test_a_cancelled_ticket_is_not_gone_on_with(office: Office) -> None:
    ticket = office.opened()
    office.desk.citizens.cancel(ticket.conversation_id, NOW)
    assert office.desk.citizens.reopen(ticket.conversation_id, NOW) is None


def test_leaving_ends_rights_and_frees_what_was_held(office: Office) -> None:
    ticket = office.opened()
    office.desk.volunteers.claim(ticket.id, office.an, NOW)
    office.desk.volunteers.leave(office.an.id, NOW)
    back = office.now(ticket)
    assert (back.state, back.volunteer_id) == ("waiting", None)
    assert not office.desk.volunteers.answer(ticket.id, office.an, "chào bác", NOW).ok


def test_a_blocked_person_and_lifting_the_block(office: Office) -> None:
    ticket = office.opened()
    office.desk.volunteers.claim(ticket.id, office.an, NOW)
    assert office.desk.volunteers.block(ticket.id, office.an, 1, NOW).ok
    assert office.desk.citizens.ticket_of(ticket.conversation_id) is None
    assert blocked_until(office.desk.bench.database, ticket) == NOW + timedelta(days=1)
    assert office.desk.volunteers.unblock(ticket.id, office.an, NOW).text == words.ONLY_LEADS
    assert office.desk.volunteers.unblock(ticket.id, office.binh, NOW).ok
    assert blocked_until(office.desk.bench.database, ticket) is None


def test_an_offered_phone_is_shown_on_purpose_and_forgotten_at_the_end(office: Office) -> None:
    ticket = office.opened()
    office.desk.volunteers.claim(ticket.id, office.an, NOW)
    office.says(office.now(ticket), "gọi tôi số 0912 345 678")
    assert "0912" not in "".join(office.said("-100"))
    assert "0912345678" in office.desk.volunteers.show_phone(ticket.id, office.an, NOW).text
    assert office.events(ticket)[-1] == "phone_shown"
    office.desk.volunteers.close(ticket.id, office.an, "solved", NOW)
    with office.desk.bench.database.begin() as db:
        assert tickets.phones(db, ticket.id) == []


def test_a_phone_is_kept_nowhere_without_a_ticket(office: Office) -> None:
    ticket = office.opened()
    office.desk.citizens.cancel(ticket.conversation_id, NOW)
    office.conversation("chi")
    office.says(office.now(ticket), "số tôi 0912345678")
    with office.desk.bench.database.begin() as db:
        assert tickets.phones(db, ticket.id) == []


def test_an_update_takes_effect_once(office: Office) -> None:
    ticket = office.opened()
    office.desk.volunteers.once("telegram", "7").claim(ticket.id, office.an, NOW)
    said = office.desk.volunteers.once("telegram", "8")
    assert said.answer(ticket.id, office.an, "chào bác", NOW).ok
    with pytest.raises(RepeatedUpdate):
        said.answer(ticket.id, office.an, "chào bác", NOW)
    assert office.said("chi").count("chào bác") == 1


def test_waiting_is_told_truthfully(office: Office) -> None:
    first, second = office.opened("chi"), office.opened("dung")
    assert "Trước mình còn 1 người." in office.desk.citizens.outlook(second, NOW)
    assert "Trước mình" not in office.desk.citizens.outlook(first, NOW)
    night = NOW + timedelta(hours=12)
    assert "làm lại lúc 7 giờ 30 thứ Năm 26/11" in office.desk.citizens.outlook(first, night)
    for who in (office.an, office.hoa):
        office.desk.volunteers.duty(who, on=False)
    assert "đang bận hoặc chưa có ai trực" in office.desk.citizens.outlook(first, NOW)


def test_who_served_least_is_asked_first_and_skills_come_before(office: Office) -> None:
    for n in range(3):
        ticket = office.opened(f"chi{n}", guide=None)
        with office.desk.bench.database.begin() as db:
            turn = office.desk.bench.whose_turn(db, ticket, NOW)
        assert turn is not None
        assert turn.name == ("anh An", "chị Hoa")[n % 2]
        office.desk.volunteers.claim(ticket.id, turn, NOW)
    with office.desk.bench.database.begin() as db:
        teams.change_volunteer(db, office.an.id, skills=["vneid"])
    ticket = office.opened("chi9", guide="vneid-quen-mat-khau")
    with office.desk.bench.database.begin() as db:
        skilled = office.desk.bench.whose_turn(db, ticket, NOW)
    assert skilled is not None
    assert skilled.name == "anh An"


def test_the_roster_says_who_is_there_now(office: Office, later: Later) -> None:
    ticket = office.opened()
    with office.desk.bench.database.begin() as db:
        teams.change_volunteer(db, office.an.id, hours="T2-T6 13:30-17:00")
        morning = office.desk.bench.whose_turn(db, ticket, NOW)
        afternoon = office.desk.bench.whose_turn(db, ticket, later(5 * 60))
    assert morning
    assert afternoon
    assert (morning.name, afternoon.name) == ("chị Hoa", "anh An")


def test_neighbours_help_where_a_commune_has_no_team(office: Office) -> None:
    near = min(PLACES.neighbours(NINH_GIANG))
    assert office.opened(commune=near).team_id == office.commune.id


def test_every_ticket_has_events_that_explain_its_state(office: Office, later: Later) -> None:
    ticket = office.opened()
    office.desk.volunteers.claim(ticket.id, office.an, later(1))
    office.desk.volunteers.give_back(ticket.id, office.an, later(2))
    assert office.now(ticket).state == "returned"
    with office.desk.bench.database.begin() as db:
        moments = [row.at for row in db.execute(ticket_event.select().order_by(ticket_event.c.id))]
        open_without_clock = db.execute(
            ticket_table.select().where(ticket_table.c.state.in_(tickets.OPEN), ticket_table.c.due_at.is_(None))
        ).all()
    assert all(a <= b for a, b in pairwise(moments))
    assert open_without_clock == []


def test_accounts_have_no_defaults_and_invitations_work_once(office: Office) -> None:
    accounts = office.desk.accounts
    assert accounts.sign_in("admin", "admin", NOW) is None
    chi, token = accounts.invite("chị Chi", "volunteer", NOW, office.commune.id)
    with pytest.raises(AccountError, match="ít nhất 10"):
        accounts.accept_with_password(token, "chi", "ngan", NOW)
    accounts.accept_with_password(token, "Chi", "một câu dễ nhớ", NOW)
    with pytest.raises(AccountError, match="đã dùng"):
        accounts.accept_with_password(token, "chi2", "một câu dễ nhớ", NOW)
    assert accounts.sign_in("chi", "sai mật khẩu", NOW) is None
    session = accounts.sign_in("chi", "một câu dễ nhớ", NOW)
    assert session
    signed_in = accounts.signed_in(session, NOW)
    assert signed_in
    assert signed_in.id == chi.id
    assert accounts.signed_in(session, NOW + timedelta(days=15)) is None
    office.desk.volunteers.leave(chi.id, NOW)
    assert accounts.signed_in(session, NOW) is None


def test_a_topic_whose_making_was_not_answered_becomes_the_tickets(office: Office) -> None:
    ticket = office.opened()
    office.desk.adopt_topic(ticket.id, "-100", "7")
    office.desk.topic_introduced(ticket.id, "-100", "8")
    # Told twice, or told and answered: still the same topic, which has said what it is about.
    office.desk.adopt_topic(ticket.id, "-100", "7")
    office.desk.keep_topic(ticket.id, "-100", "7")
    assert office.desk.topic(ticket.id, "-100") == Topic("7", "8")
    assert office.dropped() == []


def test_of_two_topics_made_for_one_ticket_the_empty_one_goes(office: Office) -> None:
    first, second = office.opened("chi"), office.opened("dung")
    # Told too late: another was made meanwhile.
    office.desk.keep_topic(first.id, "-100", "9")
    office.desk.adopt_topic(first.id, "-100", "7")
    # Told while another was being made.
    office.desk.adopt_topic(second.id, "-100", "17")
    office.desk.keep_topic(second.id, "-100", "19")
    assert [office.desk.topic(ticket.id, "-100") for ticket in (first, second)] == [Topic("9", None), Topic("19", None)]
    assert office.dropped() == ["7", "17"]
