"""The page of canned replies."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.console.access import LEADS, Gate, Visit
from bot.console.render import PATH, page
from bot.desk import guard, words
from bot.desk.bench import Done
from bot.desk.canned import VARIABLES, fill, unknown_variables
from bot.desk.volunteers import MAX_TEXT
from bot.store import canned, teams
from bot.store.canned import CannedReply

_ADDRESS = f"{PATH}/cau-mau"
_MAX_TITLE = 80


class ReplyPages:
    """Everybody uses canned replies; leads write those of their team, administrators also those for all teams."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def routes(self) -> list[BaseRoute]:
        """Return the routes to mount at /."""
        gate = self._gate
        return [
            Route(_ADDRESS, gate.page(self.show), methods=["GET"]),
            Route(_ADDRESS, gate.action(self.save, _ADDRESS, LEADS), methods=["POST"]),
            Route(f"{_ADDRESS}/xem", gate.action(self.preview, _ADDRESS, LEADS), methods=["POST"]),
            Route(f"{_ADDRESS}/xoa", gate.action(self.delete, _ADDRESS, LEADS), methods=["POST"]),
        ]

    def show(self, visit: Visit) -> Response:
        """List the replies as citizens would read them. ?sua=…: with one of them in the form."""
        wanted = visit.request.query_params.get("sua", "")
        with visit.desk.bench.database.begin() as db:
            one = canned.get(db, int(wanted)) if wanted.isdecimal() and len(wanted) < 10 else None
        edited = one if one and _may_write(visit, one) else None
        return self._page(visit, edited or CannedReply(0, visit.who.team_id, "", ""))

    def save(self, visit: Visit) -> Response | Done:
        """Keep a new reply or a changed one; what cannot be used is refused, and stays in the form."""
        reply = self._typed(visit)
        if refused := self._refuse(visit, reply):
            return self._page(visit, reply, said=refused, status=422)
        visit.once()
        with visit.desk.bench.database.begin() as db:
            values = {"team_id": reply.team_id, "title": reply.title, "text": reply.text}
            if reply.id:
                canned.change(db, reply.id, **values)
            else:
                canned.add(db, visit.now, **values)
        return Done(True, words.SAVED)

    def preview(self, visit: Visit) -> Response:
        """Show how a reply would read, and keep nothing."""
        reply = self._typed(visit)
        refused = self._refuse(visit, reply)
        shown = "" if refused else fill(reply.text, VARIABLES)
        return self._page(visit, reply, said=refused, preview=shown, status=422 if refused else 200)

    def delete(self, visit: Visit) -> Done:
        """Forget a reply."""
        visit.once()
        with visit.desk.bench.database.begin() as db:
            reply = canned.get(db, visit.form.number("id") or 0)
            if reply is None or not _may_write(visit, reply):
                return Done(False, words.ONLY_LEADS)
            canned.delete(db, reply.id)
        return Done(True, words.DELETED)

    def _typed(self, visit: Visit) -> CannedReply:
        """Return the reply of the form; a lead's belongs to the own team, whatever was sent."""
        form = visit.form
        team_id = form.number("team") if visit.who.role == "admin" else visit.who.team_id
        return CannedReply(form.number("id") or 0, team_id or None, form.get("title"), form.get("text"))

    def _refuse(self, visit: Visit, reply: CannedReply) -> Done | None:
        if not 1 <= len(reply.title) <= _MAX_TITLE or not 1 <= len(reply.text) <= MAX_TEXT:
            return Done(False, words.CANNED_EMPTY)
        if unknown := unknown_variables(reply.text):
            names, known = (", ".join(f"{{{name}}}" for name in group) for group in (unknown, VARIABLES))
            return Done(False, words.UNKNOWN_VARIABLES.format(names=names, known=known))
        if reason := guard.refuse(reply.text):
            return Done(False, words.GUARDED[reason])
        with visit.desk.bench.database.begin() as db:
            kept = canned.get(db, reply.id) if reply.id else None
            no_team = reply.team_id is not None and teams.team_by(db, id=reply.team_id) is None
        if no_team or (reply.id and (kept is None or not _may_write(visit, kept))):
            return Done(False, words.ONLY_LEADS)
        return None

    def _page(
        self, visit: Visit, edited: CannedReply, *, said: Done | None = None, preview: str = "", status: int = 200
    ) -> Response:  # fmt: skip
        who = visit.who
        with visit.desk.bench.database.begin() as db:
            found = canned.everything(db) if who.role == "admin" else canned.of_team(db, who.team_id)
            groups = teams.all_teams(db)
        names = {team.id: team.name for team in groups}
        replies = [
            (one, names.get(one.team_id or 0, words.FOR_ALL_TEAMS), fill(one.text, VARIABLES), _may_write(visit, one))
            for one in found
        ]
        return page(
            visit.request, "replies.html", who, status, said=said, replies=replies, edited=edited, preview=preview,
            variables=VARIABLES, groups=groups if who.role == "admin" else [], max_text=MAX_TEXT, max_title=_MAX_TITLE,
        )  # fmt: skip


def _may_write(visit: Visit, reply: CannedReply) -> bool:
    who = visit.who
    return who.role == "admin" or (who.role == "lead" and reply.team_id is not None and reply.team_id == who.team_id)
