"""Entry point that Alembic imports: runs migrations in the open transaction of the caller's connection."""

from alembic import context

from bot.storage.moderation_tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # Alembic assumes that SQLite cannot roll back DDL, because Python's driver by default begins no transaction
    # for it. Our engine sends BEGIN itself (`bot.storage.sqlite_engines`), so all steps are one transaction.
    transactional_ddl=True,
    transaction_per_migration=False,
    # For generated steps: SQLite's ALTER TABLE cannot do most changes, so batch mode copies the table.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
