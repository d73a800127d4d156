"""The state of a message at one moment as a user sees it, as text."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from bot.sandbox.discord.cdn import Attachment
from bot.sandbox.discord.wire import JsonObject, MessageFlags, as_array, as_object

_TIMESTAMP = re.compile(r"<t:(-?\d+)(?::([tTdDfFR]))?>")
_EMOJI = re.compile(r"<a?:(\w+):\d+>")
_SPANS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
_ABSOLUTE = {
    "t": "%H:%M",
    "T": "%H:%M:%S",
    "d": "%d/%m/%Y",
    "D": "%d %B %Y",
    "f": "%d %B %Y %H:%M",
    "F": "%A, %d %B %Y %H:%M",
}


class VersionKind(StrEnum):
    """How a state of a message came about."""

    THINKING = "thinking"
    POSTED = "posted"
    EDITED = "edited"
    DELETED = "deleted"
    FAILED = "failed"
    """The application did not respond in time; only the user who asked sees this."""


@dataclass(frozen=True, slots=True)
class Button:
    """A button as shown. A link has a `url` and no `custom_id`."""

    label: str
    style: int
    custom_id: str | None = None
    url: str | None = None
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class MessageVersion:
    """One visible state. `at` is the event loop's clock in seconds, `moment` the same in UTC."""

    kind: VersionKind
    at: float
    moment: datetime
    content: str = ""
    embeds: tuple[JsonObject, ...] = ()
    components: tuple[JsonObject, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    flags: MessageFlags = MessageFlags.NONE
    mentions: Mapping[str, str] | None = None

    @property
    def ephemeral(self) -> bool:
        """True if only one user sees it."""
        return MessageFlags.EPHEMERAL in self.flags

    @property
    def buttons(self) -> tuple[Button, ...]:
        """Every button, in reading order."""
        return tuple(
            Button(
                label=_label(node),
                style=node.get("style", 2),
                custom_id=node.get("custom_id"),
                url=node.get("url"),
                disabled=bool(node.get("disabled")),
            )
            for node in walk(self.components)
            if node.get("type") == 2  # noqa: PLR2004  # a button
        )

    @property
    def videos(self) -> tuple[Attachment, ...]:
        """Attached videos that are shown."""
        return tuple(attachment for attachment in self.attachments if attachment.is_video)

    def text(self) -> str:
        """Everything that can be read, one piece a line: content, embeds, text displays, [buttons]."""
        return "\n".join(self._lines())

    def render(self) -> str:
        """The message as a user reads it, with times in words and files by name and size."""
        match self.kind:
            case VersionKind.THINKING:
                return "(is thinking…)"
            case VersionKind.FAILED:
                return "(The application did not respond)"
            case VersionKind.DELETED:
                return "(deleted)"
            case VersionKind.POSTED | VersionKind.EDITED:
                lines = [_without_marks(line) for line in self.marked_lines()]
                lines += [f"📎 {a.filename} ({_size(a.size_bytes)})" for a in self.attachments]
                if self.ephemeral:
                    lines.append("(Only you can see this)")
                return "\n".join(lines)

    def marked_lines(self) -> list[str]:
        """Return what `text` has with its Markdown, but with times, mentions and emoji in words."""
        return [self._in_words(piece) for piece in self._lines()]

    @property
    def spoilers(self) -> bool:
        """True if a video or picture is hidden until the user looks at it on purpose."""
        items = [one for node in walk(self.components) for one in as_array(node.get("items")) or []]
        hidden = any((as_object(one) or {}).get("spoiler") for one in items)
        return hidden or any(one.filename.startswith("SPOILER_") for one in self.attachments)

    def _lines(self) -> list[str]:
        lines = [self.content] if self.content else []
        for embed in self.embeds:
            lines += _embed_lines(embed)
        return lines + [line for node in self.components for line in _component_lines(node)]

    def _in_words(self, text: str) -> str:
        text = _TIMESTAMP.sub(lambda m: _when(int(m[1]), m[2] or "f", self.moment), text)
        for mention, shown in (self.mentions or {}).items():
            text = text.replace(mention, shown)
        return _EMOJI.sub(r":\1:", text)


def _without_marks(text: str) -> str:
    text = re.sub(r"(?m)^(?:#{1,3}|-#|>) +", "", text)
    text = re.sub(r"(\*\*|__|~~)(.+?)\1", r"\2", text)
    return re.sub(r"\[([^\]]+)\]\((https?://[^)\s]+)\)", r"\1 (\2)", text)


def walk(components: tuple[JsonObject, ...] | list[JsonObject]) -> Iterator[JsonObject]:
    """Every component with everything inside it, in reading order."""
    for node in components:
        yield node
        children = [child for item in as_array(node.get("components")) or [] if (child := as_object(item))]
        yield from walk(children)
        if (accessory := as_object(node.get("accessory"))) is not None:
            yield from walk([accessory])
        if (inner := as_object(node.get("component"))) is not None:
            yield from walk([inner])


def _label(button: JsonObject) -> str:
    emoji = (as_object(button.get("emoji")) or {}).get("name")
    return " ".join(str(part) for part in (emoji, button.get("label")) if part)


def _embed_lines(embed: JsonObject) -> list[str]:
    author, footer = as_object(embed.get("author")) or {}, as_object(embed.get("footer")) or {}
    lines = [author.get("name"), embed.get("title"), embed.get("description")]
    lines += [f"{item['name']}: {item['value']}" for item in as_array(embed.get("fields")) or []]
    lines.append(footer.get("text"))
    return [str(line) for line in lines if line]


def _component_lines(node: JsonObject) -> list[str]:
    """Text of one component: rows of buttons on one line, the rest below each other."""
    children = [child for item in as_array(node.get("components")) or [] if (child := as_object(item))]
    match node.get("type"):
        case 1:
            return [" ".join(line for child in children for line in _component_lines(child))]
        case 2:
            struck = " (off)" if node.get("disabled") else ""
            return [f"[{_label(node)}{struck}]"]
        case 3 | 5 | 6 | 7 | 8:
            return [f"[{node.get('placeholder') or 'Make a selection'} ▾]"]
        case 10:
            return [str(node.get("content", ""))]
        case _:
            lines = [line for child in children for line in _component_lines(child)]
            accessory = as_object(node.get("accessory"))
            return lines + (_component_lines(accessory) if accessory else [])


def _when(stamp: int, style: str, present: datetime) -> str:
    moment = datetime.fromtimestamp(stamp, UTC)
    if style != "R":
        return moment.strftime(_ABSOLUTE[style])
    seconds = round((moment - present).total_seconds())
    size, unit = next(((span, unit) for span, unit in _SPANS if abs(seconds) >= span), (1, "second"))
    count = round(abs(seconds) / size)
    words = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"in {words}" if seconds >= 0 else f"{words} ago"


def _size(size_bytes: int) -> str:
    if size_bytes < 1024 * 1024:
        return f"{size_bytes / 1024:.1f} KB"
    return f"{size_bytes / 1024 / 1024:.2f} MB"
