"""Sentences for the operator about where files are kept."""

from typing import Final

STORED_AGAIN: Final = "Stillmotion: the store of files takes and gives files again."
IN_FOLDER: Final = "in the data folder"
OTHER_STORE: Final = (
    "another one than that of the processes which share the database; have all use the same one"
)
"""Fault of `STORE_URL`."""

AWAY: Final = "cannot be reached, or fails"
REFUSED: Final = (
    "refuses the credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), or they do not allow what the bot "
    "needs"
)
NO_BUCKET: Final = "has no such bucket"
"""These follow the name of the store."""


def unavailable(why: str, detail: str) -> str:
    """The store of files does not do what the bot needs."""
    return (
        f"Stillmotion: the store of files (STORE_URL) {why} ({detail}). Nothing is lost: I keep trying, and "
        "requests with pictures and finished videos wait meanwhile. `python -m bot check` says more."
    )


def store_works(url: str) -> str:
    """A file was written, read and deleted."""
    return f"{url}: a file was written, read and deleted"


def store_fails(url: str, why: str, detail: str) -> str:
    """A file could not be written, read or deleted."""
    return f"{url} {why} ({detail})"


def not_installed(command: str) -> str:
    """Reading and writing buckets takes an extra."""
    return f"s3:// needs what is not installed; install it with {command}"


def deletions_wait(told: str, count: int) -> str:
    """Files that were deleted here are still in the store."""
    files = "file that was deleted is" if count == 1 else "files that were deleted are"
    return f"{told}; {count} {files} still there, which the bot tries again once a minute"
