"""Hide personal data before a message is stored, logged or shown: numbers of people, cards and accounts, codes, passwords."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from nlu.text import fold, nfc

_GAP = r"[ .\-]?"
# Dossier and procedure codes look like numbers but are public; they are kept.
_PUBLIC_CODE = re.compile(
    r"\b(?:[A-Z]?\d{2,3}(?:\.\d{2})+(?:\.[A-Z]\d{2})?|H\d{2}(?:\.\d+)*)-\d{6}-\d{4,6}\b|\b\d\.\d{6}\b"
)
_EMAIL = re.compile(r"\b[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+\b")
_CARD = re.compile(rf"(?<![\d.])\d{{4}}(?:{_GAP}\d{{4}}){{3}}(?:{_GAP}\d{{1,3}})?(?!\d)")
_PERSONAL_NUMBER = re.compile(rf"(?<![\d.])\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{3}}(?!\d)")
_PHONE = re.compile(rf"(?<![\d.])(?:\+?84|0)(?:{_GAP}\d){{9,10}}(?!\d)")
_LONG_NUMBER = re.compile(r"(?<![\d.])\d{9,19}(?!\d)")
# A secret is what follows its name: "otp 123456", "mk la abc123". Spoken forms without digits are left alone.
_CODE_WORD = r"(?:otp|m[aã]\s+(?:x[aá]c\s+(?:nh[aậ]n|th[uự]c)|otp)|passcode|pin|cvv|cvc)"
_CODE = re.compile(
    rf"(?i)\b({_CODE_WORD})((?:\s+(?:c[uủ]a|em|t[oô]i|m[iì]nh|con|b[aá]c|l[aà]|g[uử]i|v[eề])){{0,4}}\s*[:=]?\s*)(\d(?:[ .\-]?\d){{2,7}})(?!\d)"
)
_PASSWORD = re.compile(r"(?i)\b(m[aậ]t\s+kh[aẩ]u|mk|pass(?:word)?|pw)(\s*(?:l[aà]|[:=])\s*)(?=\S*\d)(\S{4,})")
# Hotlines are public and must survive: 1900 0368, 1800 1096.
_HOTLINE = re.compile(r"^1[89]00")


@dataclass(frozen=True, slots=True)
class Masked:
    """Text that is safe to keep, and the kinds of data that were hidden in it, in order of appearance."""

    text: str
    hidden: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    """Phone numbers that were hidden, digits only. Kept nowhere but with an open ticket; see bot.store.schema.offered_phone."""

    @property
    def holds_secret(self) -> bool:
        """Whether the person sent something nobody may ask for."""
        return any(kind in ("otp", "password", "card") for kind in self.hidden)


def mask(text: str, *, keep_phones: bool = False) -> Masked:
    """Replace personal data by words in brackets; the result never holds more than three digits of any of them.

    keep_phones: leave phone numbers, for what a volunteer says.
    """
    text = nfc(text)
    hidden: list[str] = []
    phones: list[str] = []
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match.group())
        return f"\x00{len(kept) - 1}\x00"

    def hide(kind: str, words: str, group: int = 0) -> Callable[[re.Match[str]], str]:
        def replace(match: re.Match[str]) -> str:
            if _HOTLINE.match(match.group()):
                return match.group()
            hidden.append(kind)
            if kind == "phone":
                phones.append(re.sub(r"\D", "", match.group()))
            whole, start = match.group(), match.start()
            a, b = match.span(group)
            return whole[: a - start] + words + whole[b - start :]

        return replace

    text = _PUBLIC_CODE.sub(keep, text)
    text = _CODE.sub(hide("otp", "[mã đã che]", 3), text)
    text = _PASSWORD.sub(hide("password", "[mật khẩu đã che]", 3), text)
    text = _EMAIL.sub(hide("email", "[email đã che]"), text)
    text = _CARD.sub(hide("card", "[số thẻ đã che]"), text)
    text = _PHONE.sub(keep if keep_phones else hide("phone", "[số điện thoại đã che]"), text)
    text = _PERSONAL_NUMBER.sub(hide("personal_number", "[số định danh đã che]"), text)
    text = _LONG_NUMBER.sub(hide("number", "[dãy số đã che]"), text)
    text = re.sub(r"\x00(\d+)\x00", lambda match: kept[int(match.group(1))], text)
    return Masked(text, tuple(hidden), tuple(phones))


_ASKS_FOR_SECRET = re.compile(
    r"\b(?:gui|doc|cung cap|nhap|cho)\b[^.!?]{0,30}\b(?:ma otp|otp|mat khau|so the|ma pin|cvv)\b[^.!?]{0,20}\b(?:cho em|cho toi|cho tro ly|o day|vao day|tai day|len day)\b"
)


def asks_for_secret(text: str) -> bool:
    """Tell whether a sentence of ours would ask the citizen to hand a secret to us."""
    return bool(_ASKS_FOR_SECRET.search(fold(text)))
