"""Write the stock assistant's folder from our own training data, and train it; cached by content hash."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from ruamel.yaml import YAML

from bot.nlu_model import RASA_PYTHON
from bot.settings import ROOT
from knowledge.guide import Guide

HERE = Path(__file__).parent
SMALL_TALK = ("greet", "thank", "goodbye")


def build(guides: list[Guide], cache: Path) -> Path:
    """Return a folder with the trained stock assistant; training takes several minutes the first time."""
    data = sorted((ROOT / "nlu" / "data").glob("*.yml"))
    digest = hashlib.sha256()
    for path in [*data, ROOT / "nlu" / "domain.yml", *sorted(HERE.rglob("*.yml")), *sorted(HERE.rglob("*.py"))]:
        digest.update(path.read_bytes())
    folder = cache / f"stock-{digest.hexdigest()[:16]}"
    if (folder / "models" / "stock.tar.gz").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "data").mkdir(parents=True)
    for path in data:
        shutil.copy(path, folder / "data")
    shutil.copy(HERE / "config.yml", folder)
    shutil.copytree(HERE / "actions", folder / "actions")
    _write_domain_and_rules(folder)
    answers = [[guide.title, guide.short] for guide in guides]
    (folder / "answers.json").write_text(json.dumps(answers, ensure_ascii=False), encoding="utf-8")
    environment = {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    command = [str(RASA_PYTHON), "-m", "rasa", "train", "--fixed-model-name", "stock"]
    with (folder / "train.log").open("wb") as log:
        subprocess.run(command, cwd=folder, env=environment, stdout=log, stderr=log, check=True)
    return folder


def _write_domain_and_rules(folder: Path) -> None:
    yaml = YAML()
    ours = yaml.load((ROOT / "nlu" / "domain.yml").read_text(encoding="utf-8"))
    intents = [intent if isinstance(intent, str) else next(iter(intent)) for intent in ours["intents"]]
    domain = {
        "version": "3.1",
        "intents": intents,
        "entities": list(ours.get("entities", [])),
        "actions": ["action_answer"],
        "responses": {f"utter_{name}": [{"text": f"Dạ ({name})."}] for name in (*SMALL_TALK, "default")},
        "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
    }
    steps = {name: f"utter_{name}" for name in SMALL_TALK}
    rules = [
        {"rule": intent, "steps": [{"intent": intent}, {"action": steps.get(intent, "action_answer")}]}
        for intent in [*intents, "nlu_fallback"]
    ]
    yaml.dump(domain, folder / "domain.yml")
    yaml.dump({"version": "3.1", "rules": rules}, folder / "data" / "rules.yml")
