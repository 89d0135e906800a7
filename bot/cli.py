"""The tro-ly command. Heavy parts are imported inside commands: they take seconds, and --help should not."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import click

from bot.errors import BotError
from bot.settings import Settings, read_settings
from knowledge.errors import KnowledgeError


class _Lazy(click.Group):
    """Adds commands on demand from modules of their own, which most commands never need."""

    _modules = {"desk": "bot.desk_commands", "evaluate": "evaluation.cli"}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *self._modules])

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in self._modules:
            return cast("click.Command", getattr(import_module(self._modules[name]), name))
        return super().get_command(ctx, name)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Trợ lý Dịch vụ công: hỏi đáp dịch vụ công trực tuyến bằng tiếng Việt."""


@cli.command()
@click.argument("question")
@click.option("--history", multiple=True, help="An earlier message of the same person; may be given several times.")
@click.option("--json", "as_json", is_flag=True, help="Print everything known of the answer.")
def ask(question: str, history: tuple[str, ...], as_json: bool) -> None:
    """Ask one question; uses the running server when there is one."""
    settings = read_settings()
    answer = _ask_server(settings, question, history)
    if answer is None:
        from bot.app import build_asker
        from bot.rasa_process import short_lived

        with short_lived(_quiet(settings)) as nlu:
            answer = build_asker(settings, nlu).ask(question, history)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    click.echo(answer["reply"])
    for number, label in enumerate(answer["buttons"], start=1):
        click.echo(f"   [{number}] {label}")


@cli.command()
def chat() -> None:
    """Talk in the terminal."""
    from bot.app import build_terminal
    from bot.rasa_process import short_lived

    settings = _quiet(read_settings())
    with short_lived(settings) as nlu:
        build_terminal(settings, nlu)()


@cli.command()
def serve() -> None:
    """Serve the web chat, and Telegram when TELEGRAM_TOKEN is set."""
    import asyncio

    from bot.app import Server
    from bot.observe import set_up_logging

    settings = read_settings()
    set_up_logging(settings.log_level, settings.data_dir / "logs")
    asyncio.run(Server(settings).run())


@cli.command()
@click.option("--all", "everything", is_flag=True, help="Closed ones too.")
@click.option("--json", "as_json", is_flag=True)
def tickets(everything: bool, as_json: bool) -> None:
    """List the people who asked for a person: urgent ones first, then those who wait longest."""
    from dataclasses import asdict

    from bot.desk import words
    from bot.store import tickets as kept
    from bot.store.database import Database

    database = Database(read_settings().database)
    database.migrate()
    with database.begin() as db:
        found = kept.listed(db, states=tuple(words.STATES) if everything else kept.OPEN, limit=10_000)
    if as_json:
        click.echo(json.dumps([asdict(ticket) for ticket in found], ensure_ascii=False, indent=2, default=str))
        return
    for ticket in found:
        when = f"{ticket.created_at.astimezone():%d/%m/%Y %H:%M}"
        state = words.STATES[ticket.state]
        click.echo(f"#{ticket.id}  {when}  {state}  {ticket.channel}  {ticket.guide or '-'}  {ticket.question}")
    if not found:
        click.echo("Không có yêu cầu nào đang chờ.")


@cli.group()
def index() -> None:
    """Build, check and search the index."""


