"""The tro-ly desk commands: reports, proposed answers, the daily digest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.app import build_bench, model_path
from bot.desk import export, learning, reports
from bot.desk.bench import Bench
from bot.desk.digest import Digest
from bot.settings import Settings, read_settings
from bot.store import suggestions as kept
from bot.store import teams
from bot.store.database import Database
from knowledge.embeddings import SentenceEncoder
from knowledge.library import load
from knowledge.places.lookup import Places

_DAY = click.DateTime(["%Y-%m-%d", "%d/%m/%Y"])
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def desk() -> None:
    """Reports of the desk, answers proposed for the guides, the daily digest."""


@desk.command()
@click.option("--from", "first", type=_DAY, help="First day, like 2026-11-01; without it 30 days up to today.")
@click.option("--to", "last", type=_DAY, help="Last day, included.")
@click.option("--team", type=int, help="Number of one team.")
@click.option("--csv", "csv_file", type=_FILE, help="Write all columns for a spreadsheet.")
@click.option("--xlsx", "xlsx_file", type=_FILE, help="Write all columns for Excel or LibreOffice.")
@click.option("--json", "as_json", is_flag=True)
def report(
    first: datetime | None, last: datetime | None, team: int | None, csv_file: Path | None, xlsx_file: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Count the tickets opened in a period: answers, waiting times, satisfaction; by team and commune."""
    start, end = reports.period(datetime.now(UTC), first and first.date(), last and last.date())
    if start > end:
        raise click.BadParameter(f"{start} is after {end}", param_hint="--from")
    with _bench(read_settings()) as bench:
        with bench.database.begin() as db:
            known = {one.id: one.name for one in teams.all_teams(db)}
        if team is not None and team not in known:
            there = ", ".join(f"{number} ({name})" for number, name in known.items()) or "none"
            raise click.BadParameter(f"there is no team {team}; teams: {there}", param_hint="--team")
        found = reports.build(bench, start, end, team)
    for file, write in ((csv_file, export.as_csv), (xlsx_file, export.as_xlsx)):
        if file:
            file.write_bytes(write(found))
            click.echo(f"{len(found.rows)} rows -> {file}", err=True)
    if as_json:
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=2))
    elif not (csv_file or xlsx_file):
        click.echo(_shown(found))


@desk.command()
@click.option("--json", "as_json", is_flag=True)
def suggestions(as_json: bool) -> None:
    """List answers that volunteers proposed, alike ones together, the most frequent first."""
    settings = read_settings()
    with _bench(settings) as bench:
        groups = _groups(settings, bench)
    if as_json:
        rows = [
            {
                "number": group.number, "count": group.count, "question": group.question, "guide": group.guide,
                "answers": group.answers, "numbers": group.numbers,
            }
            for group in groups
        ]  # fmt: skip
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for group in groups:
        click.echo(f"{group.number}. ({group.count} lần) {group.question}  [{group.guide or '-'}]")
        for answer in group.answers:
            click.echo(f"     → {' '.join(answer.split())}")
    click.echo("\nNhận vào kho: tro-ly desk take SỐ. Bỏ: tro-ly desk drop SỐ" if groups else "Kho chưa có gì mới.")


@desk.command()
@click.argument("number", type=int)
@click.option("--one", is_flag=True, help="Only this one, not those that are alike.")
def take(number: int, one: bool) -> None:
    """Mark a proposed answer and those alike as taken into the guides."""
    _settle(number, one, "taken", "Đã nhận")


@desk.command()
@click.argument("number", type=int)
@click.option("--one", is_flag=True, help="Only this one, not those that are alike.")
def drop(number: int, one: bool) -> None:
    """Put a proposed answer and those alike aside."""
    _settle(number, one, "dropped", "Đã bỏ")


@desk.command()
@click.option("--print", "only_print", is_flag=True, help="Show what would be said; send nothing.")
def digest(only_print: bool) -> None:
    """Send today's digests that have not gone out yet, at once; the running service delivers them."""
    settings, now = read_settings(), datetime.now(UTC)
    with _bench(settings, titles=True) as bench:
        it = Digest(bench, settings.digest_at, settings.desk_admin_chat)
        if only_print:
            click.echo("\n\n".join(it.texts(now)))
        else:
            click.echo(f"Đã gửi {it.send(now)} bản tin.")


@contextmanager
def _bench(settings: Settings, *, titles: bool = False) -> Iterator[Bench]:
    """Yield the desk's tools; titles: of guides too, which takes reading them."""
    database = Database(settings.database)
    database.migrate()
    guides = {guide.id: guide for guide in load(settings.guides_dir)} if titles else {}
    yield build_bench(settings, database, Places(), guides.get)
    database.close()


def _groups(settings: Settings, bench: Bench) -> list[learning.Group]:
    with bench.database.begin() as db:
        found = kept.in_state(db)
    return learning.grouped(found, SentenceEncoder(model_path(settings.encoder)))


def _settle(number: int, one: bool, state: str, done: str) -> None:
    settings = read_settings()
    with _bench(settings) as bench:
        numbers = [number] if one else next((g.numbers for g in _groups(settings, bench) if number in g.numbers), [])
        with bench.database.begin() as db:
            settled = learning.settle(db, numbers, state)
    if not settled:
        raise click.BadParameter(f"there is no new suggestion {number}; see: tro-ly desk suggestions")
    click.echo(f"{done} {len(settled)} câu: {', '.join(map(str, settled))}")


def _shown(found: reports.Report) -> str:
    """Return the most important numbers of each row as lines of text."""
    lines = [f"{found.first:%d/%m/%Y} - {found.last:%d/%m/%Y}"]
    for row in found.rows:
        share = "-" if row.answered_share is None else f"{row.answered_share:.0%}"
        stars = "-" if row.stars_mean is None else f"{row.stars_mean:.1f}/5 ({row.rated} người)"
        lines.append(
            f"{row.name}: mở {row.opened} (khẩn {row.urgent}), trả lời {share}, xong {row.ended}, "
            f"chờ trả lời {_minutes(row.first_answer)}, tới khi xong {_minutes(row.close)}, sao {stars}, "
            f"lấy lại {row.taken_back}, chuyển lên {row.escalated}"
        )
    return "\n".join(lines)


def _minutes(times: reports.Times) -> str:
    return "-" if times.median is None else f"{times.median:.0f} phút (9 phần 10: {times.p90:.0f})"
