"""Record of all changes of the jobs' rows, by a trigger of the PostgreSQL server, which no bot escapes."""

import contextlib
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row
from psycopg.types.string import TextLoader

_INSTALL: Final = """
CREATE TABLE public.row_log (
    number bigserial PRIMARY KEY,
    at_s double precision, job text, claim bigint, owner text, state text, at_rest boolean);
CREATE FUNCTION public.note_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE changed jobs;
BEGIN
    changed := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    INSERT INTO public.row_log (at_s, job, claim, owner, state, at_rest) VALUES (
        extract(epoch FROM clock_timestamp()), changed.id, changed.claim, changed.claimed_by, changed.state,
        TG_OP = 'DELETE' OR changed.settled_at IS NOT NULL OR changed.parked_at IS NOT NULL);
    RETURN NULL;
END $$;
CREATE TRIGGER note_row AFTER INSERT OR UPDATE OR DELETE ON jobs FOR EACH ROW EXECUTE FUNCTION public.note_row();
"""


@dataclass(frozen=True)
class RowChange:
    """How a row was left. `at_s` is a UNIX time; `pid` is the process that claimed the job last."""

    at_s: float
    job: str
    claim: int
    pid: int | None
    state: str
    at_rest: bool


def pid_of(owner: str | None) -> int | None:
    """The process that a claim names."""
    return int(owner.split(":")[1]) if owner else None


class RowLog:
    """Reads a database from outside, and has the server note what becomes of jobs. Not open before `install`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection[dict[str, Any]] | None = None

    def install(self) -> None:
        """Make the trigger."""
        with psycopg.connect(self._url) as server:
            server.execute(_INSTALL)

    def query(self, statement: str) -> list[dict[str, Any]]:
        """Return the rows of a query; JSON as text. Nothing while the server is away."""
        try:
            if self._connection is None:
                self._connection = psycopg.connect(self._url, autocommit=True, row_factory=dict_row)
                self._connection.adapters.register_loader("json", TextLoader)
            return self._connection.execute(statement.encode()).fetchall()
        except psycopg.OperationalError:
            self.close()
            return []

    def changes(self) -> dict[str, list[RowChange]]:
        """Return the changes of each job, in the order of time."""
        found: dict[str, list[RowChange]] = {}
        for row in self.query("SELECT * FROM row_log ORDER BY number"):
            change = RowChange(
                row["at_s"], row["job"], row["claim"], pid_of(row["owner"]), row["state"], row["at_rest"]
            )
            found.setdefault(change.job, []).append(change)
        return found

    def close(self) -> None:
        """Close the connection; the next query opens another."""
        if self._connection is not None:
            with contextlib.suppress(psycopg.OperationalError):
                self._connection.close()
            self._connection = None