@index.command("build")
def index_build() -> None:
    """Build the index from the guides and make it current; a running server takes it over within seconds."""
    from tqdm import tqdm

    from bot.app import model_path
    from knowledge.embeddings import SentenceEncoder
    from knowledge.index import build
    from knowledge.library import load

    settings = read_settings()
    with tqdm(unit="passage", desc="encode", disable=not sys.stderr.isatty()) as bar:

        def progress(_what: str, done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        encoder = SentenceEncoder(model_path(settings.encoder))
        manifest = build(load(settings.guides_dir), encoder, settings.data_dir / "index", progress)
    click.echo(
        f"index {manifest.version}: {manifest.guides} guides, {manifest.passages} passages, built {manifest.built_at}"
    )


@index.command("check")
def index_check() -> None:
    """Verify the current index: files whole, counts agree."""
    from knowledge.index import open_current

    opened = open_current(read_settings().data_dir / "index")
    click.echo(
        f"index {opened.manifest.version} is whole: {len(opened.guides)} guides, {len(opened.passages)} passages"
    )


@index.command("search")
@click.argument("query")
@click.option("--limit", default=5, show_default=True)
def index_search(query: str, limit: int) -> None:
    """Show the best guides for a query and what speaks for each."""
    from bot.app import build_asker

    for place, candidate in enumerate(build_asker(read_settings()).search(query, limit), start=1):
        signals = "  ".join(f"{name} {value:.2f}" for name, value in candidate.features.items() if value)
        click.echo(
            f"{place}. {candidate.guide.id}  {candidate.score:+.2f}  [{candidate.passage.aspect}] {candidate.passage.text[:80]}"
        )
        click.echo(f"     {signals}")


@cli.group()
def guides() -> None:
    """Check, import and export guides."""


@guides.command("check")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
def guides_check(folder: Path | None) -> None:
    """Name file, field and line of every fault in the guide files."""
    from knowledge.library import check

    found, faults = check(folder or read_settings().guides_dir)
    for fault in faults:
        click.echo(str(fault))
    click.echo(f"{len(found)} guides, {len(faults)} faults")
    sys.exit(1 if faults else 0)


@guides.command("audit")
@click.option("--json", "as_json", is_flag=True)
@click.option("--problems", is_flag=True, help="Only what is wrong or has expired.")
def guides_audit(as_json: bool, problems: bool) -> None:
    """List every number that guides can say, with its source, dates and confidence; fail when one has nothing behind it."""
    from datetime import date

    from knowledge.audit import audit
    from knowledge.library import load

    found = audit(load(read_settings().guides_dir), date.today())  # noqa: DTZ011 - the day where the office is
    shown = [number for number in found if number.problem or not problems]
    if as_json:
        click.echo(json.dumps([number.as_row() for number in shown], ensure_ascii=False, indent=2))
    else:
        for row in (number.as_row() for number in shown):
            click.echo("\t".join(str(row[name]) for name in row))
    wrong = [number for number in found if number.problem and number.problem != "expired"]
    expired = sum(number.problem == "expired" for number in found)
    click.echo(f"{len(found)} numbers, {len(wrong)} without anything behind them, {expired} expired", err=True)
    sys.exit(1 if wrong else 0)


@guides.command("export")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default="guides.jsonl", show_default=True)
def guides_export(out: Path) -> None:
    """Write all guides as JSON lines, to keep or to edit elsewhere."""
    from knowledge.library import export, load

    found = load(read_settings().guides_dir)
    export(found, out)
    click.echo(f"{len(found)} guides -> {out}")


@guides.command("import")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
def guides_import(source: Path) -> None:
    """Take guides from JSON lines or a folder of *.yml; nothing changes unless all of them are sound."""
    from knowledge.library import import_guides

    added, changed = import_guides(source, read_settings().guides_dir)
    click.echo(f"{len(added)} guides added, {len(changed)} changed. Build the index anew with: tro-ly index build")


@guides.command("schema")
def guides_schema() -> None:
    """Print the JSON Schema of a guide, for editors."""
    from knowledge.guide import Guide

    click.echo(json.dumps(Guide.model_json_schema(), ensure_ascii=False, indent=2))


@cli.group()
def records() -> None:
    """Import and look up published procedure records (danh mục thủ tục hành chính)."""


@records.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--published", type=click.DateTime(["%Y-%m-%d"]), help="Day of publication, for records that do not carry it."
)
@click.option("--dry-run", is_flag=True, help="Only tell what would change.")
@click.option("--json", "as_json", is_flag=True)
def records_import(files: tuple[Path, ...], published: datetime | None, dry_run: bool, as_json: bool) -> None:
    """Take records from JSON, JSON lines, CSV, XLSX files or saved pages; all files or none, and a known code is updated."""
    from tqdm import tqdm

    from knowledge.records.importing import import_records
    from knowledge.records.store import RecordStore

    with tqdm(unit=" hồ sơ", desc="đọc", disable=not sys.stderr.isatty()) as bar:
        report = import_records(
            RecordStore(read_settings().records), files, published.date() if published else None,
            keep=not dry_run, progress=bar.update,
        )  # fmt: skip
    if as_json:
        click.echo(json.dumps({"dry_run": dry_run, **report.as_json()}, ensure_ascii=False, indent=2))
    else:
        for row in report.skipped:
            click.echo(f"Bỏ qua {row}")
        for file, columns in report.unknown_columns.items():
            click.echo(f"{file}: không lấy các cột {', '.join(columns)}")
        click.echo(("Nếu nhập thật: " if dry_run else "") + report.summary())
    taken = [*report.changes.added, *report.changes.changed, *report.changes.unchanged]
    sys.exit(0 if taken or not report.skipped else 1)


