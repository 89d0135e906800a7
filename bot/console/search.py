"""The page that finds tickets."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.console.access import Gate, Visit
from bot.console.home import rows
from bot.console.render import PATH, page
from bot.desk.search import find

_SHOWN = 30
MAX_TEXT = 200


class SearchPages:
    """Tickets by number, words, letter or commune, among those that one may see."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def routes(self) -> list[BaseRoute]:
        """Return the routes to mount at /."""
        return [Route(f"{PATH}/tim", self._gate.page(self.show), methods=["GET"])]

    def show(self, visit: Visit) -> Response:
        """?q=…: what is looked for."""
        text = visit.request.query_params.get("q", "").strip()[:MAX_TEXT]
        bench = visit.desk.bench
        with bench.database.begin() as db:
            found = find(db, bench, visit.who, text, _SHOWN + 1)
            shown = rows(db, bench, [one.ticket for one in found[:_SHOWN]])
        return page(
            visit.request, "search.html", visit.who, text=text, hits=list(zip(shown, found, strict=False)),
            more=len(found) > _SHOWN, several_teams=visit.who.sees_team is None,
        )  # fmt: skip
