"""The way from an empty database to today's tables, a file a step, run by Alembic."""
