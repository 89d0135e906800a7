"""Find entities by look-up tables, synonyms and regular expressions, however they are spelled: "ha noi", "HÀ NỘI", "hn"."""

from __future__ import annotations

import json
import re
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.tokenizer import MARKED
from nlu.text import expand, fold, has_marks, nfc, tokens

# A table: folded words -> [kind, value, words with diacritics].
Table = dict[str, list[list[str]]]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class FoldedLookup(GraphComponent):
    """The longest entry wins and entities never overlap, unlike RegexEntityExtractor's.

    Reads the usual `lookup`, `synonym` and `regex` blocks. A synonym belongs to the look-up table that holds its value.
    Diacritics that were typed must agree with the entry; an entry of one short syllable counts only with them.
    """

    def __init__(
        self, model_storage: ModelStorage, resource: Resource, table: Table, patterns: list[tuple[str, str]]
    ) -> None:
        self._storage, self._resource = model_storage, resource
        self._set(table, patterns)

    def _set(self, table: Table, patterns: list[tuple[str, str]]) -> None:
        self._table = table
        self._patterns = [(kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in patterns]
        self._longest = max((len(key.split()) for key in table), default=0)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FoldedLookup:
        return cls(model_storage, resource, {}, [])

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> FoldedLookup:
        with model_storage.read_from(resource) as folder:
            data = json.loads((folder / "lookup.json").read_text(encoding="utf-8"))
        return cls(model_storage, resource, data["table"], [(kind, pattern) for kind, pattern in data["patterns"]])

    def train(self, training_data: TrainingData) -> Resource:
        table: Table = {}
        kinds: dict[str, str] = {}
        for lookup in training_data.lookup_tables:
            for value in lookup["elements"]:
                kinds[value] = lookup["name"]
                _enter(table, value, lookup["name"], value)
        for written, value in training_data.entity_synonyms.items():
            if value in kinds:
                _enter(table, written, kinds[value], value)
        patterns = [(regex["name"], regex["pattern"]) for regex in training_data.regex_features]
        self._set(table, patterns)
        with self._storage.write_to(self._resource) as folder:
            data = {"table": table, "patterns": patterns}
            (folder / "lookup.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            found = [*(message.get(ENTITIES) or []), *self._find(message)]
            message.set(ENTITIES, found, add_to_output=True)
        return messages

    def _find(self, message: Message) -> list[dict[str, Any]]:
        text = nfc(message.get(TEXT) or "")
        found: list[dict[str, Any]] = []
        for kind, pattern in self._patterns:
            for match in pattern.finditer(text):
                found.append(_entity(kind, match.group().upper(), match.start(), match.end()))
        typed = has_marks(text)
        words = [word for token in message.get(TOKENS_NAMES[TEXT]) or [] for word in _words(token)]
        first = 0
        while first < len(words):
            entity, size = self._longest_at(words, first, typed)
            if entity and not any(entity["start"] < other["end"] and other["start"] < entity["end"] for other in found):
                found.append(entity)
            first += size
        return sorted(found, key=lambda entity: int(entity["start"]))

    def _longest_at(
        self, words: list[tuple[str, str, int, int]], first: int, typed: bool
    ) -> tuple[dict[str, Any] | None, int]:
        for size in range(min(self._longest, len(words) - first), 0, -1):
            run = words[first : first + size]
            marked = " ".join(word[1] for word in run)
            for kind, value, spelled in self._table.get(" ".join(word[0] for word in run), ()):
                # "ba mẹ" must not be found in "bà mẹ"; who types no diacritics at all may mean either.
                short = size == 1 and has_marks(spelled)
                agrees = spelled == marked or not has_marks(marked)
                if spelled == marked or (agrees and not short and not (typed and has_marks(spelled))):
                    return _entity(kind, value, run[0][2], run[-1][3]), size
        return None, 1


def _enter(table: Table, written: str, kind: str, value: str) -> None:
    """Under its own words and, if they differ, under the written-out ones that the tokenizer makes of them."""
    for spelled in dict.fromkeys((" ".join(tokens(written)), expand(written))):
        entries = table.setdefault(fold(spelled), [])
        if [kind, value, spelled] not in entries:
            entries.append([kind, value, spelled])


def _words(token: Token) -> list[tuple[str, str, int, int]]:
    """Return (folded, with diacritics, start, end) for each word of a token; parts of a written-out one share its span."""
    folded, marked = token.text.split(), str(token.get(MARKED)).split()
    if len(folded) != len(marked):
        marked = folded
    return [(plain, full, token.start, token.end) for plain, full in zip(folded, marked)]  # noqa: B905 - Python 3.10 has it, but the lengths are equal by now


def _entity(kind: str, value: str, start: int, end: int) -> dict[str, Any]:
    return {"entity": kind, "value": value, "start": start, "end": end, "extractor": "FoldedLookup"}
