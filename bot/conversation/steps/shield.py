"""Shield the citizen: lives first, then secrets that were sent by mistake. Works without Rasa."""

from __future__ import annotations

import re

from bot import sentences
from bot.conversation.steps.retrieve import topic_words
from bot.conversation.turn import Turn
from nlu.text import fold, tokens

# Only unmistakable words; milder wording is Rasa's `emergency` intent.
_EMERGENCY = (
    "cháy nhà", "nhà cháy", "nhà đang cháy", "đang cháy to", "đang cháy lớn", "cấp cứu với", "cứu tôi với", "cứu em với", "cứu cháu với",
    "cứu mình với", "đột quỵ", "đuối nước", "đâm chém", "đang bị đánh", "đánh đập tôi", "đánh đập em", "đánh đập con", "muốn chết",
    "muốn tự tử", "định tự tử", "bắt cóc", "ngừng thở", "bất tỉnh", "chảy máu nhiều", "tự sát",
)  # fmt: skip
# Without diacritics these read like "từ từ", "tư vấn", so here the diacritics have to be there.
_ONLY_MARKED = ("tự tử", "tự vẫn")


def _words(phrase: str) -> str:
    """A pattern for the phrase as typed with all, some or no diacritics, but with no other ones: "bật tính năng" is no "bất tỉnh"."""
    return " ".join(f"(?:{word}|{fold(word)})" for word in phrase.split())


_DANGER = re.compile(rf"\b(?:{'|'.join([*map(_words, _EMERGENCY), *_ONLY_MARKED])})\b(?! (?:năng|nang)\b)")
_CARD_OR_CODE_ONLY = re.compile(r"\[[^\]]+ đã che\]")

_NAMES_OF_SECRETS = frozenset(
    ("ma", "otp", "pin", "passcode", "cvv", "cvc", "khau", "the", "xac", "thuc", "ngan", "hang")
)

_WORDS_AROUND_PHONE = frozenset(("dien", "thoai", "lien", "he", "zalo", "alo", "goi", "lac"))


def is_emergency(text: str) -> bool:
    """Tell whether the words are those of somebody in danger."""
    return bool(_DANGER.search(" ".join(tokens(text))))


def shield(turn: Turn) -> str | None:
    """Answer emergencies at once; warn about a secret, and stop when there was nothing but the secret."""
    if is_emergency(turn.text):
        return "tell_emergency"
    if any(kind in ("otp", "password", "card") for kind in turn.hidden):
        turn.notes.append(sentences.CODE_SENT)
        rest = topic_words(_CARD_OR_CODE_ONLY.sub(" ", turn.text))
        if not set(rest) - _NAMES_OF_SECRETS:
            return "warn_secret"
    elif turn.ticket is not None and "phone" in turn.hidden:
        # Offered to whoever will help; see bot.store.schema.offered_phone.
        turn.notes.append(sentences.PHONE_KEPT)
        if not set(topic_words(_CARD_OR_CODE_ONLY.sub(" ", turn.text))) - _WORDS_AROUND_PHONE:
            return "warn_secret"
    elif turn.hidden:
        turn.notes.append(sentences.PERSONAL_SENT)
        if not fold(_CARD_OR_CODE_ONLY.sub(" ", turn.text)):
            return "warn_secret"
    return None
