"""Shield the citizen: lives first, then secrets that were sent by mistake. Works without Rasa."""

from __future__ import annotations

import re

from bot import sentences
from bot.conversation.steps.retrieve import topic_words
from bot.conversation.turn import Turn
from nlu.text import fold, has_marks, nfc

# Only unmistakable words; milder wording is Rasa's `emergency` intent. Folded text.
_EMERGENCY = re.compile(
    r"\b(?:chay nha|nha (?:dang )?chay|dang chay (?:to|lon)|cap cuu voi|cuu (?:toi|em|chau|minh) voi|dot quy|duoi nuoc|"
    r"dam chem|dang bi danh|danh dap (?:toi|em|con)|muon chet|bat coc|ngung tho|bat tinh|chay mau nhieu)\b"
)
# Folded, "tự tử" reads like the end of "điện tử từ"; who types diacritics is taken at their word.
_SUICIDE, _SUICIDE_FOLDED = re.compile(r"\btự (?:tử|vẫn|sát)\b"), re.compile(r"(?<!dien )\btu (?:tu|van|sat)\b")
_CARD_OR_CODE_ONLY = re.compile(r"\[[^\]]+ đã che\]")

_NAMES_OF_SECRETS = frozenset(
    ("ma", "otp", "pin", "passcode", "cvv", "cvc", "khau", "the", "xac", "thuc", "ngan", "hang")
)


def shield(turn: Turn) -> str | None:
    """Answer emergencies at once; warn about a secret, and stop when there was nothing but the secret."""
    folded = fold(turn.text)
    suicide = _SUICIDE.search(nfc(turn.text).lower()) if has_marks(turn.text) else _SUICIDE_FOLDED.search(folded)
    if suicide or _EMERGENCY.search(folded):
        return "tell_emergency"
    if any(kind in ("otp", "password", "card") for kind in turn.hidden):
        turn.notes.append(sentences.CODE_SENT)
        rest = topic_words(_CARD_OR_CODE_ONLY.sub(" ", turn.text))
        if not set(rest) - _NAMES_OF_SECRETS:
            return "warn_secret"
    elif turn.hidden:
        turn.notes.append(sentences.PERSONAL_SENT)
        if not fold(_CARD_OR_CODE_ONLY.sub(" ", turn.text)):
            return "warn_secret"
    return None
