"""Cut a message into folded words with abbreviations written out, so that all later parts see one form of Vietnamese."""

from __future__ import annotations

import re
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from nlu.text import expand_words, fold, nfc
from nlu.text import tokens as words_of

# The value of Token.get(MARKED): the same word with the diacritics that the writer typed.
MARKED = "marked"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class VietnameseTokenizer(Tokenizer):
    """One token for each run of typed words; its text is folded and written out: "cccd" -> "can cuoc cong dan".

    Offsets are those in the NFC form of the message, which nlu.client sends.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        text = nfc(message.get(attribute)).lower()
        words, spans, at = words_of(text), [], 0
        for word in words:
            start = text.index(word, at)
            at = start + len(word)
            spans.append((start, at))
        found = []
        for full, first, end in expand_words(words):
            # Codes lose their dots when folded; they are matched as typed, so here they only have to stay one word.
            plain = re.sub(r"\s+", "", fold(full)) if any(c.isdigit() for c in full) else fold(full)
            found.append(Token(plain or full, spans[first][0], spans[end - 1][1], data={MARKED: full}))
        # Rasa takes a message without tokens for one without text.
        return found or [Token(text.strip() or "?", 0, len(text), data={MARKED: text})]
