"""The documents of the repository: their links, their headings, and the commands in them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = sorted((ROOT / "docs").rglob("*.md"))
AT_THE_ROOT: Final = sorted(ROOT.glob("*.md"))
FOR_USERS: Final = [
    ROOT / "README.md",
    *(page for page in PAGES if page.parent.name != "contributors"),
]
DOCUMENTS: Final = [
    *AT_THE_ROOT,
    *PAGES,
    ROOT / "bot/README.md",
    ROOT / "tests/README.md",
    ROOT / "data/README.md",
]

_FENCED: Final = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INCLUDED: Final = re.compile(r'^--8<-- "([^":]+)(?::\d+:)?"$', re.MULTILINE)
"""A file that Zensical puts there, from some line of it on."""
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)|<(https?://[^>\s]+)>|\b(?:href|src)=\"([^\"]+)\"")
_HEADING: Final = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Command:
    """One command in a block of `sh`, without its comment, and where it stands."""

    document: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return shlex.join(self.words)


def name_of(document: Path) -> str:
    return str(document.relative_to(ROOT))


def prose_of(document: Path) -> str:
    """A document without its blocks of code."""
    return _FENCED.sub("", document.read_text("utf-8"))


def links_of(document: Path) -> list[str]:
    """Targets of all links and pictures of a document."""
    return [next(filter(None, found)) for found in _LINK.findall(prose_of(document))]


def anchors_of(document: Path) -> set[str]:
    """Anchors of the headings of a document and of what it includes, as GitHub and Zensical both make them."""
    text = prose_of(document)
    for included in _INCLUDED.findall(text):
        text += "\n" + prose_of(ROOT / included)
    return {anchor for heading in _HEADING.findall(text) if (anchor := _anchor(heading)) is not None}


def _anchor(heading: str) -> str | None:
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.replace("`", "").replace("*", ""))
    kept = re.sub(r"[^\w\s-]", "", plain.lower()).strip()
    on_github, on_the_site = kept.replace(" ", "-"), re.sub(r"[-\s]+", "-", kept)
    return on_github if on_github == on_the_site else None


def commands_of(document: Path) -> Iterator[Command]:
    """Every command in the blocks of `sh` of a document: comments left out, lines joined, parts of a line apart."""
    for language, block in _FENCED.findall(document.read_text("utf-8")):
        if language in {"sh", "bash", "shell", "console"}:
            for line in block.replace("\\\n", " ").splitlines():
                yield from _commands(name_of(document), line)


def _commands(document: str, line: str) -> Iterator[Command]:
    parts = shlex.shlex(line, posix=True, punctuation_chars="|&;()<>")
    parts.whitespace_split = True
    parts.commenters = "#"
    words = list[str]()
    for part in [*parts, ";"]:
        if part and not set(part) <= set("|&;()"):
            words.append(part)
        elif words:
            yield Command(document, tuple(words))
            words = []


def inline_code_of(document: Path) -> list[str]:
    """Pieces of code within the sentences of a document."""
    return re.findall(r"`([^`\n]+)`", prose_of(document))
