"""What became of every message and every ticket: the fake's chats and the database, compared with what people wrote."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy import text as sql_text

from bot import sentences
from bot.desk import words
from bot.store import schema
from bot.store.database import Database
from evaluation.desk.town import Said, Town, text_of
from evaluation.statistics import percentiles

_WORD = re.compile(r"zw[a-z]{7}")
_ENDS = {"closed": "closed", "cancelled": "closed", "returned": "returned", "blocked": "blocked"}
Messages = dict[int, list[dict[str, Any]]]


def check(database: Database, messages: Messages, town: Town) -> dict[str, Any]:
    """Return the counts; examples of what is not 0 stand under "examples"."""
    with database.begin() as db:
        found = _Found(db, messages, town)
        examples = {
            "messages_lost": [*found.lost_of_citizens(), *found.lost_of_volunteers()],
            "messages_doubled": found.doubled(),
            "tickets_double_claimed": found.double_claimed(),
            "tickets_unexplained": found.unexplained(),
            "guard_leaks": found.reached_citizens("probe"),
            "notes_leaked": found.reached_citizens("note"),
            "messages_astray": found.astray(),
        }
        times = found.first_answers()
    shares = percentiles(times)
    return {
        "messages_in": len(town.said),
        **{name: len(those) for name, those in examples.items()},
        "tickets": found.tickets,
        "states": found.states,
        "repeats_marked": found.marked,
        "first_answers": len(times),
        "first_answer_s_p50": shares["p50"],
        "first_answer_s_p95": shares["p95"],
        "examples": {name: those[:5] for name, those in examples.items() if those},
    }


class _Found:
    def __init__(self, db: Connection, messages: Messages, town: Town) -> None:
        self._db, self._town = db, town
        self._messages = {chat: [m for m in said if m["from"]["is_bot"]] for chat, said in messages.items()}
        # By word: where it was read, and whether that was marked as a repeat.
        self._in_groups: dict[tuple[str, int], list[bool]] = defaultdict(list)
        self._anywhere: set[str] = set()
        self._in_chats: dict[str, list[tuple[int, bool]]] = defaultdict(list)
        self.marked = 0
        for chat, one, text in self._texts():
            # To citizens it stands below the title, which is the volunteer's name.
            marked = words.REPEAT in text or sentences.REPEAT in text
            self.marked += marked
            plain = text_of({"text": text})
            for word in set(_WORD.findall(plain)):
                if chat > 0:
                    self._in_chats[word].append((chat, marked))
                elif one["from"]["is_bot"]:
                    self._anywhere.add(word)
                    if plain.startswith("👤"):
                        self._in_groups[word, chat].append(marked)
        self._events: dict[int, list[Row[Any]]] = defaultdict(list)
        for event in db.execute(select(schema.ticket_event).order_by(schema.ticket_event.c.id)):
            self._events[event.ticket_id].append(event)
        self._tickets = {row.id: row for row in db.execute(select(schema.ticket))}
        self.tickets = len(self._tickets)
        self.states = dict(Counter(row.state for row in self._tickets.values()))

    def _texts(self) -> Iterable[tuple[int, dict[str, Any], str]]:
        """Every text that ever stood in a chat; what a message said before a correction counts like a message."""
        for chat, said in self._messages.items():
            for one in said:
                for text in (*one.get("_before", ()), one.get("text") or one.get("caption") or ""):
                    yield chat, one, text

    def _written(self, kind: str) -> list[Said]:
        return [said for said in self._town.said if said.kind == kind and said.word]

    def lost_of_citizens(self) -> list[str]:
        """What a citizen said while a ticket was open and no topic ever showed."""
        inbox, turn = schema.inbox, schema.turn
        kept: dict[str, Any] = {}
        answered = select(inbox.c.text, inbox.c.conversation_id, turn.c.created_at, turn.c.latency_ms, turn.c.outcome)
        for row in self._db.execute(answered.outerjoin_from(inbox, turn, turn.c.id == inbox.c.turn_id)):
            for word in _WORD.findall(row.text):
                kept[word] = row
        open_at = self._open_times()
        lost = []
        for said in self._written("citizen"):
            answer = kept.get(said.word)
            if answer is None or answer.created_at is None:
                lost.append(f"{said.word}: never kept or never answered")
                continue
            begun = answer.created_at.timestamp()
            ended = begun + answer.latency_ms / 1000
            if not any(start < begun and ended < stop for start, stop in open_at[answer.conversation_id]):
                continue
            if said.word not in self._anywhere and not self._superseded(said):
                lost.append(f"{said.text!r}: in no topic; {answer.outcome}, {self._kept(said)}")
        # What stands in a summary alone was not carried over, but for what was said before there was a topic.
        lost += [
            f"relay {row.id} ended {row.state}: {row.error}"
            for row in self._sql(
                "SELECT relay.id, outbox.state, outbox.error FROM outbox JOIN relay ON relay.id = outbox.relay_id "
                "WHERE relay.author = 'citizen' AND outbox.state <> 'sent'"
            )
        ]
        return lost

    def _superseded(self, said: Said) -> bool:
        """Whether the citizen changed the words before any team saw them, and the team saw the new ones."""
        return any(
            later.chat == said.chat
            and later.message == said.message
            and later.at > said.at
            and later.word in self._anywhere
            for later in self._written("citizen")
        )

    def _open_times(self) -> dict[int, list[tuple[float, float]]]:
        """When each conversation had an open ticket that a team saw sooner or later."""
        spans: dict[int, list[tuple[float, float]]] = defaultdict(list)
        for number, events in self._events.items():
            if not any(event.kind == "routed" for event in events):
                continue
            start = None
            for event in events:
                if event.kind in ("opened", "reopened"):
                    start = event.at.timestamp()
                elif event.kind in _ENDS and start is not None:
                    spans[self._tickets[number].conversation_id].append((start, event.at.timestamp()))
                    start = None
            if start is not None:
                spans[self._tickets[number].conversation_id].append((start, float("inf")))
        return spans

    def lost_of_volunteers(self) -> list[str]:
        """What a volunteer wrote that neither reached the citizen nor was refused."""
        outbox, refused = schema.outbox, set()
        for row in self._db.execute(
            select(schema.conversation.c.chat, outbox.c.post).join_from(outbox, schema.conversation)
        ):
            if row.post and row.post.get("do") == "reply":
                refused.add((int(row.chat), int(row.post["reply_to"] or 0)))
        # The topic says so, with the reason.
        told = {
            (int(row.telegram_chat), int(row.group_message))
            for row in self._sql(
                "SELECT team.telegram_chat, relay.group_message FROM outbox JOIN relay ON relay.id = outbox.relay_id "
                "JOIN ticket ON ticket.id = relay.ticket_id JOIN team ON team.id = ticket.team_id "
                "WHERE outbox.state = 'failed' AND relay.author = 'volunteer' AND relay.group_message IS NOT NULL"
            )
        }
        refused |= told
        return [
            f"{said.text!r}: not in chat {said.chat}; {self._kept(said)}"
            for said in self._written("volunteer")
            if said.word not in self._in_chats and (said.group, said.message) not in refused
        ]

    def _sql(self, query: str, **values: str) -> Iterable[Row[Any]]:
        return self._db.execute(sql_text(query), values)

    def _kept(self, said: Said) -> str:
        """What the database knows of a message, for who looks for a reason."""
        rows = self._sql(
            "SELECT relay.ticket_id, relay.author, outbox.state, outbox.error, outbox.text FROM relay "
            "LEFT JOIN outbox ON outbox.relay_id = relay.id WHERE relay.text LIKE :word OR outbox.text LIKE :word",
            word=f"%{said.word}%",
        )
        return str([tuple(row) for row in rows]) + f" message {said.message}"

    def doubled(self) -> list[str]:
        """What was read twice without a mark, or stands in the database twice."""
        twice = [f"{w}: twice in group {g}" for (w, g), found in self._in_groups.items() if found.count(False) > 1]
        twice += [
            f"{word}: twice in the citizen's chat"
            for word, found in self._in_chats.items()
            if [marked for _, marked in found].count(False) > 1
        ]
        for what, sql in _TWICE.items():
            twice += [f"{what}: {tuple(row)}" for row in self._sql(sql)]
        queued = Counter(
            (row.relay_id, row.conversation_id)
            for row in self._db.execute(select(schema.outbox).where(schema.outbox.c.relay_id.is_not(None)))
            if (row.post or {}).get("do") not in ("edit", "react")
        )
        return twice + [f"queued twice for one chat: {which}" for which, count in queued.items() if count > 1]

    def reached_citizens(self, kind: str) -> list[str]:
        """What no citizen may read and one did."""
        return [said.text for said in self._written(kind) if said.word in self._in_chats]

    def astray(self) -> list[str]:
        """What reached another citizen than the one whom it was for."""
        return [
            f"{said.word}: for {said.chat}, read by {chat}"
            for said in self._written("volunteer")
            for chat, _ in self._in_chats.get(said.word, ())
            if said.chat and chat != said.chat
        ]

    def double_claimed(self) -> list[str]:
        """Tickets that were claimed while somebody held them."""
        return [f"#{number}: {' '.join(path)}" for number, path, wrong in self._replayed() if wrong == "claimed"]

    def unexplained(self) -> list[str]:
        """Tickets whose state does not follow from their events, or that nobody would ever be reminded of."""
        said = [
            f"#{n}: {wrong}; {' '.join(path)}" for n, path, wrong in self._replayed() if wrong and wrong != "claimed"
        ]
        for number, ticket in self._tickets.items():
            opened = ticket.state in ("waiting", "claimed")
            if opened and ticket.due_at is None:
                said.append(f"#{number}: open and no clock")
            if (ticket.volunteer_id is None) != (ticket.state == "waiting") and opened:
                said.append(f"#{number}: {ticket.state} with volunteer {ticket.volunteer_id}")
            if not opened and (ticket.closed_at is None or not ticket.close_reason):
                said.append(f"#{number}: ended and nobody knows when or why")
        return said

    def _replayed(self) -> Iterable[tuple[int, list[str], str]]:
        """For each ticket: its events, and what is wrong with them; empty when nothing is."""
        for number, ticket in self._tickets.items():
            path = [event.kind for event in self._events[number]]
            yield number, path, _replay(self._events[number], ticket.state)

    def first_answers(self) -> list[float]:
        """Seconds from each citizen's first request to the first word of a volunteer."""
        names = tuple(f"{name}\n" for name in self._town.people)
        times = []
        asked: dict[int, float] = {}
        for said in self._town.said:
            if said.kind == "request":
                asked.setdefault(said.chat, said.at)
        for chat, at in asked.items():
            heard = [m["_at"] for m in self._messages.get(chat, ()) if text_of(m).startswith(names)]
            if heard:
                times.append(min(heard) - at)
        return times


