"""Synthetic guides for measuring at scale: real ones with words dropped, swapped and taken from other guides."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from knowledge.guide import Guide
from knowledge.passages import passages

DROPPED, REPLACED, SWAPPED = 0.06, 0.10, 0.5
_LINE, _TITLE, _SHORT = 400, 120, 320


def synthetic(guides: Sequence[Guide], wanted: int, seed: int = 1) -> Iterator[Guide]:
    """Yield copies of the guides in turn, each one changed, until they have at least the wanted number of passages.

    The same seed gives the same guides. Golden questions of the index split alone are taken, as search phrases.
    """
    dice = random.Random(seed)
    words = [word for guide in guides for passage in passages(guide) for word in passage.text.split()]
    made, number = 0, 0
    while made < wanted:
        guide = _copy(guides[number % len(guides)], number, words, dice)
        yield guide
        made += len(passages(guide))
        number += 1


def perturbed(text: str, words: Sequence[str], dice: random.Random) -> str:
    """Return the text with some words dropped or replaced by one of words, and perhaps two neighbours swapped."""
    kept = []
    for word in text.split():
        chance = dice.random()
        if chance >= DROPPED:
            kept.append(dice.choice(words) if chance < DROPPED + REPLACED else word)
    if len(kept) > 1 and dice.random() < SWAPPED:
        place = dice.randrange(len(kept) - 1)
        kept[place], kept[place + 1] = kept[place + 1], kept[place]
    return " ".join(kept) if len(" ".join(kept)) > 10 else text


def _copy(guide: Guide, number: int, words: Sequence[str], dice: random.Random) -> Guide:
    def one(text: str, limit: int = _LINE) -> str:
        changed = perturbed(text, words, dice)
        return changed if len(changed) <= limit else text

    def each(texts: Sequence[str]) -> list[str]:
        return [one(text) for text in texts]

    asked = [question.q for _, question in guide.golden("index")]
    return guide.model_copy(
        update={
            "id": f"{number}-{guide.id}"[:48].rstrip("-"),
            "title": one(guide.title, _TITLE),
            "aliases": each(guide.aliases),
            "phrases": each([*guide.phrases, *asked]),
            "questions": {},
            "codes": [f"{dice.randrange(10)}.{dice.randrange(10**6):06}" for _ in guide.codes],
            "short": one(guide.short, _SHORT),
            "steps": guide.steps.model_copy(
                update={way: each(getattr(guide.steps, way)) for way in ("online", "in_person", "post")}
            ),
            "papers": [paper.model_copy(update={"name": one(paper.name)}) for paper in guide.papers],
            "problems": [
                problem.model_copy(update={"symptom": one(problem.symptom), "fix": one(problem.fix)})
                for problem in guide.problems
            ],
            "notes": each(guide.notes),
        }
    )
