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
    at_s double precision, job text, claim bigint, owner text, state text, at_rest boolean,
    person bigint, guild bigint, counted_s bigint, day bigint);
CREATE FUNCTION public.note_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE changed jobs;
BEGIN
    changed := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    INSERT INTO public.row_log
        (at_s, job, claim, owner, state, at_rest, person, guild, counted_s, day) VALUES (
        extract(epoch FROM clock_timestamp()), changed.id, changed.claim, changed.claimed_by, changed.state,
        TG_OP = 'DELETE' OR changed.settled_at IS NOT NULL OR changed.parked_at IS NOT NULL,
        changed.person_id, changed.guild_id,
        CASE WHEN TG_OP <> 'DELETE' AND (changed.state IN ('held', 'queued') OR (changed.submitted_at IS NOT NULL
            AND (changed.task_id IS NOT NULL OR changed.state IN ('submitting', 'unknown'))))
            THEN changed.seconds ELSE 0 END,
        CASE WHEN changed.state NOT IN ('held', 'queued') THEN changed.submitted_at / 86400000000 END);
    RETURN NULL;
END $$;
-- Triggers fire in the order of their names: after those that count seconds, under the lock that they hold.
CREATE TRIGGER zz_note_row AFTER INSERT OR UPDATE OR DELETE ON jobs FOR EACH ROW EXECUTE FUNCTION public.note_row();
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
    person: int
    guild: int | None
    counted_s: int
    """Seconds of video that count against the caps."""
    day: int | None
    """The day, since 1970, on which they count; None for what waits, which counts on every day."""


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

    def changes(self) -> list[RowChange]:
        """Return the changes of all jobs, in the order of time."""
        rows = self.query("SELECT * FROM row_log ORDER BY number")
        return [
            RowChange(pid=pid_of(row.pop("owner")), **row)
            for row in ({name: row[name] for name in row if name != "number"} for row in rows)
        ]

    def close(self) -> None:
        """Close the connection; the next query opens another."""
        if self._connection is not None:
            with contextlib.suppress(psycopg.OperationalError):
                self._connection.close()
            self._connection = None
