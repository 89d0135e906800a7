"""Train Rasa's model in one command, in Rasa's own Python: .venv-rasa/bin/python -m nlu.train --out FILE.tar.gz

The files under nlu/data hold what people wrote; copies without diacritics, with other forms of address and with other
topics are made here, so nobody has to write or read them.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from nlu.text import fold, strip_marks

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "nlu" / "data"
# (text, intent)
Example = tuple[str, str]

_BEFORE = """cho hỏi|cho tôi hỏi|cho em hỏi|cho mình hỏi|cho bác hỏi|em ơi|ad ơi|cháu ơi|con ơi|bạn ơi|dạ|dạ cho em hỏi|bác hỏi|
tôi muốn hỏi|tui hỏi|anh chị cho em hỏi|chị ơi|bot ơi|trợ lý ơi|thưa anh chị|nhờ bạn cho biết|à|ủa|hỏi xíu""".replace(
    "\n", ""
).split("|")
_AFTER = """ạ|vậy|vậy em|hả cháu|nhé|nha|nhỉ|với|với ạ|đi em|rứa|hè|hí|dzậy con|vậy con|thế|thế ạ|hả bạn|em nhỉ|nghen|hả|ad|bạn ơi|
em ơi|á|hở em|ad ơi|vậy ad|luôn|thế cháu|giùm tui|giúp tôi|giúp em với""".replace("\n", "").split("|")
# {} is a topic of ours.
_HOW = """{} thế nào|{} làm sao|{} ra sao|{} kiểu gì|muốn {} thì làm sao|tôi muốn {}|{}|cách {}|thủ tục {}|hướng dẫn {}|
em cần {} thì làm thế nào|hỏi về {}|{} thì phải làm gì|chỉ tui {}|giúp bác {}|{} mần răng|tư vấn {}|{} làm ntn|{} là gì""".replace(
    "\n", ""
).split("|")
# {} is a topic of other people.
_NOT_OURS = """{} thế nào|{} làm sao|{} ra sao|{} kiểu gì|muốn {} thì làm sao|tôi muốn {}|{}|{} ở đâu|{} bao nhiêu tiền|{} bao lâu|
{} được không|ở đâu {}|cách {} nhanh nhất|có nên {} không|{} loại nào tốt|{} hết bao nhiêu|chỗ nào {} rẻ|mấy giờ {}""".replace(
    "\n", ""
).split("|")
_JOINED = ("{topic} {question}", "{topic} thì {question}", "{question} khi {topic}", "{topic} {question}")
# An aspect's example of at most this many words is taken for a bare question that fits any topic.
_BARE = 7
ASPECTS = {
    "ask_steps", "ask_papers", "ask_fee", "ask_time_limit", "ask_where", "ask_conditions", "ask_result",
    "ask_legal_basis", "ask_online",
}  # fmt: skip
# "chào" with "tôi muốn hỏi" in front is no longer a greeting.
_NO_ADDRESS = {"greet", "thank", "goodbye"}


def augment(examples: list[Example], topics: Path = DATA / "topics.txt", seed: int = 7) -> list[Example]:
    """Return further examples made from these; always the same for the same input, never one of the input."""
    dice = random.Random(seed)  # noqa: S311 - not a secret
    ours, others = _topics(topics)
    made: list[Example] = []
    for text, intent in examples:
        if intent not in _NO_ADDRESS:
            before, after = dice.choice(_BEFORE), dice.choice(_AFTER)
            made.append((dice.choice((f"{text} {after}", f"{before} {text}", f"{before} {text} {after}")), intent))
    for topic in ours:
        made += [(shape.format(topic), "ask_overview") for shape in dice.sample(_HOW, 3)]
    for topic in others:
        made += [(shape.format(topic), "out_of_scope") for shape in dice.sample(_NOT_OURS, 5)]
    for text, intent in examples:
        if intent in ASPECTS and len(text.split()) <= _BARE:
            question = text.removeprefix("thế ").removeprefix("còn ").removeprefix("vậy ")
            made += [
                (dice.choice(_JOINED).format(topic=topic, question=question), intent) for topic in dice.sample(ours, 4)
            ]
    written = {fold(text) for text, _ in examples}
    made = [(text, intent) for text, intent in made if fold(text) not in written]
    return made + _without_marks([*examples, *made])


def _without_marks(examples: list[Example]) -> list[Example]:
    """Return folded copies, except of words that mean different things with other diacritics (dừng, đúng)."""
    meanings: dict[str, set[str]] = {}
    for text, intent in examples:
        meanings.setdefault(fold(text), set()).add(intent)
    copies = ((strip_marks(text), text, intent) for text, intent in examples)
    return [(plain, intent) for plain, text, intent in copies if plain != text and len(meanings[fold(text)]) == 1]


def _topics(path: Path) -> tuple[list[str], list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    middle = lines.index("# not ours")
    return tuple(
        [line for line in part if line and not line.startswith("#")] for part in (lines[:middle], lines[middle:])
    )  # type: ignore[return-value]


def as_yaml(examples: Iterable[Example]) -> str:
    """Return a Rasa training file."""
    lines = ['version: "3.1"', "nlu:"]
    for intent, group in itertools.groupby(sorted(examples, key=lambda example: example[1]), key=lambda e: e[1]):
        lines += [f"- intent: {intent}", "  examples: |", *(f"    - {text}" for text, _ in group)]
    return "\n".join(lines) + "\n"


def read_examples(folder: Path = DATA) -> list[Example]:
    """Return what the files hold, entity marks removed, in the order of the files."""
    from rasa.shared.nlu.training_data.loading import load_data

    found = [
        (m.get("text"), m.get("intent"))
        for path in sorted(folder.glob("*.yml"))
        for m in load_data(str(path)).intent_examples
    ]
    return list(dict.fromkeys(found))


def train(out: Path, config: Path = ROOT / "config.yml") -> None:
    """Write the model to out. Raises SystemExit when Rasa refuses the data."""
    examples = read_examples()
    made = augment(examples)
    print(
        f"{len(examples)} examples, {len(made)} copies, {len({intent for _, intent in examples})} intents", flush=True
    )
    from rasa.model_training import train_nlu

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir()
        for path in DATA.glob("*.yml"):
            shutil.copy(path, folder / "data")
        (folder / "data" / "copies.yml").write_text(as_yaml(made), encoding="utf-8")
        model = train_nlu(
            str(config),
            str(folder / "data"),
            str(folder),
            fixed_model_name="nlu",
            domain=str(ROOT / "nlu" / "domain.yml"),
        )
        if model is None:
            raise SystemExit("Rasa did not train: see the lines above")
        out.parent.mkdir(parents=True, exist_ok=True)
        beside = out.with_name(f".{out.name}.part")
        shutil.copy(model, beside)
        beside.replace(out)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Train the NLU model.")
    parser.add_argument("--out", type=Path, required=True, help="model file (.tar.gz) or a folder")
    out: Path = parser.parse_args().out
    if not out.name.endswith(".tar.gz"):
        out = out / "nlu.tar.gz"
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    started = time.monotonic()
    train(out)
    print(f"trained in {time.monotonic() - started:.0f} s, {out.stat().st_size / 1e6:.1f} MB")
    print(out)


if __name__ == "__main__":
    main()
