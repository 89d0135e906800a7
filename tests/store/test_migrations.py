"""An upgrade keeps what stands in the tables, whichever version wrote it."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from bot.store import tickets
from bot.store.database import MIGRATIONS, Database
from bot.store.schema import metadata


def test_tickets_of_the_first_desk_outlive_every_upgrade(database: Database) -> None:
    with database.begin() as db:
        metadata.drop_all(db)
        db.execute(text("DROP TABLE alembic_version"))
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = db
        command.upgrade(config, "0002")
        at = "'2026-11-24 03:00:00+00:00'"
        for table, values in {
            "conversation (channel, chat, context, created_at)": f"'web', 'chi', '{{}}', {at}",
            "ticket (conversation_id, state, reason, question, created_at)": f"1, 'waiting', 'x', 'mất sim', {at}",
            "relay (ticket_id, author, kind, text, at)": f"1, 'citizen', 'text', 'chào', {at}",
        }.items():
            db.execute(text(f"INSERT INTO {table} VALUES ({values})"))
    database.migrate()
    with database.begin() as db:
        kept = tickets.get(db, 1)
    assert kept
    assert kept.question == "mất sim"
