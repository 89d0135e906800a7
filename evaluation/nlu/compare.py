"""Compare classifiers on five folds of the training data; runs in Rasa's Python, with nothing of the main process.

    .venv-rasa/bin/python -m evaluation.nlu.compare --out FILE.json

Every pipeline learns the same: four fifths of the hand-written examples, with their copies (nlu.train.augment) or, to
keep the neural network's training bearable, with folded copies only. It is asked the other fifth in three forms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
import zlib
from collections import Counter, defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TQDM_DISABLE", "1")

import yaml  # noqa: E402
from rasa.core.agent import load_agent  # noqa: E402
from rasa.model_training import train_nlu  # noqa: E402
from rasa.shared.nlu.training_data.loading import load_data  # noqa: E402

from evaluation.answers.forms import folded, teencode  # noqa: E402
from nlu.text import fold  # noqa: E402
from nlu.train import DATA, _without_marks, augment  # noqa: E402

FOLDS = 5
FORMS = {"as_typed": lambda text: text, "folded": folded, "noisy": teencode}
OURS = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
# Rasa's default pipeline, with our tokenizer: its own splits at spaces only and knows no short forms.
DIET = [
    {"name": "nlu.components.tokenizer.VietnameseTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4, "min_df": 3},
    {"name": "DIETClassifier", "epochs": 12, "batch_size": [64, 256], "constrain_similarities": True},
    {"name": "EntitySynonymMapper"},
]
# name -> (pipeline, copies): the middle rows tell the pipelines apart, the last shows what all copies add.
RUNS = {"logistic": (OURS, "folded"), "diet": (DIET, "folded"), "logistic_all_copies": (OURS, "all")}


def read() -> list[dict]:
    """Return the hand-written examples: text, text with entity marks, intent, entities (kind, value)."""
    found = {}
    for path in sorted(DATA.glob("*.yml")):
        for message in load_data(str(path)).intent_examples:
            entities = message.get("entities") or []
            found[message.get("text")] = {
                "text": message.get("text"),
                "intent": message.get("intent"),
                "marked": _marked(message.get("text"), entities),
                "entities": {(e["entity"], str(e["value"]).casefold()) for e in entities},
            }
    return list(found.values())


def _marked(text: str, entities: list[dict]) -> str:
    for entity in sorted(entities, key=lambda e: -e["start"]):
        start, end = entity["start"], entity["end"]
        label = json.dumps({"entity": entity["entity"], "value": entity["value"]}, ensure_ascii=False)
        text = f"{text[:start]}[{text[start:end]}]{label}{text[end:]}"
    return text


def train(name: str, examples: list[dict], folder: Path) -> tuple[object, float]:
    """Return (agent, seconds)."""
    pipeline, copies = RUNS[name]
    plain = [(e["text"], e["intent"]) for e in examples]
    made = augment(plain) if copies == "all" else _without_marks(plain)
    lines = ['version: "3.1"', "nlu:"]
    groups = defaultdict(list)
    for text, intent in [*((e["marked"], e["intent"]) for e in examples), *made]:
        groups[intent].append(text)
    for intent, texts in groups.items():
        lines += [f"- intent: {intent}", "  examples: |", *(f"    - {text}" for text in texts)]
    # Look-up tables, synonyms and patterns are knowledge, not examples: every fold has them.
    blocks = yaml.safe_load((DATA / "entities.yml").read_text(encoding="utf-8"))["nlu"]
    tables = {"version": "3.1", "nlu": [block for block in blocks if "intent" not in block]}
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "examples.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "data" / "tables.yml").write_text(yaml.safe_dump(tables, allow_unicode=True), encoding="utf-8")
    config = {"recipe": "default.v1", "language": "vi", "assistant_id": "compare", "pipeline": pipeline}
    (folder / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    started = time.monotonic()
    model = train_nlu(
        str(folder / "config.yml"), str(folder / "data"), str(folder), domain=str(ROOT / "nlu" / "domain.yml")
    )
    seconds = time.monotonic() - started
    return asyncio.run(load_agent(model_path=model)), seconds


def ask(agent: object, texts: list[str]) -> tuple[list[dict], float]:
    """Return Rasa's answers and the milliseconds of a parse, in process."""

    async def run() -> list[dict]:
        return [await agent.parse_message(text) for text in texts]

    started = time.perf_counter()
    heard = asyncio.run(run())
    return heard, (time.perf_counter() - started) * 1000 / len(texts)