@records.command("search")
@click.argument("query")
@click.option("--limit", default=5, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def records_search(query: str, limit: int, as_json: bool) -> None:
    """Show the records nearest to a query, best first."""
    from knowledge.records.store import RecordStore

    found = RecordStore(read_settings().records).search(query, limit)
    if as_json:
        click.echo(json.dumps([asdict(match) for match in found], ensure_ascii=False, indent=2))
        return
    for place, match in enumerate(found, start=1):
        click.echo(f"{place}. {match.code}  {match.score:.2f}  {match.title}")
    if not found:
        click.echo("Không có hồ sơ nào khớp.")


@records.command("show")
@click.argument("code")
@click.option("--json", "as_json", is_flag=True)
def records_show(code: str, as_json: bool) -> None:
    """Show everything a record carries, as it was published."""
    from knowledge.records.store import RecordStore

    stored = RecordStore(read_settings().records).by_code(code)
    if stored is None:
        raise click.ClickException(f"chưa nhập hồ sơ nào có mã {code}")
    fields = stored.record.model_dump(mode="json", exclude_defaults=True)
    if as_json:
        more = {"source": stored.source, "imported_at": stored.imported_at.isoformat()}
        click.echo(json.dumps({**fields, **more}, ensure_ascii=False, indent=2))
        return
    for name, text in fields.items():
        click.echo(f"{name}: {text}")
    click.echo(f"Nhập từ {stored.source} lúc {stored.imported_at.astimezone():%d/%m/%Y %H:%M}")


@records.command("list")
def records_list() -> None:
    """List code, day of publication, file and title of every record."""
    from knowledge.records.store import RecordStore

    found = RecordStore(read_settings().records).all()
    for code, title, published_on, source in found:
        click.echo(f"{code}  {published_on}  {source}  {' '.join(title.split())}")
    click.echo(f"{len(found)} hồ sơ", err=True)


@records.command("remove")
@click.argument("codes", nargs=-1, required=True)
def records_remove(codes: tuple[str, ...]) -> None:
    """Forget records by their codes."""
    from knowledge.records.store import RecordStore

    gone = RecordStore(read_settings().records).remove(codes)
    for code in codes:
        click.echo(f"{code}: {'đã bỏ' if code in gone else 'không có'}")


@cli.group()
def nlu() -> None:
    """Train and test what Rasa understands."""


@nlu.command("train")
def nlu_train() -> None:
    """Train Rasa's model, unless one of the same inputs is there."""
    from bot.nlu_model import train

    model, trained = train(read_settings().data_dir / "models")
    click.echo(f"{'trained' if trained else 'unchanged'}: {model.name}")


@nlu.command("test")
@click.pass_context
def nlu_test(context: click.Context) -> None:
    """Measure what a really running Rasa understands; the same as `evaluate nlu`."""
    context.invoke(import_module("evaluation.cli").nlu)


def _ask_server(settings: Settings, question: str, history: tuple[str, ...]) -> dict[str, Any] | None:
    """The answer of the running server, or None when none runs."""
    import httpx

    url = f"http://{settings.host}:{settings.port}/api/ask"
    try:
        response = httpx.post(url, json={"question": question, "history": list(history)}, timeout=30)
    except httpx.TransportError:
        return None
    if response.status_code == 400:
        raise click.ClickException(response.json()["error"])
    # Something else may listen there; then we answer ourselves.
    return response.json() if response.status_code == 200 and "outcome" in response.text else None


def _quiet(settings: Settings) -> Settings:
    from bot.observe import set_up_logging

    set_up_logging("ERROR", None)
    return settings


def main() -> None:
    """Run a command; an expected error is one clear line and exit status 1."""
    try:
        cli(standalone_mode=False)
    except click.ClickException as exc:
        exc.show()
        sys.exit(exc.exit_code)
    except click.Abort:
        sys.exit(130)
    except (BotError, KnowledgeError) as exc:
        click.echo(f"Lỗi: {exc}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
