"""Writes `docs/operators/configuration.md` from `bot/settings.py` and `.env.example`.

The example says what each setting is for, in sections; the settings' own descriptions say which form a value has.
`python -m tests.docs.configuration` writes the page; a test fails while it is out of date.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic.fields import FieldInfo

from bot.settings import Settings

ROOT: Final = Path(__file__).parents[2]
EXAMPLE: Final = ROOT / ".env.example"
PAGE: Final = ROOT / "docs" / "operators" / "configuration.md"
_HEAD: Final = """\
# Configuration

<!-- Made by `python -m tests.docs.configuration` from bot/settings.py and .env.example: change those, not this. -->

Settings come from the environment and from `.env` in the folder where the bot is started; the environment wins. A
malformed value, or a name in `.env` that no setting has, stops the start with one line that names it. An empty
value means the default. `python -m bot check` says whether everything can be read.
"""
_NAME: Final = re.compile(r"^([A-Z][A-Z_]+)=(.*)$")
_PATH: Final = re.compile(r"docs/([\w/-]+\.md)")


@dataclass(frozen=True)
class SettingGroup:
    """Settings that belong together: their section, what they are for, and their values in the example."""

    section: str
    purpose: str
    values: tuple[tuple[str, str], ...]


def groups(example: str) -> Iterator[SettingGroup]:
    """Read the groups of `.env.example`: paragraphs of comments with settings below them."""
    section = ""
    for block in example.split("\n\n"):
        lines = block.strip().splitlines()
        if lines and lines[0].startswith("## "):
            section = lines[0].removeprefix("## ")
            lines = lines[1:]
        comments = [line.removeprefix("#").strip() for line in lines if line.startswith("#")]
        values = tuple((found[1], found[2]) for line in lines if (found := _NAME.match(line)))
        if values:
            yield SettingGroup(section, " ".join(comments), values)


def page() -> str:
    """Return the page as it should be."""
    parts, section = [_HEAD], ""
    for group in groups(EXAMPLE.read_text("utf-8")):
        if group.section != section:
            section = group.section
            parts.append(f"## {section}\n")
        rows = [_row(name) for name, _ in group.values]
        table = ["| setting | default | a value is |", "| --- | --- | --- |", *rows]
        parts.append(_linked(group.purpose) + "\n\n" + "\n".join(table) + "\n")
    return "\n".join(parts)


def _row(name: str) -> str:
    field = Settings.model_fields[name.lower()]
    return f"| `{name}` | {shown_default(field)} | {(field.description or '').replace('|', '/')} |"


def shown_default(field: FieldInfo) -> str:
    """Return a default as an operator would write it."""
    if field.default_factory is not None:
        return "depends"
    match field.default:
        case None | ():
            return "unset"
        case bool(yes):
            return f"`{str(yes).lower()}`"
        case tuple(items):
            return ", ".join(f"`{item}`" for item in items)
        case float(number):
            return f"`{number:g}`"
        case other:
            return f"`{other}`"


def _linked(text: str) -> str:
    """Return the text with settings as code and files of `docs` as links from the page."""
    known = "|".join(sorted((name.upper() for name in Settings.model_fields), key=len, reverse=True))
    text = re.sub(rf"\b({known})\b", r"`\1`", text)
    text = re.sub(
        r"(?<=See )docs/operators/([\w-]+\.md)", lambda found: f"[{_title(found[1])}]({found[1]})", text
    )
    return _PATH.sub(lambda found: f"[{_title('../' + found[1])}](../{found[1]})", text)


def _title(path: str) -> str:
    first = (PAGE.parent / path).read_text("utf-8").partition("\n")[0]
    return first.removeprefix("# ")


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
