"""The same question as other people would type it: without diacritics, or in teencode with typos."""

from __future__ import annotations

import random
import zlib

from nlu.text import abbreviations, strip_marks

_NEIGHBOURS = {"a": "s", "e": "r", "i": "o", "o": "i", "u": "y", "n": "m", "m": "n", "h": "j", "t": "r", "g": "f"}
# Forms that only people of one region or one app use would make a question nobody types.
_NOT_USED = {"mô", "tê", "răng", "rứa", "nỏ", "u", "bầm", "biểu", "bển", "ổng", "bả"}


def folded(question: str) -> str:
    """Return the question without diacritics."""
    return strip_marks(question)


def teencode(question: str) -> str:
    """Return the question as typed in haste: short forms, now and then a wrong or missing letter, often no diacritics.

    The same question always gives the same result.
    """
    dice = random.Random(zlib.crc32(question.encode()))
    text = question.lower().rstrip("?!. ")
    for full, short in _short_forms(dice):
        if f" {full} " in f" {text} " and dice.random() < 0.7:
            text = f" {text} ".replace(f" {full} ", f" {short} ").strip()
    words = [_mistype(word, dice) if dice.random() < 0.08 else word for word in text.split()]
    text = " ".join(words)
    return strip_marks(text) if dice.random() < 0.6 else text


def _short_forms(dice: random.Random) -> list[tuple[str, str]]:
    forms = [(full.lower(), short) for short, full in abbreviations().items() if short not in _NOT_USED]
    dice.shuffle(forms)
    return sorted(forms, key=lambda pair: -len(pair[0].split()))


def _mistype(word: str, dice: random.Random) -> str:
    if len(word) < 4 or not word.isalpha():
        return word
    place = dice.randrange(1, len(word) - 1)
    kind = dice.choice(("drop", "swap", "neighbour"))
    if kind == "drop":
        return word[:place] + word[place + 1 :]
    if kind == "swap":
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return word[:place] + _NEIGHBOURS.get(word[place], word[place]) + word[place + 1 :]
