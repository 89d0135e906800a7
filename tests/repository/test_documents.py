"""Documents agree with the code: settings, commands, intents and actions are described, and none that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from ruamel.yaml import YAML

from actions import ACTIONS
from bot.cli import cli
from bot.conversation.steps.decide import ACTS
from bot.conversation.steps.obey_commands import COMMANDS, PHRASES, WALK_WORDS
from bot.conversation.steps.retrieve import ASPECTS
from bot.sentences import COMMANDS as SHOWN_COMMANDS
from bot.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_env_example_names_every_setting_with_its_default() -> None:
    described = dict(re.findall(r"^#([A-Z_]+)=(.*)$", text(".env.example"), re.M))
    assert set(described) == {name.upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, int | float) or name == "log_level":
            assert described[name.upper()] == str(field.default), name


def test_the_readme_names_every_command() -> None:
    readme = text("README.md")
    for name in cli.list_commands(click.Context(cli)):
        assert f"tro-ly {name}" in readme, name


def test_the_readme_names_every_command_for_administrators() -> None:
    readme = text("README.md")
    group = cli.get_command(click.Context(cli), "admin")
    assert isinstance(group, click.Group)
    for name in group.commands:
        assert f"`tro-ly admin {name}`" in readme or f"`{name}`" in readme, name


def test_every_intent_leads_somewhere_and_no_other_is_expected() -> None:
    domain = YAML(typ="safe").load(text("nlu/domain.yml"))
    known = {intent if isinstance(intent, str) else next(iter(intent)) for intent in domain["intents"]}
    used = {*ACTS, *ASPECTS, "report_scam", "verify_link", "out_of_scope"}
    assert known == used


def test_every_named_action_exists() -> None:
    named = {*ACTS.values(), *COMMANDS.values(), *PHRASES.values(), *WALK_WORDS.values()}
    assert named <= set(ACTIONS)


def test_every_command_that_is_shown_is_obeyed() -> None:
    assert set(SHOWN_COMMANDS) <= set(COMMANDS)


@pytest.mark.parametrize("name", ["README.md", "docs/architecture.md", "docs/evaluation.md", "nlu/README.md"])
def test_files_named_in_documents_exist(name: str) -> None:
    for path in re.findall(r"`((?:bot|nlu|knowledge|actions|evaluation|docs|tests)/[\w./-]+)`", text(name)):
        assert (ROOT / path).exists(), path


def test_every_file_opens_with_one_sentence() -> None:
    for folder in ("bot", "actions", "knowledge", "nlu", "evaluation", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            if "migrations" not in path.parts:
                assert path.read_text(encoding="utf-8").lstrip().startswith('"""'), path
