"""Texts that every kind of database can store.

PostgreSQL stores no zero byte, and UTF-8 has no halves of surrogate pairs, which Discord's JSON can name. What
digests are computed over is made plain for both kinds of database, so that a log verifies on either.
"""

import re
from typing import Final

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_REPLACEMENT: Final = "\ufffd"


def plain(text: str) -> str:
    """Return the text with what cannot be stored replaced by U+FFFD; most texts come back as they are."""
    return _UNSTORABLE.sub(_REPLACEMENT, text)
