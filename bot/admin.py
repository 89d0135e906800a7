"""tro-ly admin: teams and the people who work at the desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import get_args

import click

from bot.channels.telegram.name import bot_name
from bot.desk import words
from bot.desk.accounts import INVITATION_LASTS, Accounts
from bot.desk.bench import Bench, Clock
from bot.desk.hours import Hours
from bot.desk.volunteers import Volunteers
from bot.desk.where import served
from bot.settings import Settings, read_settings
from bot.store import teams
from bot.store.database import Database
from bot.store.teams import Level, Role, Volunteer
from knowledge.places.lookup import Places

_DAYS = click.option(
    "--days", type=click.IntRange(1, 60), default=INVITATION_LASTS.days, show_default=True, help="How long it is good."
)


@click.group()
def admin() -> None:
    """Teams and people of the desk: add, invite, end rights."""


@admin.command("team-add")
@click.argument("name")
@click.option("--level", type=click.Choice(get_args(Level)), required=True, help="Hamlet, commune or province.")
@click.option("--commune", default="", help="'xã Ninh Giang, Hải Phòng' or a code; not for a province.")
@click.option("--province", default="", help="For a province's team.")
def team_add(name: str, level: Level, commune: str, province: str) -> None:
    """Add a team."""
    places = Places()
    code, province_name = served(places, level, commune, province)
    with _database(read_settings()) as database:
        team = Accounts(database).add_team(name, level, datetime.now(UTC), commune=code, province=province_name)
    click.echo(f"Tổ số {team.id}: {team.name}, {places.name(code) if code else province_name}")


@admin.command("teams")
def list_teams() -> None:
    """List the teams."""
    places = Places()
    with _database(read_settings()) as database, database.begin() as db:
        found = teams.all_teams(db)
    for team in found:
        place = places.name(team.commune) if team.commune and places.known(team.commune) else team.province
        group = "có nhóm Telegram" if team.telegram_chat else "chưa có nhóm Telegram"
        click.echo(f"{team.id}  {team.name}  {words.LEVELS[team.level]}  {place}  {team.hours or 'giờ chung'}  {group}")
    if not found:
        click.echo("Chưa có tổ nào. Thêm tổ: tro-ly admin team-add")


@admin.command("team-hours")
@click.argument("number", type=int)
@click.argument("hours")
def team_hours(number: int, hours: str) -> None:
    """Set when a team works: "T2-T6 07:30-11:30 13:30-17:00; T7 07:30-11:30"; empty: the setting's hours."""
    with _database(read_settings()) as database:
        Accounts(database).set_hours(number, hours)
    click.echo(words.SAVED)


@admin.command("people")
def list_people() -> None:
    """List the people, also those who left."""
    with _database(read_settings()) as database, database.begin() as db:
        found, held = teams.everybody(db), teams.held(db)
        names = {team.id: team.name for team in teams.all_teams(db)}
    for one in found:
        ways = [way for way, has in (("trang bàn hỗ trợ", one.login), ("Telegram", one.telegram_user)) if has]
        state = "đã rời" if one.left_at else "trực" if one.on_duty else "nghỉ"
        click.echo(
            f"{one.id}  {one.name}  {words.ROLES[one.role]}  {names.get(one.team_id or 0, '-')}  {state}  "
            f"giữ {held.get(one.id, 0)}/{one.capacity}  {', '.join(ways) or 'chưa nhận lời mời'}"
        )
    if not found:
        click.echo('Chưa có ai. Mời người quản trị đầu tiên: tro-ly admin invite "anh Nam" --role admin')


@admin.command()
@click.argument("name")
@click.option("--role", type=click.Choice(get_args(Role)), required=True)
@click.option("--team", type=int, help="Number of the team; see `tro-ly admin teams`.")
@_DAYS
def invite(name: str, role: Role, team: int | None, days: int) -> None:
    """Invite somebody; NAME as citizens will read it, e.g. "chị Hoa"."""
    settings = read_settings()
    with _database(settings) as database:
        who, secret = Accounts(database).invite(name, role, datetime.now(UTC), team, timedelta(days=days))
    _show(settings, who, secret, days)


@admin.command("invite-again")
@click.argument("number", type=int)
@_DAYS
def invite_again(number: int, days: int) -> None:
    """Make a new link for somebody who lost the password or the phone."""
    settings = read_settings()
    with _database(settings) as database:
        secret = Accounts(database).invite_again(number, datetime.now(UTC), timedelta(days=days))
        with database.begin() as db:
            who = teams.volunteer_by(db, id=number)
    assert who is not None
    _show(settings, who, secret, days)


@admin.command("end-rights")
@click.argument("number", type=int)
def end_rights(number: int) -> None:
    """End somebody's rights at once; what they held waits for others."""
    settings = read_settings()
    with _database(settings) as database:
        with database.begin() as db:
            who = teams.volunteer_by(db, id=number)
        if who is None or who.left_at is not None:
            raise click.ClickException(f"không có người số {number}; xem: tro-ly admin people")
        clock = Clock(settings.desk_reminders, settings.desk_pass_on_minutes)
        bench = Bench(database, Places(), Hours.parse(settings.desk_hours), clock, lambda _: None, lambda _: None)
        Volunteers(bench).leave(number, datetime.now(UTC))
    click.echo(words.RIGHTS_ENDED.format(name=who.name))


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    database = Database(settings.database)
    try:
        database.migrate()
        yield database
    finally:
        database.close()


def _show(settings: Settings, who: Volunteer, secret: str, days: int) -> None:
    click.echo(f"Lời mời cho {who.name} (số {who.id}), dùng một lần trong {days} ngày. Gửi riêng:")
    click.echo(f"{settings.public_url.rstrip('/')}/ban/moi#{secret}")
    token = settings.telegram_token.get_secret_value()
    if not token:
        return
    if name := bot_name(token, settings.telegram_api_url):
        click.echo(f"https://t.me/{name}?start=moi-{secret}")
    else:
        click.echo(f"Không hỏi được Telegram tên bot. Bảo người được mời nhắn riêng cho bot: /start moi-{secret}")
