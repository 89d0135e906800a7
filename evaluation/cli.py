"""tro-ly evaluate: each command measures one thing and prints it, as JSON when asked."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from bot.rasa_process import short_lived
from bot.settings import Settings, read_settings


@click.group()
def evaluate() -> None:
    """Measure answers, understanding, retrieval and speed."""


@evaluate.command()
@click.option(
    "--questions",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON lines; default: our test split.",
)
@click.option(
    "--split", type=click.Choice(["dev", "test", "held_out"]), default="test", show_default=True,
    help="Golden questions with our out-of-scope ones; held_out: by another hand.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for report.json, report.md, misses.jsonl."
)
@click.option("--json", "as_json", is_flag=True)
@click.option("--no-rasa", is_flag=True, help="Measure with Rasa away.")
def answers(questions: Path | None, split: str, out: Path | None, as_json: bool, no_rasa: bool) -> None:
    """Ask every question in three forms and count right, asked back, abstained and wrong answers."""
    from bot.app import build_asker
    from evaluation.answers import measure
    from evaluation.answers.questions import HELD_OUT, golden, out_of_scope, read
    from knowledge.library import load

    settings = _quiet()
    if questions or split == "held_out":
        asked = read(questions or HELD_OUT)
    else:
        asked = [*golden(load(settings.guides_dir), split), *out_of_scope(split)]  # type: ignore[arg-type]
    with nullcontext() if no_rasa else short_lived(settings) as nlu:
        asker = build_asker(settings, nlu)
        report = measure.measure(asker, asked, quiet=as_json)
    report["rasa"] = nlu is not None
    _write(out, report, measure.table(report))
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
        return
    click.echo(measure.table(report))
    click.echo(
        f"{report['questions']} questions, latency ms {report['latency_ms']}, {len(report['misses'])} misses, rasa {report['rasa']}"
    )


@evaluate.command("all")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder; default: DATA_DIR/scorecard.")
@click.option("--json", "as_json", is_flag=True)
@click.option("--fast", is_flag=True, help="Under two minutes: no teencode, no dev, no retrieval baselines.")
@click.option(
    "--bench", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of BEIR-style sets."
)
@click.option("--check", is_flag=True, help="Fail when a main number left its kept interval for the worse.")
@click.option("--keep", is_flag=True, help="Keep the numbers for --check; renew README, docs and their pictures.")
def everything(out: Path | None, as_json: bool, fast: bool, bench: Path | None, check: bool, keep: bool) -> None:
    """Measure everything and write one page: scorecard.md, scorecard.json and two pictures."""
    from bot.app import build_assistant
    from bot.nlu_model import usable_model
    from evaluation.scorecard import headline, page
    from evaluation.scorecard.measure import RememberingSearch, measure

    if keep and (fast or check):
        raise click.UsageError("--keep needs a whole measurement of its own: leave out --fast and --check")
    settings = _quiet()
    sets = sorted(path.parent for path in bench.rglob("qrels.tsv*")) if bench else []
    if bench and not sets:
        raise click.BadParameter(f"no qrels.tsv in {bench} or below", param_hint="--bench")
    out = out or settings.data_dir / "scorecard"
    with short_lived(settings) as nlu:
        if keep and nlu is None:
            raise click.ClickException("Rasa is needed for --keep; run: make setup")
        assistant = build_assistant(settings, nlu)
        search = RememberingSearch(assistant.services.search, assistant.services.decider)
        report = measure(
            assistant, search, nlu, fast=fast, bench_sets=sets, quiet=not sys.stderr.isatty(),
            say=lambda line: click.echo(f"… {line}", err=True),
        )  # fmt: skip
    if nlu is not None and not settings.rasa_replicas:
        report["versions"]["rasa_model"] = usable_model(settings.data_dir / "models").name
    page.write(report, out)
    now = headline.headline(report)
    if keep:
        page.publish(report, headline.keep(report))
    if as_json:
        click.echo((out / "scorecard.json").read_text(encoding="utf-8"))
    else:
        click.echo(page.headline_table(now))
        click.echo(f"{out / 'scorecard.md'}")
    if check:
        kept = headline.read_kept()["headline"]
        worse = headline.drops(now, kept)
        for line in worse:
            click.echo(f"worse: {line}", err=True)
        click.echo(
            f"{len(now.keys() & kept.keys())} of {len(kept)} kept numbers compared, {len(worse)} worse", err=True
        )
        if worse:
            raise SystemExit(1)


@evaluate.command()
def calibrate() -> None:
    """Fit the weights and thresholds of knowledge/decide.json on the dev questions."""
    from bot.app import build_assistant
    from evaluation.answers.calibrate import calibrate as fit
    from knowledge.decide import WEIGHTS

    settings = _quiet()
    with short_lived(settings) as nlu:
        assistant = build_assistant(settings, nlu)
        click.echo(json.dumps(fit(assistant.services.search, assistant.services.nlu, WEIGHTS), indent=2))


@evaluate.command()
@click.option(
    "--questions", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="JSON lines; default: our own."
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for report.json.")
@click.option("--json", "as_json", is_flag=True)
def nlu(questions: Path | None, out: Path | None, as_json: bool) -> None:
    """Measure what a really running Rasa understands of messages it never saw."""
    from evaluation.nlu import measure

    settings = _quiet()
    rows = measure.read(questions or measure.QUESTIONS)
    with short_lived(settings) as client:
        if client is None:
            raise click.ClickException("Rasa is needed for this; run: make setup")
        report = measure.measure(client, rows)
    if out:
        out.mkdir(parents=True, exist_ok=True)
        (out / "report.json").write_text(json.dumps(report, ensure_ascii=False, indent=2), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
        return
    for name, scores in report["forms"].items():
        click.echo(
            f"{name}: accuracy {scores['accuracy']['share']:.3f}  macro-F1 {scores['macro_f1']:.3f}  entity F1 {scores['entity_f1']:.3f}"
        )
    for miss in report["misheard"]:
        click.echo(f"  {miss['intent']} heard as {miss['heard']} ({miss['confidence']:.2f}): {miss['text']}")
    click.echo(f"{report['questions']} messages, parse ms {report['parse_ms']}")


@evaluate.command()
@click.option("--json", "as_json", is_flag=True)
@click.option("--fit", is_flag=True, help="First make bot/desk/guard_weights.tsv anew from the examples; minutes.")
def guard(as_json: bool, fit: bool) -> None:
    """Count what the relay guard lets through, and what it stops without need."""
    if fit:
        from bot.desk.guard_model import WEIGHTS
        from evaluation.desk.guard_fit import fit as fit_weights

        fit_weights(WEIGHTS, lambda line: click.echo(line, err=True))
    from evaluation.desk.guard import BLIND, SENTENCES, measure, read, table

    report = measure(read(SENTENCES), {name: read(path) for name, path in BLIND.items()})
    click.echo(json.dumps(report, ensure_ascii=False, indent=2) if as_json else table(report))


@evaluate.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def retrieval(arguments: tuple[str, ...]) -> None:
    """Measure BM25, dense and hybrid search on a BEIR-style folder; see --help after it."""
    from evaluation.retrieval.bench import main

    raise SystemExit(main(list(arguments) or ["--guides", "test"]))


@evaluate.command()
@click.option("--passages", default=1_000_000, show_default=True, help="Synthetic passages in the large index.")
@click.option(
    "--update-passages", default=100_000, show_default=True, help="Passages in the library where one guide changes."
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for scale.json and scale.md.")
@click.option("--json", "as_json", is_flag=True)
def scale(passages: int, update_passages: int, out: Path | None, as_json: bool) -> None:
    """Measure an index of very many passages: build, size, memory, search, and the update of one guide."""
    from bot.app import model_path
    from evaluation.retrieval.scale import measure, table
    from knowledge.embeddings import SentenceEncoder
    from knowledge.library import load

    settings = _quiet()
    encoder = SentenceEncoder(model_path(settings.encoder))
    report = measure(
        load(settings.guides_dir), encoder, passages, update_passages, lambda line: click.echo(line, err=True)
    )
    packed = json.dumps(report, indent=1)
    if out:
        out.mkdir(parents=True, exist_ok=True)
        (out / "scale.json").write_text(packed + "\n", encoding="utf-8")
        (out / "scale.md").write_text(table(report) + "\n", encoding="utf-8")
    click.echo(packed if as_json else table(report))


@evaluate.command()
@click.option("--json", "as_json", is_flag=True)
@click.option("--turns", default=600, show_default=True, help="Turns asked of each assistant.")
@click.option("--people", default=4, show_default=True, help="Conversations at the same time.")
def load(as_json: bool, turns: int, people: int) -> None:
    """Measure whole turns against a stock Rasa assistant in the same run."""
    from evaluation.load.measure import measure

    report = measure(_quiet(), turns, people, lambda line: click.echo(line, err=True))
    if as_json:
        click.echo(json.dumps(report, indent=2))
        return
    click.echo("| | turns/s | p50 ms | p95 ms | p99 ms | memory MB |\n|---|---|---|---|---|---|")
    for name in ("ours", "stock_rasa"):
        click.echo(f"| {name} | " + " | ".join(str(value) for value in report[name].values()) + " |")
    click.echo(
        f"turns/s x {report['ratio_turns']}, p50 x {report['ratio_p50']}, {people} people, {report['cores']} cores"
    )


@evaluate.command()
@click.option("--json", "as_json", is_flag=True)
@click.option("--citizens", default=200, show_default=True, help="People who ask for a person.")
@click.option(
    "--volunteers", default=20, show_default=True, help="People who answer, in at least two teams, else of four."
)
@click.option(
    "--kills", default=20, show_default=True, help="How often the service is killed with -9 and started again."
)
@click.option("--seed", default=1, show_default=True, help="Another seed is another day.")
@click.option(
    "--services", default=1, show_default=True, type=click.IntRange(1), help="Service processes on one database."
)
@click.option(
    "--database", default="", help="postgresql+psycopg://…, used in a schema of its own; default: a SQLite file."
)
def desk(
    as_json: bool, citizens: int, volunteers: int, kills: int, seed: int, services: int, database: str
) -> None:  # fmt: skip
    """Play citizens and volunteers against real services under faults; see what was lost, doubled or let through."""
    from evaluation.desk.measure import measure

    if database and not database.startswith("postgresql"):
        raise click.BadParameter("must be postgresql+psycopg://user@host/database", param_hint="--database")
    if services > 1 and not database:
        raise click.UsageError(
            "several services share no SQLite file; name a PostgreSQL: --database postgresql+psycopg://…"
        )
    report = measure(
        citizens, volunteers, kills, seed, lambda line: click.echo(line, err=True), services=services, database_url=database
    )  # fmt: skip
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
        return
    for name, value in report.items():
        click.echo(f"{name}: {value}")


def _quiet() -> Settings:
    from bot.observe import set_up_logging

    set_up_logging("ERROR", None)
    return read_settings()


def _write(out: Path | None, report: dict[str, Any], table: str) -> None:
    if out is None:
        return
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.json").write_text(json.dumps(report, ensure_ascii=False, indent=2), encoding="utf-8")
    (out / "report.md").write_text(table + "\n", encoding="utf-8")
    lines = [json.dumps(miss, ensure_ascii=False) for miss in report["misses"]]
    (out / "misses.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
