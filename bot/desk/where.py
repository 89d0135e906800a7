"""Find the commune or province that a team serves, by what somebody typed."""

from __future__ import annotations

from bot.errors import AccountError
from bot.store.teams import Level
from knowledge.places.lookup import Places
from nlu.text import fold


def served(places: Places, level: Level, commune: str, province: str) -> tuple[str | None, str | None]:
    """Return (code of the commune, name of the province) of a team; raise AccountError saying what to type instead.

    commune: a name as in "xã Ninh Giang, Hải Phòng", or a code. A province's team has a province only.
    """
    if level == "tinh":
        return None, province_named(places, province)
    code = commune_named(places, commune)
    return code, places.province_of(code)


def commune_named(places: Places, text: str) -> str:
    """Return the code of the one commune that a text names."""
    text = text.strip()
    if places.known(text):
        return text
    found = places.home(text)
    if not found:
        raise AccountError(f"không có xã, phường nào tên {text!r}; viết như: xã Ninh Giang, Hải Phòng")
    if len(found) > 1:
        names = "; ".join(places.name(code) for code in found[:5])
        raise AccountError(f"{text!r} có {len(found)} nơi: {names}. Ghi rõ cả tỉnh, thành phố")
    return found[0]


def province_named(places: Places, text: str) -> str:
    """Return the full name of the province that a text names, with or without its kind."""
    wanted = fold(text.strip())
    for name in places.provinces:
        if wanted and fold(name) in (wanted, f"tinh {wanted}", f"thanh pho {wanted}"):
            return name
    raise AccountError(f"không có tỉnh, thành phố nào tên {text!r}; viết như: Hải Phòng")
