"""Finds content credentials (C2PA) in an mp4: boxes of their own beside the film, which are not read."""

from pathlib import Path
from typing import Final

_IDENTIFIER: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""The identifier of the box that they are in (C2PA 2.x, A.5)."""
_BOXES_MAX: Final = 10_000
_OWN_BYTES: Final = 32 * 1024
"""More than our own take: 4 kB, and a long chain of certificates."""
_KEPT_MAX_BYTES: Final = 1024 * 1024


def credentials_bytes(source: str) -> int:
    """Return the size of the credentials that a file carries, and 0 if there are none."""
    path, found = Path(source), 0
    end = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        for _ in range(_BOXES_MAX):
            if at + 8 > end:
                break
            file.seek(at)
            head = file.read(32)
            size, kind, body = int.from_bytes(head[:4], "big"), head[4:8], 8
            if size == 1:
                size, body = int.from_bytes(head[8:16], "big"), 16
            last = size < body  # up to the end, or nonsense
            if kind == b"jumb" or (kind == b"uuid" and head[body : body + 16] == _IDENTIFIER):
                found += min(end - at, end if last else size)
            if last:
                break
            at += size
    return found


def room_for_credentials(kept_bytes: int) -> int:
    """Return the bytes that credentials take in a finished file, with those of its original, which are in them."""
    return _OWN_BYTES + min(kept_bytes, _KEPT_MAX_BYTES)
