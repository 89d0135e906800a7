"""Run migrations on the connection that bot.store.database hands over."""

from alembic import context

from bot.store.schema import metadata

connection = context.config.attributes["connection"]
# Batch mode: SQLite cannot alter tables in place.
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
