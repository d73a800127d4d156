"""Discord's markup as lines of styled runs, wrapped to a width, for pictures of messages."""

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Final

from PIL import ImageFont

INK: Final = "#dbdee1"
BRIGHT: Final = "#f2f3f5"
MUTED: Final = "#949ba4"
LINK: Final = "#00a8fc"
MENTION: Final = "#c9cdfb"
LINE_HEIGHT: Final = 1.38
MONO_WIDTH: Final = 0.62
"""Width of a letter of equal width, as a share of its height."""
_SLACK: Final = 1.12
"""Widths are measured in one font and shown in whichever the reader has."""
_SPAN: Final = re.compile(
    r"\*\*(?P<bold>.+?)\*\*|\*(?P<italic>[^*]+)\*|`(?P<code>[^`]+)`|\[(?P<link>[^\]]+)\]\((?:https?://[^)\s]+)\)"
    r"|<t:(?P<stamp>-?\d+)(?::(?P<form>[tTdDfFR]))?>|<(?P<mention>@[!&]?\d+|#\d+|/[\w -]+:\d+)>"
    r"|<a?:(?P<emoji>\w+):\d+>"
)


@dataclass(frozen=True)
class Style:
    """Style of a run of letters. `size` is in pixels."""

    size: float = 16
    colour: str = INK
    bold: bool = False
    italic: bool = False
    mono: bool = False


@dataclass(frozen=True)
class Run:
    """Letters of one style."""

    text: str
    style: Style

    @property
    def width(self) -> float:
        """Pixels that it takes, a little more than in the font it is measured in."""
        wider = 1.07 if self.style.bold else 1.0
        return _font().getlength(self.text) / 100 * self.style.size * _SLACK * wider


@dataclass(frozen=True)
class Line:
    """One line as shown, with the bar of a quote before it or without."""

    runs: tuple[Run, ...]
    size: float
    quoted: bool = False
    block: bool = False
    """True in a block of code."""

    @property
    def height(self) -> float:
        return self.size * LINE_HEIGHT


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(100)


def lines_of(text: str, width: float, names: Mapping[str, str], now: datetime) -> list[Line]:
    """Lines of a text that are at most `width` pixels wide. `names` has what mentions are shown as."""
    lines, block = list[Line](), False
    for row in text.split("\n"):
        if row.strip() == "```":
            block = not block
        elif block:
            style = Style(size=14, mono=True)
            wrapped = textwrap.wrap(row, int(width / (style.size * MONO_WIDTH))) or [""]
            lines += [Line((Run(part, style),), style.size, block=True) for part in wrapped]
        else:
            lines += _wrapped(row, width, names, now)
    return lines


def _wrapped(row: str, width: float, names: Mapping[str, str], now: datetime) -> Iterator[Line]:
    style, quoted = Style(), False
    if row.startswith("> "):
        row, quoted, width = row[2:], True, width - 16
    for mark, there in (
        ("-# ", Style(size=13.5, colour=MUTED)),
        ("### ", Style(size=17.5, colour=BRIGHT, bold=True)),
        ("## ", Style(size=20, colour=BRIGHT, bold=True)),
        ("# ", Style(size=24, colour=BRIGHT, bold=True)),
    ):
        if row.startswith(mark):
            row, style = row.removeprefix(mark), there
            break
    if row.startswith(("- ", "* ")):
        row = f"•  {row[2:]}"
    taken, used = list[Run](), 0.0
    for word in _words(_runs(row, style, names, now)):
        if taken and used + word.width > width:
            yield Line(tuple(taken), style.size, quoted)
            taken, used = [], 0.0
            word = replace(word, text=word.text.lstrip())  # noqa: PLW2901 - the same word, first in its line
        taken.append(word)
        used += word.width
    yield Line(tuple(taken), style.size, quoted)


def _words(runs: Iterator[Run]) -> Iterator[Run]:
    for run in runs:
        yield from (Run(word, run.style) for word in re.findall(r"\s*\S+\s*|\s+", run.text))


def _runs(row: str, style: Style, names: Mapping[str, str], now: datetime) -> Iterator[Run]:
    end = 0
    for found in _SPAN.finditer(row):
        if found.start() > end:
            yield Run(row[end : found.start()], style)
        end = found.end()
        yield _run(found, style, names, now)
    if end < len(row):
        yield Run(row[end:].replace("\\", ""), style)


def _run(found: re.Match[str], style: Style, names: Mapping[str, str], now: datetime) -> Run:
    kind = found.lastgroup or ""
    shown = found[kind] if kind != "form" else ""
    match kind:
        case "bold":
            style = replace(style, bold=True, colour=BRIGHT)
        case "italic":
            style = replace(style, italic=True)
        case "code":
            style = replace(style, mono=True)
        case "link":
            style = replace(style, colour=LINK)
        case "mention":
            shown = names.get(shown, shown.partition(":")[0])
            style = replace(style, colour=MENTION)
        case "emoji":
            shown = f":{shown}:"
        case _:
            shown = _moment(int(found["stamp"]), found["form"] or "f", now)
    return Run(shown, style)


def _moment(stamp: int, form: str, now: datetime) -> str:
    moment = datetime.fromtimestamp(stamp, UTC)
    if form == "R":
        seconds = round((moment - now).total_seconds())
        spans = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
        size, unit = next(((size, unit) for size, unit in spans if abs(seconds) >= size), (1, "second"))
        count = round(abs(seconds) / size)
        words = f"{count} {unit}{'' if count == 1 else 's'}"
        return f"in {words}" if seconds > 0 else f"{words} ago"
    return moment.strftime("%H:%M" if form in "tT" else "%d %B %Y %H:%M")
