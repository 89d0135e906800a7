"""The whole turn as a list that reads like a sentence."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import structlog

from bot import sentences
from bot.conversation.steps.check_reply import check_reply
from bot.conversation.steps.consult_records import consult_records
from bot.conversation.steps.decide import decide
from bot.conversation.steps.find_place import find_place
from bot.conversation.steps.obey_commands import obey_commands
from bot.conversation.steps.pass_to_volunteer import carry_after_error, hand_over, pass_to_volunteer, record
from bot.conversation.steps.retrieve import retrieve
from bot.conversation.steps.shield import shield
from bot.conversation.steps.understand import understand
from bot.conversation.turn import Actions, Step, Turn
from bot.messages import Button, Reply

log = structlog.get_logger(__name__)
T = TypeVar("T")
STEPS: tuple[Step, ...] = (
    pass_to_volunteer, obey_commands, shield, find_place, understand, retrieve, decide, consult_records,
)  # fmt: skip


class Router:
    """Runs the steps on a turn; a step names the action to take, or returns None to go on.

    actions: what the bot can do, by name; handed in by bot.app so that this package need not know them.
    """

    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    def answer(self, turn: Turn) -> tuple[Reply, str | None]:
        """Return (reply, error id or None); never raises. Each step's time goes into turn.steps_ms."""
        try:
            name = self._choose(turn)
            if turn.for_volunteer:
                return self._timed(turn, "hand_over", lambda: hand_over(turn, name, self._actions)), None
            reply = self._timed(turn, "act", lambda: self._actions[name](turn))
            reply = self._timed(turn, "check_reply", lambda: check_reply(turn, reply))
            record(turn, name)
        except Exception:
            # The one catch-all: whatever went wrong, the citizen gets an apology and the log gets a number to find it by.
            error_id = secrets.token_hex(4)
            log.exception("turn_failed", error_id=error_id, conversation=turn.conversation_id)
            if carry_after_error(turn):
                return Reply("handed_over_relayed", ""), error_id
            person = Button(sentences.PERSON, "person")
            return Reply(
                "error_internal", sentences.INTERNAL_ERROR.format(error_id=error_id), buttons=(person,)
            ), error_id
        turn.context.remember(reply)
        return reply, None

    def _choose(self, turn: Turn) -> str:
        for step in STEPS:
            name = self._timed(turn, step.__name__, partial(step, turn))
            if name is not None:
                return name
        raise AssertionError("consult_records always names an action")

    @staticmethod
    def _timed(turn: Turn, name: str, call: Callable[[], T]) -> T:
        started = time.perf_counter()
        try:
            return call()
        finally:
            turn.steps_ms[name] = round((time.perf_counter() - started) * 1000, 3)
