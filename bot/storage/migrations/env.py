"""Alembic's entry: runs the migrations on the connection that it is handed, inside that one's transaction."""

from alembic import context

from bot.storage.moderation_tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # Alembic takes SQLite for unable, because Python's driver is, left to itself
    transaction_per_migration=False,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
