"""What several replicas do to one ticket at the same moment happens in some order, never at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from bot.desk.citizens import Request
from tests.desk.conftest import NINH_GIANG, NOW, Office

Later = Callable[[float], datetime]
_ENDS = {"closed", "cancelled", "returned", "blocked"}
# Two that look before either writes meet in about every third round.
_ROUNDS = 12


def at_once(*deeds: Callable[[], object]) -> None:
    """Do all of it at the same moment; raises what one of them raised."""
    start = threading.Barrier(len(deeds))

    def do(deed: Callable[[], object]) -> None:
        start.wait()
        deed()

    with ThreadPoolExecutor(len(deeds)) as pool:
        list(pool.map(do, deeds))


def test_a_ticket_ends_once(office: Office, later: Later) -> None:
    desk = office.desk
    for number in range(_ROUNDS):
        ticket = office.opened(f"chi-{number}")
        assert desk.volunteers.claim(ticket.id, office.an, NOW).ok
        at_once(
            lambda ticket=ticket: desk.volunteers.close(ticket.id, office.an, "solved", later(1)),
            lambda ticket=ticket: desk.volunteers.give_back(ticket.id, office.an, later(1)),
            lambda ticket=ticket: desk.volunteers.block(ticket.id, office.binh, 1, later(1)),
            lambda ticket=ticket: desk.citizens.cancel(ticket.conversation_id, later(1)),
            lambda: desk.clock.tick(later(11)),
        )
        happened = office.events(ticket)
        assert [kind for kind in happened if kind in _ENDS] == happened[-1:]
        assert office.now(ticket).state == {"cancelled": "closed"}.get(happened[-1], happened[-1])


def test_a_ticket_is_shown_to_its_team_once(office: Office, later: Later) -> None:
    desk = office.desk
    for number in range(_ROUNDS):
        chat = office.conversation(f"chi-{number}")
        ticket, _ = desk.citizens.open(chat, Request("asked_for_person", "quên mật khẩu", commune=NINH_GIANG), NOW)
        at_once(
            lambda ticket=ticket: desk.citizens.route(ticket.id, later(2)),
            lambda ticket=ticket: desk.citizens.hurry(ticket.id, later(2)),
            lambda: desk.clock.tick(later(3)),
        )
        assert office.events(ticket).count("routed") == 1
        assert sum(text.count(f"Yêu cầu #{ticket.id}\n") for text in office.said("-100")) == 1


def test_who_leaves_holds_nothing_that_was_claimed_at_the_same_moment(office: Office) -> None:
    desk = office.desk
    for number in range(_ROUNDS):
        leaver, _ = desk.accounts.invite(f"bạn {number}", "volunteer", NOW, office.commune.id)
        ticket = office.opened(f"chi-{number}")
        at_once(
            lambda ticket=ticket, leaver=leaver: desk.volunteers.claim(ticket.id, leaver, NOW),
            lambda leaver=leaver: desk.volunteers.leave(leaver.id, NOW),
        )
        assert office.now(ticket).state == "waiting"


def test_one_citizens_words_and_a_block_do_not_wait_for_each_other(office: Office) -> None:
    desk = office.desk
    for number in range(_ROUNDS):
        ticket = office.opened(f"chi-{number}")
        assert desk.volunteers.claim(ticket.id, office.an, NOW).ok
        at_once(
            lambda ticket=ticket, number=number: office.says(ticket, f"câu {number}"),
            lambda ticket=ticket: desk.volunteers.block(ticket.id, office.binh, 1, NOW),
        )
        assert office.now(ticket).state == "blocked"
        assert office.said("-100").count(f"👤 câu {number}") == 1
