"""Words by which people address each other and soften a question; they tell nothing about which guide is meant."""

from __future__ import annotations

from nlu.text import has_marks, nfc

_MARKED = frozenset(
    (
        "ơi", "ạ", "à", "nhỉ", "nhé", "nha", "hả", "vậy", "ấy", "dzậy", "đấy", "giùm", "dùm", "bác", "cháu", "tui", "cái", "dạ",
        "hen", "nghen",
    )
)  # fmt: skip
# Without diacritics "nha" may be a house and "cai" something to install, so here only what cannot be mistaken.
_PLAIN = frozenset(("oi", "bac", "chau", "tui", "gium", "dum", "vay", "ay"))
# Fewer words than this are left as they are: they may be all there is.
_LEAST = 2


def without_fillers(text: str) -> str:
    """Return the text without its fillers: "cháu ơi, bác quên mật khẩu cái vneid ấy" -> "quên mật khẩu vneid"."""
    fillers = _MARKED if has_marks(text) else _PLAIN
    kept = [word for word in text.split() if nfc(word).lower().strip(".,!?") not in fillers]
    return " ".join(kept) if len(kept) >= _LEAST else text