_TWICE = {
    "a volunteer's message kept twice": (
        "SELECT ticket_id, group_message, volunteer_id FROM relay WHERE author = 'volunteer' AND group_message IS NOT NULL "
        "GROUP BY ticket_id, group_message, volunteer_id HAVING count(*) > 1"
    ),
    "a citizen's message kept twice": "SELECT inbox_id FROM relay WHERE inbox_id IS NOT NULL GROUP BY inbox_id HAVING count(*) > 1",
    "a draft sent twice": (
        "SELECT asked.id FROM relay AS asked JOIN relay AS answer ON answer.reply_to = asked.id "
        "WHERE answer.author = 'volunteer' AND answer.text = asked.draft GROUP BY asked.id HAVING count(*) > 1"
    ),
    "one citizen with two open tickets": (
        "SELECT conversation_id FROM ticket WHERE state IN ('waiting', 'claimed') GROUP BY conversation_id HAVING count(*) > 1"
    ),
    "an update with two turns": "SELECT channel, update_id FROM inbox GROUP BY channel, update_id HAVING count(*) > 1",
}  # fmt: skip


def _replay(events: list[Row[Any]], state: str) -> str:
    now, team = "", None
    for event in events:
        kind = event.kind
        is_open = now in ("waiting", "claimed", "open")
        if kind == "opened":
            if now:
                return "opened twice"
            now = "waiting"
        elif kind == "claimed":
            if now == "claimed":
                return "claimed"
            if not is_open:
                return f"claimed while {now or 'not there'}"
            now = "claimed"
        elif kind in ("routed", "escalated", "transferred", "taken_back", "left"):
            if not is_open:
                return f"{kind} while {now or 'not there'}"
            # Inside a team a ticket is handed to a person, who holds it.
            now = "claimed" if kind == "transferred" and event.team_id == team else "waiting"
        elif kind in _ENDS:
            if not is_open:
                return f"{kind} while {now or 'not there'}"
            now = _ENDS[kind]
        elif kind == "reopened":
            if is_open:
                return "reopened while open"
            # The same volunteer holds it when on duty, else it waits; the ticket says which.
            now = "open"
        if event.team_id is not None and kind != "claimed":
            team = event.team_id
    if now == state or (now == "open" and state in ("waiting", "claimed")):
        return ""
    return f"{state}, though its events say {now}"
