"""Which team a ticket goes to, who of it is asked first, and where it goes when nobody answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.store.teams import Team, Volunteer
from knowledge.places.lookup import Places

# From the people next door to those above them.
_LEVELS = ("to", "xa", "tinh")


def team_for(teams: Sequence[Team], commune: str | None, places: Places, waiting: Mapping[int, int]) -> Team | None:
    """Return the team for a commune: its own, a neighbour's, the province's, else any; None when there is no team.

    waiting: tickets that wait at each team; of equals the one with the fewest is taken. Without a commune the ticket
    goes to the highest level there is, who can pass it on.
    """
    here = places.province_of(commune) if commune else None
    near = places.neighbours(commune) if commune else frozenset()
    choices: list[list[Team]] = [[team for team in teams if team.level == "tinh"], list(teams)]
    if commune:
        of_commune = [[t for t in teams if t.level == level and t.commune == commune] for level in _LEVELS[:2]]
        next_door = [t for t in teams if t.level in _LEVELS[:2] and t.commune in near]
        province = [t for t in teams if t.level == "tinh" and t.province == here]
        choices = [*of_commune, next_door, province, *choices]
    best = next((some for some in choices if some), [])
    return min(best, key=lambda team: (waiting.get(team.id, 0), team.id), default=None)


def team_above(teams: Sequence[Team], team: Team, places: Places) -> Team | None:
    """Return who gets a ticket that this team left unanswered: tổ -> xã -> tỉnh; None at the top."""
    for level in _LEVELS[_LEVELS.index(team.level) + 1 :]:
        province = team.province or (places.province_of(team.commune) if team.commune else None)
        for above in teams:
            same_place = above.commune == team.commune if level == "xa" else above.province in (province, None)
            if above.level == level and same_place:
                return above
    return None


def whose_turn(
    people: Sequence[Volunteer], held: Mapping[int, int], field: str | None, avoid: Sequence[int]
) -> Volunteer | None:
    """Return who of the people on the roster is asked first: with room, skilled in the field if possible, then who served least."""
    free = [p for p in people if p.on_duty and p.left_at is None and held.get(p.id, 0) < p.capacity]
    fresh = [p for p in free if p.id not in avoid] or free
    return min(fresh, key=lambda p: (field not in p.skills, p.served, p.id), default=None)
