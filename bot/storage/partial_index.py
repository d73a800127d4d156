"""Conditions of partial indices, stated for each kind of database at once.

SQLAlchemy takes the condition under a name of its own for each; under one name alone the other kind of database
would index all rows, and a unique index would refuse rows that it must allow.
"""

from typing import Any

from sqlalchemy import text


def only_where(condition: str) -> dict[str, Any]:
    """Return the keyword arguments of `Index` and of Alembic's `create_index` that limit an index to some rows.

    Args:
        condition: In the SQL that all supported databases understand.
    """
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}
