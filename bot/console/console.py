"""The desk's pages as one thing: all routes below /ban."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from bot.console.access import Gate
from bot.console.files import FilePages
from bot.console.home import HomePages
from bot.console.live import Live
from bot.console.people import PeoplePages
from bot.console.render import PATH
from bot.console.replies import ReplyPages
from bot.console.search import SearchPages
from bot.console.signing import SigningPages
from bot.console.ticket import TicketPages
from bot.desk.desk import Desk
from bot.files import Files

STATIC = Path(__file__).with_name("static")


class Console:
    """Where volunteers without Telegram do all their work, and administrators theirs."""

    def __init__(
        self, desk: Desk, public_url: str, *, files: Files | None = None, bot_name: Callable[[], str] = str,
        ending: Callable[[], bool] = bool,
    ) -> None:  # fmt: skip
        """files: where what people sent can be had. bot_name: the Telegram bot's user name, empty without one.

        ending: whether the service is stopping.
        """
        gate = Gate(desk)
        self._parts = (
            HomePages(gate), SearchPages(gate), TicketPages(gate, files is not None), FilePages(gate, files), ReplyPages(gate), PeoplePages(gate, public_url, bot_name),
            SigningPages(desk, gate, bot_name), Live(desk, ending),
        )  # fmt: skip

    def routes(self) -> list[BaseRoute]:
        """Return the routes to mount at /."""
        return [
            *(route for part in self._parts for route in part.routes()),
            Mount(f"{PATH}/static", StaticFiles(directory=STATIC)),
        ]
