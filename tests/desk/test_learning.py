"""A good answer goes into the store with one tap, once; alike ones are shown together and settled together."""

from __future__ import annotations

import pytest

from bot.desk import learning, words
from bot.store import relays, suggestions
from bot.store.schema import outbox
from bot.store.suggestions import Suggestion
from bot.store.teams import Volunteer
from knowledge.embeddings import SentenceEncoder
from tests.desk.office import Office, at
from tests.fakes import HashingEncoder

MORNING = at("2026-11-17", "08:00")


def proposed(number: int, question: str, answer: str = "Dạ có ạ", guide: str | None = None) -> Suggestion:
    return Suggestion(number, number, question, answer, guide, "new", MORNING)


@pytest.fixture
def hoa(empty_office: Office) -> Volunteer:
    return empty_office.volunteer("chị Hoa", empty_office.team("Tổ Ninh Giang", chat="-1001"))


def answered(empty_office: Office, who: Volunteer, citizen: str, question: str, answer: str) -> int:
    """Let a volunteer answer a question and tap twice; return the answer's relay."""
    ticket = empty_office.ask(citizen, MORNING, question=question)
    empty_office.volunteers.answer(ticket, who, answer, MORNING)
    with empty_office.database.begin() as db:
        said = relays.of_ticket(db, ticket)[-1].id
    assert empty_office.volunteers.suggest(said, who, MORNING).ok
    assert empty_office.volunteers.suggest(said, who, MORNING).ok
    return said


def test_nothing_proposed_is_no_group() -> None:
    assert learning.grouped([], HashingEncoder()) == []


def test_one_alone_is_a_group() -> None:
    (group,) = learning.grouped([proposed(7, "quên mật khẩu")], HashingEncoder())
    assert (group.number, group.count, group.question) == (7, 1, "quên mật khẩu")


def test_alike_questions_are_one_group_the_biggest_first() -> None:
    found = [
        proposed(1, "làm khai sinh cho cháu ở đâu"),
        proposed(2, "quên mật khẩu vneid thì làm sao", "Bấm Quên mật khẩu", "vneid"),
        proposed(3, "quên mật khẩu vneid", "Bấm Quên mật khẩu", "vneid"),
        proposed(4, "tôi quên mật khẩu vneid thì làm sao", "Ra công an xã"),
        proposed(5, "????"),
        proposed(6, "!!!!"),
    ]
    groups = learning.grouped(found, HashingEncoder())
    assert [group.numbers for group in groups] == [[2, 3, 4], [1], [5], [6]]
    first = groups[0]
    assert first.question == "quên mật khẩu vneid thì làm sao"
    assert first.answers == ["Bấm Quên mật khẩu", "Ra công an xã"]
    assert first.guide == "vneid"


def test_the_shipped_encoder_tells_matters_apart() -> None:
    found = [
        proposed(1, "Bị mất sim thì lấy lại mật khẩu VNeID kiểu gì"),
        proposed(2, "Phí làm lại bằng lái xe máy bao nhiêu"),
        proposed(3, "mat sim roi lay lai mat khau vneid sao"),
        proposed(4, "lệ phí cấp lại bằng lái xe máy hết bao nhiêu tiền"),
        proposed(5, "Con sinh ở bệnh viện tỉnh khác thì khai sinh ở đâu"),
    ]
    assert [group.numbers for group in learning.grouped(found, SentenceEncoder())] == [[1, 3], [2, 4], [5]]


def test_the_same_answer_tapped_twice_counts_once(empty_office: Office, hoa: Volunteer) -> None:
    answered(empty_office, hoa, "chi", "mất sim thì sao", "Bác ra cửa hàng của nhà mạng ạ")
    with empty_office.database.begin() as db:
        (kept,) = suggestions.in_state(db)
    assert (kept.question, kept.answer) == ("mất sim thì sao", "Bác ra cửa hàng của nhà mạng ạ")


def test_an_answer_said_for_the_volunteer_carries_the_tap(empty_office: Office, hoa: Volunteer) -> None:
    said = answered(empty_office, hoa, "chi", "mất sim thì sao", "Bác ra cửa hàng của nhà mạng ạ")
    with empty_office.database.begin() as db:
        buttons = db.execute(outbox.select().where(outbox.c.relay_id == said, outbox.c.post.is_not(None))).all()
    assert [words.KEEP, f"d:keep:{said}"] in [button for row in buttons for button in row.buttons]


def test_closing_offers_the_last_answer_for_the_store(empty_office: Office, hoa: Volunteer) -> None:
    ticket = empty_office.ask("chi", MORNING)
    # Typed in the group: the message is the volunteer's own, and the bot can put no button under it.
    empty_office.volunteers.answer(ticket, hoa, "Bác ra cửa hàng của nhà mạng ạ", MORNING, group_message="55")
    empty_office.volunteers.close(ticket, hoa, "solved", MORNING)
    with empty_office.database.begin() as db:
        said = relays.by_group_message(db, ticket, "55")
        rows = [row.buttons for row in db.execute(outbox.select()) if "đóng" in row.text]
    assert said is not None
    assert [[words.KEEP, f"d:keep:{said.id}"]] in rows


def test_what_was_settled_is_not_settled_again(empty_office: Office, hoa: Volunteer) -> None:
    answered(empty_office, hoa, "chi", "mất sim thì sao", "Bác ra cửa hàng của nhà mạng ạ")
    with empty_office.database.begin() as db:
        assert learning.settle(db, [1, 99], "taken") == [1]
        assert learning.settle(db, [1], "dropped") == []
        assert [kept.id for kept in suggestions.in_state(db, "taken")] == [1]
