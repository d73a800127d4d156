"""Addresses that only this bot can make: a job, the end of the link, and a signature of both."""

import hashlib
import hmac
import os
import re
import secrets
from datetime import datetime
from pathlib import Path
from typing import Final

_KEY_BYTES: Final = 32
_KEY_NAME: Final = "links.key"
_PATH: Final = re.compile(r"/(?P<job>[0-9a-f]{32})/(?P<ends>[0-9]{1,12})/(?P<signature>[0-9a-f]{64})")


def link_key(data_dir: Path) -> bytes:
    """Return the key that signs links, which is made at the first call and kept in the data folder.

    Whoever has it can make links to videos that are kept. One that was damaged is replaced: links made with it end.

    Raises:
        OSError: The disk does not give or take it.
    """
    path = data_dir / _KEY_NAME
    try:
        key = path.read_bytes()
        path.chmod(0o600)
    except FileNotFoundError:
        key = b""
    if len(key) == _KEY_BYTES:
        return key
    key, part = secrets.token_bytes(_KEY_BYTES), path.with_name(f"{_KEY_NAME}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return key


class LinkSigner:
    """Makes paths of links and reads them. The wall clock tells when one ends."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def path_to(self, job_id: str, ends_at: datetime) -> str:
        """Return the path of a link to a job's video, which begins with a slash."""
        named = f"/{job_id}/{int(ends_at.timestamp())}"
        return f"{named}/{self._signature(named)}"

    def job_of(self, path: str, now: datetime) -> str | None:
        """Return the job that a path leads to; None if it is none of ours, or has ended."""
        found = _PATH.fullmatch(path)
        if found is None:
            return None
        signature = self._signature(f"/{found['job']}/{found['ends']}")
        if not hmac.compare_digest(signature, found["signature"]):
            return None
        return found["job"] if now.timestamp() < int(found["ends"]) else None

    def _signature(self, named: str) -> str:
        return hmac.new(self._key, named.encode(), hashlib.sha256).hexdigest()
