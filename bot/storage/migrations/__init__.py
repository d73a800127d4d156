"""Alembic migrations from an empty database to the current tables, one file for each step."""
