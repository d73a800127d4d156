"""Count and digest of a table's rows in the order of their keys, by which both databases are compared."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from bot.moving.values import StoredRow


@dataclass(frozen=True)
class TableDigest:
    """Count and digest of a table, which are compared."""

    rows: int
    sha256: str


def digest_of(rows: Iterable[StoredRow]) -> TableDigest:
    """Compute the digest of rows, which are read one after the other and not kept."""
    digest, count = hashlib.sha256(), 0
    for row in rows:
        # JSON writes where a value ends and the next one begins, and tells NULL from a text.
        digest.update(json.dumps(row).encode())
        count += 1
    return TableDigest(count, digest.hexdigest())
