"""What Rasa learns from: enough examples for each intent, none under two, none of the golden questions."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from ruamel.yaml import YAML

from evaluation.answers.questions import HELD_OUT, OUT_OF_SCOPE, read
from evaluation.nlu import measure
from knowledge.library import load
from nlu.text import fold

ROOT = Path(__file__).resolve().parents[2]
FEWEST = 40


def examples() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "nlu" / "data").glob("*.yml")):
        for block in YAML(typ="safe").load(path)["nlu"]:
            if "intent" in block:
                found[block["intent"]] += [
                    line[2:].strip() for line in block["examples"].splitlines() if line.startswith("- ")
                ]
    return found


def plain(example: str) -> str:
    return re.sub(r"\[([^\]]+)\](\([^)]*\)|\{[^}]*\})", r"\1", example).casefold()


def test_every_intent_of_the_domain_has_enough_examples() -> None:
    domain = YAML(typ="safe").load((ROOT / "nlu" / "domain.yml").read_text(encoding="utf-8"))
    intents = {intent if isinstance(intent, str) else next(iter(intent)) for intent in domain["intents"]}
    found = examples()
    assert set(found) == intents
    assert {intent: len(own) for intent, own in found.items() if len(own) < FEWEST} == {}


def test_no_example_stands_under_two_intents() -> None:
    owner: dict[str, str] = {}
    twice = []
    for intent, own in examples().items():
        for example in own:
            if owner.setdefault(plain(example), intent) != intent:
                twice.append((example, intent, owner[plain(example)]))
    assert twice == []


def test_no_question_that_measures_is_learnt() -> None:
    measured = {question.q for guide in load() for _, question in guide.golden("dev", "test")}
    measured |= {asked.question for path in (OUT_OF_SCOPE, HELD_OUT) for asked in read(path)} | {
        row["text"] for row in measure.read()
    }
    learnt = {fold(plain(example)) for own in examples().values() for example in own}
    assert {fold(question) for question in measured} & learnt == set()


def test_no_question_that_measures_is_searched() -> None:
    """A phrase in the index that is also a test question would be found by being looked up, not by being understood."""
    guides = load()
    measured = {fold(question.q) for guide in guides for _, question in guide.golden("dev", "test")}
    measured |= {fold(asked.question) for path in (OUT_OF_SCOPE, HELD_OUT) for asked in read(path)}
    searched = {fold(text) for guide in guides for text in guide.phrases}
    assert measured & searched == set()
