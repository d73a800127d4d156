"""A message of the sandbox's Discord as a terminal shows it: its Markdown as styles, its buttons as labels."""

import re
from typing import Final

from rich.text import Text

from bot.sandbox.discord import MessageVersion
from bot.sandbox.discord.versions import VersionKind
from bot.texts import console_demo as words
from bot.texts.durations import megabytes

_ESCAPED: Final = re.compile(r"\\([^\w\s])")
_SPAN: Final = re.compile(r"(?<!\\)(\*\*|__|~~|\*)(?=\S)(.+?)(?<!\\)\1")
_LINK: Final = re.compile(r"\[([^\]]+)\]\((https?://[^)\s]+)\)")
_BUTTONS: Final = re.compile(r"\[[^\[\]]+\](?: \[[^\[\]]+\])*")
_STYLES: Final = {"**": "bold", "__": "underline", "~~": "strike", "*": "italic"}
_LEADS: Final = (("### ", "bold"), ("## ", "bold"), ("# ", "bold"), ("-# ", "dim"))


def card_text(version: MessageVersion) -> Text:
    """Return what a user reads in this version of a message."""
    match version.kind:
        case VersionKind.THINKING:
            return Text(words.THINKING, style="italic dim")
        case VersionKind.FAILED:
            return Text(words.NO_ANSWER, style="red")
        case VersionKind.DELETED:
            return Text(words.DELETED, style="dim")
        case VersionKind.POSTED | VersionKind.EDITED:
            return _posted(version)


def card_lines(version: MessageVersion) -> list[str]:
    """Return the same as plain lines."""
    return card_text(version).plain.splitlines()


def _posted(version: MessageVersion) -> Text:
    lines = [_line(line) for piece in version.marked_lines() for line in piece.splitlines()]
    for attachment in version.attachments:
        size = megabytes(attachment.size_bytes)
        lines.append(Text(f"▶ {attachment.filename} ({size})", style="bold cyan"))
    if version.spoilers:
        lines.append(Text(words.SPOILER, style="dim"))
    return Text("\n").join(lines)


def _line(line: str) -> Text:
    if _BUTTONS.fullmatch(line):
        return _buttons(line)
    for lead, style in _LEADS:
        if line.startswith(lead):
            return _spans(line.removeprefix(lead), style)
    if line.startswith("> "):
        return Text.assemble(("▎ ", "blue"), _spans(line.removeprefix("> "), "italic"))
    return _spans(line, "")


def _buttons(line: str) -> Text:
    row = Text()
    for number, label in enumerate(re.findall(r"\[[^\[\]]+\]", line)):
        row.append(" " if number else "")
        row.append(label, style="dim" if label.endswith("(off)]") else "reverse")
    return row


def _spans(line: str, style: str) -> Text:
    """Style what the Markdown marks, and take the marks out."""
    text, at = Text(style=style), 0
    line = _LINK.sub(r"\1", line)
    for span in _SPAN.finditer(line):
        text.append(_ESCAPED.sub(r"\1", line[at : span.start()]))
        text.append(_ESCAPED.sub(r"\1", span[2]), style=_STYLES[span[1]])
        at = span.end()
    text.append(_ESCAPED.sub(r"\1", line[at:]))
    return text
