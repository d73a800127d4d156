"""Databases as earlier versions left them: each schema as SQL, with a request in every state that it knew.

`python -m tests.storage.stored_schemas` writes those that are missing. One that is there is never written anew:
what it holds is what people's databases held then.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from bot.storage.migrate import VERSIONS, migrate, revisions

FOLDER: Final = Path(__file__).parent / "data"
_FIRST_WITH: Final = {"held": "0003", "denied": "0003", "unknown": "0004"}
_MOMENT: Final = 1_764_000_000_000_000
_COMMON: Final[Mapping[str, Any]] = {
    "created_at": _MOMENT,
    "prompt": "a lighthouse in the rain, 灯台",
    "seconds": 6,
    "size": "1280x720",
    "resolution": "720p",
    "preset": "normal",
    "reference_count": 0,
    "sources": "[]",
    "person_id": 1001,
    "guild_id": 2001,
    "channel_id": 3001,
    "application_id": 4001,
    "message_id": 5001,
    "private": 0,
    "answered_at": _MOMENT,
    "upload_limit_bytes": 10_485_760,
}
_ENDED: Final = {"ended_at": _MOMENT + 3, "settled_at": _MOMENT + 4}
_BOUGHT: Final = {"submitted_at": _MOMENT + 1, "expires_at": _MOMENT + 9}
JOBS: Final[Mapping[str, Mapping[str, Any]]] = {
    "queued": {"token": "token"},
    "held": {},
    "submitting": {"submitted_at": _MOMENT + 1},
    "generating": {**_BOUGHT, "task_id": "task-generating"},
    "ready": {**_BOUGHT, "task_id": "task-ready", "ready_at": _MOMENT + 2},
    "delivering": {
        **_BOUGHT,
        "task_id": "task-delivering",
        "ready_at": _MOMENT + 2,
        "video_name": "delivering.mp4",
        "post_route": "token",
        "post_started_at": _MOMENT + 3,
    },
    "undelivered": {
        **_BOUGHT,
        "state": "delivering",
        "task_id": "task-undelivered",
        "ready_at": _MOMENT + 2,
        "video_name": "undelivered.mp4",
        "parked_at": _MOMENT + 3,
        "failure": '{"reason": "upload_refused", "detail": "", "picture": "", "problem": null}',
    },
    "delivered": {**_BOUGHT, **_ENDED, "task_id": "task-delivered", "ready_at": _MOMENT + 2},
    "failed": {
        **_ENDED,
        "failure": '{"reason": "request_rejected", "detail": "no", "picture": "", "problem": null}',
    },
    "expired": {**_BOUGHT, **_ENDED, "task_id": "task-expired"},
    "cancelled": {**_ENDED},
    "denied": {**_ENDED},
    "unknown": {**_ENDED, "submitted_at": _MOMENT + 1},
}
"""Requests by their ids, with what differs from the others; the id is the state unless that is named."""


def path_of(revision: str) -> Path:
    return FOLDER / f"schema_{revision}.sql"


def restored(revision: str, path: Path, *, empty: bool = False) -> Path:
    """Make the stored database anew, without its requests if it is to be empty."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(path_of(revision).read_text("utf-8"))
        if empty:
            connection.execute("DELETE FROM jobs")
    return path


def put(connection: sqlite3.Connection, row: Mapping[str, Any]) -> None:
    """Add a request, of which the schema may lack some columns."""
    known = {column[1] for column in connection.execute("PRAGMA table_info(jobs)")}
    values = {name: value for name, value in row.items() if name in known}
    places = ", ".join("?" for _ in values)
    connection.execute(f"INSERT INTO jobs ({', '.join(values)}) VALUES ({places})", [*values.values()])  # noqa: S608 - ours


def states_of(revision: str) -> dict[str, str]:
    """The states of the stored requests, by their ids."""
    return {
        job_id: str(changes.get("state", job_id))
        for job_id, changes in JOBS.items()
        if _FIRST_WITH.get(job_id, "") <= revision
    }


def _write(revision: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        versions = folder / "versions"
        versions.mkdir()
        for path in VERSIONS.glob("[0-9]*.py"):
            if path.name.partition("_")[0] <= revision:
                shutil.copy(path, versions)
        database = folder / "stillmotion.sqlite3"
        migrate(database, versions=versions)
        with closing(sqlite3.connect(database)) as connection:
            with connection:
                for job_id, state in states_of(revision).items():
                    put(connection, {**_COMMON, **JOBS[job_id], "id": job_id, "state": state})
            lines = [line for line in connection.iterdump() if not line.startswith(("BEGIN", "COMMIT"))]
    path_of(revision).write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for missing in revisions():
        if not path_of(missing).exists():
            _write(missing)
