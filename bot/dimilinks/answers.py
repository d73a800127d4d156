"""Answers as they came, and the tolerant reading of its JSON that all meanings build upon.

Values of odd types count as absent rather than as broken, and no answer makes these functions raise.
"""

import json
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeGuard

from bot.dimilinks.errors import DimiLinksError
from bot.dimilinks.scrub import Scrubber

_WORD_LIMIT_CHARS: Final = 100

_JSON_BEGINS: Final = (b"{", b"[", b'"')

# A mark, a string with its closing quote, or a number or word with something behind it.
_PIECE: Final = re.compile(
    r'\s*([{}\[\],:]|"[^"\\]*(?:\\.[^"\\]*)*"|(?:-?\d[\d.eE+-]*|true|false|null)(?=[\s,}\]]))',
    re.ASCII | re.DOTALL,
)
_CLOSING: Final = {"{": "}", "[": "]"}

_CHINESE: Final = "gb18030"
"""The encoding of Chinese text where it is not UTF-8; GBK and GB2312 are parts of it."""


@dataclass(frozen=True)
class Answer:
    """An answer as it came, read up to a bound. `interruption` says why reading ended early, if it did.

    `came_early` is True for an answer to a submission whose body had not left whole by then. The repr shows
    the status alone, because a server may have put anything into the rest, the key included.
    """

    status: int
    content_type: str = field(repr=False)
    retry_after: str | None = field(repr=False)
    location: str | None = field(repr=False)
    body: bytes = field(repr=False)
    interruption: DimiLinksError | None = None
    came_early: bool = False

    @property
    def is_page(self) -> bool:
        """True for text that neither is JSON nor begins like it."""
        text = self.body.lstrip(b"\xef\xbb\xbf \t\r\n")
        return bool(text) and not text.startswith(_JSON_BEGINS) and read_json(self.body) is None


def read_json(body: bytes) -> object | None:
    """The JSON value of a body; None for whatever is no JSON, or too deep.

    Messages are often Chinese, and not every gateway sends them in UTF-8, or escapes what ends their lines.
    """
    return next((value for text in _texts_of(body) if (value := _parsed(text)) is not None), None)


def read_whole_or_torn(body: bytes) -> object | None:
    """The JSON value of a body or, where it breaks off or is no JSON any more, what it says until there."""
    value = read_json(body)
    if value is not None:
        return value
    text = body.decode("utf-8", "replace").strip("\ufeff \t\r\n")
    return None if text.startswith("<") else _until_torn(text)


def _until_torn(text: str) -> object | None:
    begin = end = at = min((found for mark in _CLOSING if (found := text.find(mark)) >= 0), default=len(text))
    closing: list[str] = []
    before = ""
    while (piece := _PIECE.match(text, at)) is not None:
        at, mark = piece.end(), piece[1]
        is_name = closing[-1:] == ["}"] and before != ":"
        before = mark
        if mark in _CLOSING:
            closing.append(_CLOSING[mark])
        elif mark in _CLOSING.values():
            if closing[-1:] != [mark]:
                break
            closing.pop()
        elif mark in {",", ":"} or is_name:
            continue
        end = at
        if not closing:
            break
    return _parsed(text[begin:end] + "".join(reversed(closing)))


def unfolded(value: object) -> object:
    """A JSON value; if it is text that holds a JSON object or array itself, that one."""
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        inner = _parsed(value)
        return value if inner is None else inner
    return value


def _texts_of(body: bytes) -> Iterator[str]:
    encoding = json.detect_encoding(body)
    try:
        yield body.decode(encoding)
    except UnicodeDecodeError:
        with suppress(UnicodeDecodeError):
            yield body.decode(_CHINESE)
        yield body.decode(encoding, "replace")


def _parsed(text: str) -> object | None:
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def is_record(value: object) -> TypeGuard[dict[str, Any]]:
    """True for a JSON object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """True for a JSON array."""
    return isinstance(value, list)


def word_from(value: object, scrubber: Scrubber, limit_chars: int = _WORD_LIMIT_CHARS) -> str:
    """A string or number as clean text; empty for anything else."""
    if isinstance(value, str):
        return scrubber.clean(value, limit_chars)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return scrubber.clean(str(value), limit_chars)
    return ""


def number_from(value: object) -> float | None:
    """A finite number, also where it was sent as text; None for everything else, true and false included."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
