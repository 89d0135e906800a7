"""Find tickets for a volunteer: by number, words, the citizen's letter or commune, with or without diacritics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from bot.desk.bench import Bench
from bot.store import relays, search, tickets
from bot.store.search import Names
from bot.store.teams import Volunteer
from bot.store.tickets import Ticket
from nlu.text import fold

# More words than anybody types; each costs time.
_MAX_WORDS = 12
_EXCERPT_LENGTH = 110
# So many words stand before the first one that was looked for.
_WORDS_BEFORE = 4


@dataclass(frozen=True, slots=True)
class Found:
    """A ticket and where in it the words stand: (word, whether it was looked for), empty when only names hold them."""

    ticket: Ticket
    excerpt: tuple[tuple[str, bool], ...]


def find(db: Connection, bench: Bench, who: Volunteer, text: str, limit: int) -> list[Found]:
    """Return the tickets this person may see that hold all words of a text, best first; none for a text without words."""
    words = fold(text).split()[:_MAX_WORDS]
    if not words:
        return []
    guides, communes = search.in_use(db)
    names = Names(
        _named({guide: bench.title_of(guide) or "" for guide in guides}),
        _named({code: bench.places.name(code) for code in communes if bench.places.known(code)}),
    )
    found = [tickets.get(db, number) for number in search.find(db, words, names, team_id=who.sees_team, limit=limit)]
    return [Found(ticket, _excerpt(db, ticket, words)) for ticket in found if ticket]


def _named(names: dict[str, str]) -> Callable[[str], list[str]]:
    padded = {code: f" {fold(name)} " for code, name in names.items()}
    return lambda words: [code for code, name in padded.items() if f" {words} " in name]


def _excerpt(db: Connection, ticket: Ticket, words: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    """Return the beginning of the line that holds the most of the words, from shortly before the first of them."""
    before = relays.before_ticket(db, ticket.conversation_id, ticket.created_at, limit=20)
    said = [*(line.question for line in before), ticket.question, *(r.text for r in relays.of_ticket(db, ticket.id))]
    phrase = " ".join(words)

    def fits(line: str) -> tuple[bool, int]:
        folded = f" {fold(line)} "
        return f" {phrase} " in folded, sum(f" {word} " in folded for word in words)

    best = max((line for text in said for line in text.splitlines()), key=fits, default="")
    marked = [(word, bool(set(fold(word).split()) & set(words))) for word in best.split()]
    hits = [number for number, (_, hit) in enumerate(marked) if hit]
    if not hits:
        return ()
    start = max(hits[0] - _WORDS_BEFORE, 0)
    shown = [("…", False)] if start else []
    length = 0
    for word, hit in marked[start:]:
        length += len(word) + 1
        if length > _EXCERPT_LENGTH:
            return (*shown, ("…", False))
        shown.append((word, hit))
    return tuple(shown)
