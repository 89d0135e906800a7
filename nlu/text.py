"""Vietnamese text in one canonical form, shared by the main process and Rasa's components.

Only the standard library and Python 3.10 here: this file runs in both interpreters.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

# Look-alikes that Vietnamese keyboards and old documents produce, and invisible characters. ZWJ stays: emoji need it.
_REPAIR = {
    0xD0: "Đ", 0xF0: "đ", 0x189: "Đ", 0x256: "đ", 0x340: "\u0300", 0x341: "\u0301",
    0x200B: None, 0x200C: None, 0xFEFF: None, 0xAD: None, 0xA0: " ", 0x202F: " ",
}  # fmt: skip
_MARKS = dict.fromkeys(range(0x300, 0x370))
_NOT_WORD = re.compile(r"[^\w\s]|_")
_SPACE = re.compile(r"\s+")
# Codes keep their dots and dashes: 1.001193, 000.00.19.H29-260101-0001.
_TOKEN = re.compile(r"[a-z]?\d+(?:[.\-/][a-z]?\d+)+|\w+")
_LONG_VOWEL = re.compile(r"([a-zđ])\1{2,}")
_ABBREVIATIONS_FILE = Path(__file__).with_name("abbreviations.tsv")


def nfc(text: str) -> str:
    """Return text in NFC with look-alike letters repaired and invisible characters removed; case is kept."""
    return unicodedata.normalize("NFC", text.translate(_REPAIR))


def fold(text: str) -> str:
    """Return a lower-case key without diacritics or punctuation: "Đường Hoà, số 2" -> "duong hoa so 2"."""
    plain = unicodedata.normalize("NFD", nfc(text).lower()).translate(_MARKS).replace("đ", "d")
    return _SPACE.sub(" ", _NOT_WORD.sub(" ", plain)).strip()


def strip_marks(text: str) -> str:
    """Return text without diacritics, keeping case and punctuation; as people type on a phone without a Vietnamese keyboard."""
    plain = unicodedata.normalize("NFD", nfc(text)).translate(_MARKS)
    return plain.replace("đ", "d").replace("Đ", "D")


def tokens(text: str) -> list[str]:
    """Return lower-case NFC syllables and codes in order, diacritics kept, punctuation dropped."""
    return _TOKEN.findall(nfc(text).lower())


def has_marks(text: str) -> bool:
    """Tell whether the writer typed any diacritics or đ."""
    return strip_marks(text) != nfc(text)


@lru_cache(maxsize=1)
def abbreviations() -> dict[str, str]:
    """Return what people's short forms stand for, keyed as typed in lower case; read once from abbreviations.tsv."""
    pairs: dict[str, str] = {}
    for number, line in enumerate(_ABBREVIATIONS_FILE.read_text(encoding="utf-8").splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        short, tab, full = line.partition("\t")
        if not tab or not full.strip():
            raise ValueError(f"{_ABBREVIATIONS_FILE.name}:{number}: expected 'short<TAB>full', got {line!r}")
        pairs[short.strip().lower()] = full.strip()
    return pairs


def expand(text: str) -> str:
    """Return text in lower case with abbreviations and teencode written out, for search and understanding only.

    Never show the result to anybody: ambiguous short forms take their likeliest meaning.
    """
    return " ".join(full for full, _, _ in expand_words(tokens(text)))


def expand_words(words: list[str]) -> list[tuple[str, int, int]]:
    """Return (written out, first, end) for each run words[first:end]; longer keys of the table win over shorter ones."""
    table, longest = abbreviations(), _longest_key()
    calm = [word if word in table else _LONG_VOWEL.sub(r"\1", word) for word in words]
    found: list[tuple[str, int, int]] = []
    first = 0
    while first < len(words):
        for size in range(min(longest, len(words) - first), 0, -1):
            full = table.get(" ".join(calm[first : first + size])) if size > 1 else table.get(calm[first], calm[first])
            if full is not None:
                found.append((full, first, first + size))
                first += size
                break
    return found


@lru_cache(maxsize=1)
def _longest_key() -> int:
    return max((len(key.split()) for key in abbreviations()), default=1)
