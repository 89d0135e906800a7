"""Weigh the words, word pairs and letter groups of a message (tf-idf), folded and as typed."""

from __future__ import annotations

import json
from collections import Counter
from math import log, sqrt
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix

from nlu.components.tokenizer import MARKED


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SyllableFeaturizer(SparseFeaturizer, GraphComponent):
    """One row a message, each group of features of length 1. Half the cost of two CountVectorsFeaturizers: no matrix per word.

    words: up to how many folded words in a row; letters: longest group of letters within a folded word; marks: whether
    words and pairs with their diacritics count as well (then train on folded copies too, or the model leans on them).
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {**SparseFeaturizer.get_default_config(), "words": 2, "letters": 4, "marks": True, "min_count": 1}

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing to check: any number works."""

    def __init__(
        self,
        config: dict[str, Any],
        name: str,
        model_storage: ModelStorage,
        resource: Resource,
        weights: dict[str, tuple[int, float]] | None = None,
    ) -> None:
        super().__init__(name, config)
        self._storage, self._resource = model_storage, resource
        self._weights = weights or {}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SyllableFeaturizer:
        return cls(config, execution_context.node_name, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> SyllableFeaturizer:
        with model_storage.read_from(resource) as folder:
            rows = json.loads((folder / "weights.json").read_text(encoding="utf-8"))
        weights = {term: (column, weight) for column, (term, weight) in enumerate(rows)}
        return cls(config, execution_context.node_name, model_storage, resource, weights)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the terms and how rare each is."""
        seen: Counter[str] = Counter()
        total = 0
        for message in training_data.training_examples:
            if message.get(TEXT):
                total += 1
                seen.update({term for group in self._groups(message) for term in group})
        terms = sorted(term for term, count in seen.items() if count >= self._config["min_count"])
        self._weights = {
            term: (column, round(log((1 + total) / (1 + seen[term])) + 1, 4)) for column, term in enumerate(terms)
        }
        with self._storage.write_to(self._resource) as folder:
            rows = [[term, weight] for term, (_, weight) in self._weights.items()]
            (folder / "weights.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if message.get(TEXT) is not None:
                self.add_features_to_message(None, self._row(message), TEXT, message)
        return messages

    def _row(self, message: Message) -> csr_matrix:
        columns: list[int] = []
        values: list[float] = []
        for group in self._groups(message):
            known = [(self._weights[term], count) for term, count in group.items() if term in self._weights]
            raw = [(1 + log(count)) * weight for (_, weight), count in known]
            length = sqrt(sum(value * value for value in raw)) or 1.0
            columns += [column for (column, _), _ in known]
            values += [value / length for value in raw]
        shape = (1, max(len(self._weights), 1))
        return csr_matrix((np.array(values), (np.zeros(len(columns), dtype=np.int32), columns)), shape=shape)

    def _groups(self, message: Message) -> list[Counter[str]]:
        """Return the terms of each kind with their counts; a letter in front keeps the kinds apart."""
        tokens = message.get(TOKENS_NAMES[TEXT]) or []
        folded = " ".join(token.text for token in tokens).split()
        groups = [_runs("w", folded, self._config["words"])]
        if self._config["letters"]:
            groups.append(_letters(folded, self._config["letters"]))
        if self._config["marks"]:
            groups.append(_runs("m", " ".join(token.get(MARKED) for token in tokens).split(), 2))
        return groups


def _runs(kind: str, words: list[str], longest: int) -> Counter[str]:
    return Counter(
        f"{kind}:{' '.join(words[first : first + size])}"
        for size in range(1, longest + 1)
        for first in range(len(words) - size + 1)
    )


def _letters(words: list[str], longest: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for word in words:
        padded = f" {word} "
        for size in range(2, longest + 1):
            found.update(f"l:{padded[first : first + size]}" for first in range(max(len(padded) - size + 1, 1)))
    return found
