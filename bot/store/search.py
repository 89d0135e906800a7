"""Find tickets by what was said, whatever its diacritics; every function works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Connection, case, exists, or_, select

from bot.store.schema import relay, ticket

# Longest number that a ticket's may be compared with.
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Names:
    """Which guides and communes have all these words in their names; asked with folded words."""

    guides: Callable[[str], Collection[str]]
    communes: Callable[[str], Collection[str]]


def in_use(db: Connection) -> tuple[list[str], list[str]]:
    """Return the ids of all guides and the codes of all communes that tickets are about."""
    guides, communes = (
        list(db.execute(select(column).where(column.is_not(None)).distinct()).scalars())
        for column in (ticket.c.guide, ticket.c.commune)
    )
    return guides, communes


def find(db: Connection, words: Sequence[str], names: Names, *, team_id: int | None, limit: int) -> list[int]:
    """Return the numbers of the tickets that hold all words, each anywhere: in what was said or in a name.

    First the ticket with this number, then those that hold the words side by side, the newest first.
    words: folded, at least one. team_id None: of all teams.
    """
    if db.dialect.name == "postgresql":
        # It takes this query for a costly one and compiles it: a second of work to save some milliseconds.
        db.exec_driver_sql("SET LOCAL jit = off")
    phrase = " ".join(words)
    number = int(phrase) if phrase.isdecimal() and len(phrase) <= _DIGITS else 0
    wanted = [or_(ticket.c.id == number, _holds(word, names)) for word in words]
    if team_id is not None:
        wanted.append(ticket.c.team_id == team_id)
    rank = case((ticket.c.id == number, 0), (_holds(phrase, names), 1), else_=2)
    query = select(ticket.c.id).where(*wanted).order_by(rank, ticket.c.id.desc()).limit(limit)
    return list(db.execute(query).scalars())


def _holds(words: str, names: Names) -> ColumnElement[bool]:
    return or_(
        _whole(ticket.c.folded, words),
        exists().where(relay.c.ticket_id == ticket.c.id, _whole(relay.c.folded, words)),
        ticket.c.guide.in_(names.guides(words)),
        ticket.c.commune.in_(names.communes(words)),
    )


def _whole(folded: Column[str], words: str) -> ColumnElement[bool]:
    # Syllables are short: "an" must not find "khan".
    return (" " + folded + " ").contains(f" {words} ")
