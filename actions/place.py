"""Tell what an old commune, district or province has become, and keep which commune is the citizen's own."""

from __future__ import annotations

from bot import sentences
from bot.conversation.turn import Turn
from bot.messages import Button, Reply
from knowledge.places.lookup import SOURCE, OldPlace

# More buttons than this are a list that nobody reads; then we ask for the district.
_MAX_BUTTONS = 4
_MAX_NAMES = 12


def tell_new_place(turn: Turn) -> Reply:
    """Name the new commune, or ask which of several places is meant."""
    assert turn.found is not None
    places = turn.found.places
    if not turn.found.exact:
        return _of_district(turn, places)
    if len(places) > 1:
        return _which(turn, places)
    name, codes = turn.services.places.name, places[0].new
    said = " hoặc ".join(name(code) for code in codes)
    wording = sentences.PLACE_NOW if len(codes) == 1 else sentences.PLACE_DIVIDED
    mine = [Button(sentences.PLACE_MINE, f"m:{codes[0]}")] if len(codes) == 1 else []
    if len(codes) > 1:
        mine = [Button(f"Mình ở {name(code).partition(',')[0]}", f"m:{code}") for code in codes[:_MAX_BUTTONS]]
    return Reply(
        "answered_place",
        f"{wording.format(old=places[0].name, new=said)}\n{sentences.PLACE_SOURCE.format(source=SOURCE)}",
        buttons=tuple(mine),
    )


def show_commune(turn: Turn) -> Reply:
    """Say which commune we keep, and how to change it."""
    places, code = turn.services.places, turn.context.commune
    if not places.known(code):
        return Reply("answered_commune", sentences.COMMUNE_UNKNOWN)
    return Reply("answered_commune", sentences.COMMUNE_SHOWN.format(name=places.name(code)))


def _which(turn: Turn, places: tuple[OldPlace, ...]) -> Reply:
    turn.context.place = turn.text
    if len(places) > _MAX_BUTTONS:
        return Reply("asked_back_place", sentences.PLACE_WHERE.format(name=places[0].ward, count=len(places)))
    buttons = tuple(Button(place.name, f"o:{place.number}") for place in places)
    return Reply("asked_back_place", sentences.PLACE_WHICH, buttons=buttons)


def _of_district(turn: Turn, places: tuple[OldPlace, ...]) -> Reply:
    turn.context.place = turn.text
    name = turn.services.places.name
    provinces = sorted({name(code).partition(", ")[2] for place in places for code in place.new})
    districts = {(place.district, place.province) for place in places}
    if len(districts) == 1:
        wards = sorted({name(code) for place in places for code in place.new})
        new = ", ".join(ward.partition(",")[0] for ward in wards[:_MAX_NAMES])
        if len(wards) > _MAX_NAMES:
            new += sentences.PLACE_MORE.format(count=len(wards) - _MAX_NAMES)
        new += f" ({', '.join(provinces)})"
        text = sentences.PLACE_DISTRICT.format(old=f"{places[0].district}, {places[0].province}", new=new)
    elif len({place.province for place in places}) == 1:
        text = sentences.PLACE_PROVINCE.format(old=places[0].province, new=" và ".join(provinces))
    else:
        return Reply("asked_back_place", sentences.PLACE_WHERE.format(name=places[0].district, count=len(districts)))
    return Reply("answered_place", f"{text}\n{sentences.PLACE_SOURCE.format(source=SOURCE)}")
