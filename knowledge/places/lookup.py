"""Which commune an old one has become, by the names people go on using: "phường võ thị sáu quận 3 giờ là phường nào".

units.json.gz holds the units of the reform of 1 July 2025 (34 provinces, 3,321 communes) and the 10,040 old communes
with what became of each, from vietnamadminunits 1.0.4 (MIT, see LICENSE here) with four targets added that it lacks.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from nlu.text import expand, fold, has_marks, nfc

UNITS = Path(__file__).with_name("units.json.gz")
SOURCE = "danh mục đơn vị hành chính có hiệu lực từ 01/07/2025 (dữ liệu vietnamadminunits, giấy phép MIT)"
# What stands around a place in an answer to "where do you live". Folded.
_AROUND_A_PLACE = frozenset(
    "da em o toi tui minh chau bac nha ben tinh thanh pho huyen quan thon ap khu to xom thi xa tran phuong a nhe nha cu".split()  # noqa: SIM905 - as in a sentence
)
# "thôn Đông, Ninh Giang, Hải Phòng": one word more is still only a place.
_OTHER_WORDS = 1
_KINDS = ("thanh pho", "thi tran", "thi xa", "dac khu", "phuong", "quan", "huyen", "tinh", "xa")
# How people shorten the names of kinds and places. Folded.
_SHORT = {
    "p": "phuong", "f": "phuong", "q": "quan", "h": "huyen", "tx": "thi xa", "tt": "thi tran", "tp": "thanh pho",
    "tphcm": "ho chi minh", "hcm": "ho chi minh", "sg": "ho chi minh", "hn": "ha noi",
}  # fmt: skip
# "q3", "p.12": a kind and its number written together.
_NUMBERED = re.compile(r"\b([pqf])\.?(?=\d)")
# "X cũ giờ là xã nào", "X sáp nhập vào đâu", "X nay thuộc phường gì", "tên mới của X". Folded text.
_ASKS = re.compile(
    r"\b(?:gio|nay|hien nay|bay gio|hien gio) (?:la|thanh|thuoc|ve|doi|goi|nhap|ten)\b.*\b(?:nao|gi|dau|mo|chi)\b"
    r"|\b(?:sap nhap|sat nhap|nhap) (?:vao|voi|thanh|ve)\b.*\b(?:nao|gi|dau|mo|chi)\b"
    r"|\bdoi (?:ten|thanh)\b.*\b(?:xa|phuong) (?:nao|gi|mo|chi)\b"
    r"|\bcu\b.*\b(?:xa|phuong|tinh) (?:nao|gi|mo|chi)\b|\bten moi\b.*\b(?:cu|sap nhap|sat nhap)\b"
)


@dataclass(frozen=True, slots=True)
class OldPlace:
    """An old commune; new holds the codes of the communes it went to, several when it was divided.

    number is its position in units.json.gz, for buttons. ward is empty for an island district without communes.
    """

    number: int
    ward: str
    district: str
    province: str
    new: tuple[str, ...]

    @property
    def name(self) -> str:
        """The full old name: "Phường Võ Thị Sáu, Quận 3, Thành phố Hồ Chí Minh"."""
        return ", ".join(part for part in (self.ward, self.district, self.province) if part)


@dataclass(frozen=True, slots=True)
class Found:
    """What a message names. places: the old communes that fit equally well; exact: whether a commune was named at all."""

    places: tuple[OldPlace, ...]
    exact: bool


class Places:
    """Look-up by folded names; safe to share between threads."""

    def __init__(self, path: Path = UNITS) -> None:
        data = json.loads(gzip.decompress(path.read_bytes()))
        self._provinces: dict[str, str] = data["provinces"]
        self._wards: dict[str, list[str]] = data["wards"]
        self._by_ward: dict[str, list[OldPlace]] = defaultdict(list)
        self._by_district: dict[str, list[OldPlace]] = defaultdict(list)
        self._by_province: dict[str, list[OldPlace]] = defaultdict(list)
        self.old: list[OldPlace] = []
        for number, (ward, district, province, new) in enumerate(data["old"]):
            place = OldPlace(number, ward or "", district, province, tuple(new))
            self.old.append(place)
            if ward:
                self._by_ward[_core(ward)].append(place)
            self._by_district[_core(district)].append(place)
            self._by_province[_core(province)].append(place)
        self._longest = max(len(key.split()) for key in self._by_ward)
        self._present: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for code, (name, province) in self._wards.items():
            self._present[_core(name)].append((code, name.partition(" ")[2], self._provinces[province]))

    @property
    def provinces(self) -> tuple[str, ...]:
        """The full names of the present provinces, in alphabetical order."""
        return tuple(sorted(self._provinces.values()))

    def known(self, code: str) -> bool:
        """Tell whether a present commune has this code."""
        return code in self._wards

    def name(self, code: str) -> str:
        """Return the full name of a present commune: "Phường Xuân Hòa, Thành phố Hồ Chí Minh"."""
        ward, province = self._wards[code]
        return f"{ward}, {self._provinces[province]}"

    def province_of(self, code: str) -> str | None:
        """Return the name of the province of a present commune, or None for an unknown code."""
        ward = self._wards.get(code)
        return self._provinces[ward[1]] if ward else None

    def neighbours(self, code: str) -> frozenset[str]:
        """Return the communes made from the same old districts; we know no map, and those lie side by side."""
        districts = {(place.district, place.province) for place in self.old if code in place.new}
        return frozenset(
            new for place in self.old if (place.district, place.province) in districts for new in place.new
        ) - {code}

    def home(self, text: str) -> tuple[str, ...]:
        """Return the present communes that an answer to "where do you live" may name, by new names or old ones.

        Empty when it names none. The kind may be left out, "dạ em ở ninh giang hải phòng", but then hardly anything else
        may be said: names of communes are made of everyday words, as La Gi is of "là gì".
        """
        words = _words(text)
        for size in range(min(self._longest, len(words)), 0, -1):
            found: dict[str, tuple[int, bool, bool]] = {}
            for first in range(len(words) - size + 1):
                key, rest = " ".join(words[first : first + size]), " ".join(words[:first] + words[first + size :])
                kind = bool(first) and (
                    words[first - 1] in ("phuong", "xa") or words[first - 2 : first] == ["thi", "tran"]
                )
                if not kind and key.isdecimal():
                    continue
                said = [word for word in rest.split() if word not in _AROUND_A_PLACE]
                for code, name, province in self._present.get(key, ()):
                    if not kind and len(set(said) - set(_core(province).split())) > _OTHER_WORDS:
                        continue
                    fit = (2 * (f" {_core(province)} " in f" {rest} "), nfc(name).lower() in nfc(text).lower(), True)
                    found[code] = max(fit, found.get(code, fit))
                for place in self._by_ward.get(key, ()):
                    around = {*_core(place.province).split(), *_core(place.district).split()}
                    if not kind and len(set(said) - around) > _OTHER_WORDS:
                        continue
                    fit = _fit(place, rest, nfc(text).lower(), "", place.ward)
                    for code in place.new:
                        found[code] = max((fit[0], fit[1], False), found.get(code, (0, False, False)))
            if found:
                best = max(found.values())
                return tuple(code for code, fit in found.items() if fit == best)
        return ()

    def says_only(self, text: str, code: str) -> bool:
        """Tell whether an answer to "where do you live" says nothing but this present commune, by its new name or an old one.

        Only when the kind, the province or the district is named too, and diacritics that were typed agree: a bare name may
        be everyday words.
        """
        ward, province = self._wards[code]
        old = [(place.ward, place.district, place.province) for place in self.old if code in place.new]
        return any(
            _is_only(text, name, [_core(part) for part in around])
            for name, *around in [(ward, self._provinces[province]), *old]
        )

    def find(self, text: str) -> Found | None:
        """Return what the message asks about, or None when it does not ask what a place has become."""
        words = _words(text)
        line = " ".join(words)
        if not _ASKS.search(line):
            return None
        for table, kinds in (
            (self._by_ward, (" phuong", " xa", " thi tran")),
            (self._by_district, (" quan", " huyen", " thi xa", " thanh pho")),
            (self._by_province, (" tinh", " thanh pho")),
        ):
            places, kind, rest = _named(words, table, kinds, self._longest)
            if places:
                is_ward, typed = table is self._by_ward, nfc(text).lower()
                part = "ward" if is_ward else "district" if table is self._by_district else "province"
                fits = [_fit(place, rest, typed, kind, getattr(place, part)) for place in places]
                best = tuple(place for place, fit in zip(places, fits, strict=True) if fit == max(fits))
                return Found(best, exact=is_ward)
        return None


def _is_only(text: str, ward: str, around: list[str]) -> bool:
    words = _words(text)
    line, core = f" {' '.join(words)} ", _core(ward)
    named = {*core.split(), *(word for part in around for word in part.split())}
    plain = f" {fold(ward)} " in line or (f" {core} " in line and any(f" {part} " in line for part in around))
    agrees = not has_marks(text) or _bare(ward) in nfc(text).lower()
    return bool(ward) and plain and agrees and named | _AROUND_A_PLACE >= set(words)


def _named(
    words: list[str], table: dict[str, list[OldPlace]], kinds: tuple[str, ...], longest: int
) -> tuple[list[OldPlace], str, str]:
    """Return (places, kind, rest of the message) of the longest name that follows one of these kinds.

    Without its kind a name such as "Hòa Bình" or "1" could be anything.
    """
    for size in range(longest, 0, -1):
        for first in range(1, len(words) - size + 1):
            before = f" {' '.join(words[:first])}"
            # A "thị xã" is a district.
            town = before.endswith(" thi xa")
            kind = next((kind for kind in kinds if before.endswith(kind) and not (town and kind == " xa")), None)
            places = table.get(" ".join(words[first : first + size]))
            if kind and places:
                return places, kind.strip(), f"{before.removesuffix(kind)} {' '.join(words[first + size :])}"
    return [], "", ""


def _words(text: str) -> list[str]:
    folded = fold(expand(_NUMBERED.sub(r"\1 ", text.lower())))
    return " ".join(_SHORT.get(word, word) for word in folded.split()).split()


def _core(name: str) -> str:
    folded = fold(name)
    kind = next((kind for kind in _KINDS if folded.startswith(f"{kind} ")), "")
    core = folded.removeprefix(kind).strip()
    # "Phường 01" is what "phường 1" is called in some cities.
    return str(int(core)) if core.isdecimal() else core


def _bare(name: str) -> str:
    """Return a unit's name in lower case, diacritics kept, without its kind."""
    return nfc(name).lower().partition(" ")[2].removeprefix("trấn ").removeprefix("xã ").removeprefix("phố ")


def _fit(place: OldPlace, rest: str, typed: str, kind: str, named: str) -> tuple[int, bool, bool]:
    """How well an old commune agrees with the message: district and province named, diacritics, kind.

    named: the unit that was found by its folded name, as it is really written.
    """
    padded = f" {rest} "
    district, province = _core(place.district), _core(place.province)
    said = f" quan {district} " in padded if district.isdecimal() else f" {district} " in padded
    return 2 * said + (f" {province} " in padded), _bare(named) in typed, bool(typed) and fold(named).startswith(kind)