def both(first: dict, second: dict) -> str:
    """Return the intent with the highest mean confidence of two classifiers."""
    total: Counter[str] = Counter()
    for answer in (first, second):
        for guess in answer["intent_ranking"]:
            total[guess["name"]] += guess["confidence"]
    return total.most_common(1)[0][0]


def rate(pairs: list[tuple[str, str]]) -> dict:
    """Return accuracy and macro-F1 of (wanted, heard) pairs."""
    scores = []
    for intent in {wanted for wanted, _ in pairs}:
        right = sum(w == h == intent for w, h in pairs)
        wrong = sum((w == intent) != (h == intent) for w, h in pairs)
        scores.append(2 * right / (2 * right + wrong) if right else 0.0)
    return {
        "accuracy": round(sum(w == h for w, h in pairs) / len(pairs), 4),
        "macro_f1": round(sum(scores) / len(scores), 4),
    }


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Compare NLU pipelines on five folds.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--runs", nargs="*", default=list(RUNS), choices=list(RUNS))
    parser.add_argument(
        "--share", type=float, default=1.0, help="of the examples, chosen by hash; DIET needs hours for all"
    )
    options = parser.parse_args()
    examples = [e for e in read() if zlib.crc32(f"share {e['text']}".encode()) % 1000 < 1000 * options.share]
    pairs: dict = defaultdict(list)
    entities: dict = defaultdict(Counter)
    seconds, parse_ms = defaultdict(list), defaultdict(list)
    for number in range(FOLDS):
        held = [e for e in examples if zlib.crc32(fold(e["text"]).encode()) % FOLDS == number]
        rest = [e for e in examples if zlib.crc32(fold(e["text"]).encode()) % FOLDS != number]
        heard: dict = {}
        for name in options.runs:
            with tempfile.TemporaryDirectory() as folder:
                agent, took = train(name, rest, Path(folder))
            seconds[name].append(took)
            for form, change in FORMS.items():
                answers, ms = ask(agent, [change(e["text"]) for e in held])
                parse_ms[name].append(ms)
                heard[name, form] = answers
                for example, answer in zip(held, answers, strict=True):
                    pairs[name, form].append((example["intent"], answer["intent"]["name"]))
                    if form == "as_typed" and example["entities"]:
                        got = {(e["entity"], str(e["value"]).casefold()) for e in answer["entities"]}
                        wanted = example["entities"]
                        entities[name].update(right=len(wanted & got), wrong=len(wanted ^ got))
        if {"logistic", "diet"} <= set(options.runs):
            for form in FORMS:
                for example, one, two in zip(held, heard["logistic", form], heard["diet", form], strict=True):
                    pairs["both", form].append((example["intent"], both(one, two)))
        print(f"fold {number + 1} of {FOLDS}", {k: rate(v) for k, v in pairs.items()}, flush=True)
    report = {"examples": len(examples), "folds": FOLDS, "runs": {}}
    for name in [*options.runs, *(["both"] if ("both", "as_typed") in pairs else [])]:
        counts = entities[name]
        report["runs"][name] = {
            "forms": {form: rate(pairs[name, form]) for form in FORMS},
            "entity_f1": round(2 * counts["right"] / (2 * counts["right"] + counts["wrong"]), 4) if counts else None,
            "parse_ms": round(sum(parse_ms[name]) / len(parse_ms[name]), 2) if parse_ms[name] else None,
            "training_s": round(sum(seconds[name]) / len(seconds[name]), 1) if seconds[name] else None,
        }
    options.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
