"""Text from outside made fit to show, log and store: one short line, without the key."""

import json
import re
from typing import Final
from urllib.parse import quote

_MARK: Final = "[key removed]"
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_TAG: Final = re.compile(r"<[^<>]*>")
_SPACES: Final = re.compile(r" {2,}")

MESSAGE_LIMIT_CHARS: Final = 500
EXCERPT_LIMIT_CHARS: Final = 160
RAW_ANSWER_LIMIT_BYTES: Final = 4096
_EXCERPT_SOURCE_BYTES: Final = 4096
# A shorter beginning of the key is no secret, and every other word ends like one.
_TELLING_CHARS: Final = 4


class Scrubber:
    """Cleans what a server said. Knows the key in the spellings in which a server may echo it."""

    def __init__(self, key: str) -> None:
        spellings = {
            key,
            quote(key, safe=""),
            json.dumps(key)[1:-1],
            json.dumps(key)[1:-1].replace("/", "\\/"),
        }
        longest_first = sorted(spellings, key=len, reverse=True)
        self._spellings = tuple(spelling.lower() for spelling in longest_first)
        self._key = re.compile("|".join(re.escape(spelling) for spelling in longest_first), re.IGNORECASE)

    def __repr__(self) -> str:
        return "Scrubber(…)"

    def clean(self, text: str, limit_chars: int = MESSAGE_LIMIT_CHARS) -> str:
        """`text` without the key, on one line, valid Unicode, at most `limit_chars` code points.

        The key goes first, because any other change, cutting above all, could leave a part of it
        unrecognised.
        """
        text = self._key.sub(_MARK, text)
        text = _SURROGATE.sub("\ufffd", text)
        text = _SPACES.sub(" ", _UNPRINTABLE.sub(" ", text)).strip()
        return text if len(text) <= limit_chars else text[: limit_chars - 1] + "…"

    def excerpt(self, body: bytes) -> str:
        """The beginning of an unreadable body, for an operator: without tags, at most 160 code points."""
        # Read a little further than is used, so that no key is cut before it is recognised.
        read = body[: _EXCERPT_SOURCE_BYTES + len(self._key.pattern)].decode("utf-8", "replace")
        text = self._without_torn_key(self._key.sub(_MARK, read))[:_EXCERPT_SOURCE_BYTES]
        return self.clean(_TAG.sub(" ", text), EXCERPT_LIMIT_CHARS)

    def raw(self, body: bytes) -> str:
        """A whole body, for an operator: at most 4,096 bytes of UTF-8, on one line, without the key.

        A body may be torn within the key; what is left of it then goes too.
        """
        text = self._without_torn_key(self._key.sub(_MARK, body.decode("utf-8", "replace")))
        text = self.clean(text, limit_chars=len(text))
        return text.encode()[:RAW_ANSWER_LIMIT_BYTES].decode("utf-8", "ignore")

    def _without_torn_key(self, text: str) -> str:
        end = text[-max(map(len, self._spellings)) :].rstrip("\ufffd").lower()
        for spelling in self._spellings:
            for length in range(len(spelling) - 1, _TELLING_CHARS - 1, -1):
                if end.endswith(spelling[:length]):
                    return text.rstrip("\ufffd")[:-length] + _MARK
        return text
