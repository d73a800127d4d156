"""Interface of a connection that a process has for what is its own only as long as it is well."""

from collections.abc import Sequence
from typing import Any, LiteralString, Protocol


class StandingSession(Protocol):
    """Statements on it, each a transaction of its own. Locks that they take last as long as the session."""

    async def rows(self, statement: LiteralString, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Execute a statement, and return its rows.

        Raises:
            StorageUnavailableError: The session is lost, and its locks with it. The next call begins another one.
        """
        ...
