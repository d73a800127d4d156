"""Changes of a bot's database from outside: what another process, a tool, a kill or an accident would have left."""

import asyncio

from tests.e2e.actors.harness import Harness
from tests.postgresql.outside import change


def rewrite(harness: Harness, *statements: str) -> None:
    """Carry statements out, each by itself, while the bot is stopped."""
    for statement in statements:
        change(harness.database_url, harness.data_dir, statement)


async def change_rows(harness: Harness, statement: str, *values: object) -> None:
    """Carry out one statement, with `?` for each value, beside a bot that may be within a transaction."""
    await asyncio.to_thread(change, harness.database_url, harness.data_dir, statement, *values)
