"""Users' texts made safe to show: without formatting, control characters or unlimited length."""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

PROMPT_SHOWN_CHARS: Final = 300
NAME_SHOWN_CHARS: Final = 60
VENDOR_SHOWN_CHARS: Final = 200

_MARKDOWN: Final = re.compile(r"([\\*_~`|<>\[\]@]|^[#\-+]|(?<=^\d)\.)")
_ADDRESS: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.)\S+", re.IGNORECASE)
_SCHEME: Final = re.compile(r"(?i)([a-z][a-z0-9+.-]*:)(?=//)|(\bmailto:)")
_INVITE: Final = re.compile(r"(?i)\b(discord(?:app)?\.(?:gg|com|me|io|li)|dsc\.gg)(?=/)")
_JOINER: Final = "\N{WORD JOINER}"
"""Invisible character that splits an address, so that Discord makes no link or invitation of it."""
_DIRECTIONS: Final = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that change the direction of the text up to the end of the line, and so could disguise it."""
_BLANKS: Final = re.compile(r"\s+")


def clip(text: str, limit_chars: int) -> str:
    """Return a text on one line, without control characters, cut with “…” at `limit_chars` characters."""
    visible = "".join(
        " " if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} else char
        for char in text
        if char not in _DIRECTIONS
    )
    line = _BLANKS.sub(" ", visible).strip()
    return line if len(line) <= limit_chars else line[: limit_chars - 1].rstrip() + "…"


def units_of(text: str) -> int:
    """Return the length of a text in units of UTF-16, the largest by which Discord may count it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def fit(text: str, limit_units: int, show: Callable[[str], str]) -> str:
    """Return what `show` makes of a clipped text: as much of it as has `limit_units` units then."""
    kept_chars = min(len(text), limit_units)
    while True:
        shown = show(clip(text, kept_chars))
        over_units = units_of(shown) - limit_units
        if over_units <= 0 or kept_chars <= 1:
            return shown
        # No character becomes more than two units, so this many at least are too many.
        kept_chars -= max(1, over_units // 2)


def split_links(text: str) -> str:
    """Split the addresses and invitations in a text, which Discord refuses where it takes them for harmful."""
    return _INVITE.sub(rf"\1{_JOINER}", _SCHEME.sub(rf"\g<0>{_JOINER}", text))


def escape(text: str) -> str:
    """Escape Discord's markdown, mentions and timestamps in a text, and split its links."""
    return _MARKDOWN.sub(r"\\\1", split_links(text))


def quote_prompt(prompt: str, limit_chars: int = PROMPT_SHOWN_CHARS) -> str:
    """Return a prompt as a card shows it: one escaped line of at most `limit_chars` visible characters."""
    return escape(clip(prompt, limit_chars))


def quote_within(text: str, limit_units: int) -> str:
    """Return a text as `quote_prompt` does, of at most so many units with all that is escaped."""
    return fit(text, limit_units, escape)


def quote_name(filename: str) -> str:
    """Return the name of a user's file, escaped and short, in quotation marks."""
    return f"“{escape(clip(filename, NAME_SHOWN_CHARS))}”"


def quote_vendor(message: str) -> str:
    """Return a message of the video service without addresses. Its content links must never reach a user."""
    return escape(clip(_ADDRESS.sub("…", message), VENDOR_SHOWN_CHARS))
