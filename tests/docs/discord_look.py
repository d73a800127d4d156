"""Messages drawn as SVG, in the look of Discord's dark theme: own shapes, the reader's fonts, nothing fetched."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from xml.sax.saxutils import escape

from tests.docs.written_text import BRIGHT, INK, MUTED, Line, Run, Style, lines_of

WIDTH: Final = 720
_LEFT: Final = 72
_RIGHT: Final = 24
_ROOM: Final = "#313338"
_CARD: Final = "#2b2d31"
_EDGE: Final = "#3f4147"
_FIELD: Final = "#1e1f22"
_FONTS: Final = "'gg sans', 'Noto Sans', 'Helvetica Neue', Helvetica, Arial, sans-serif"
_MONO: Final = "ui-monospace, Menlo, Consolas, monospace"
_BUTTONS: Final = {1: "#5865f2", 2: "#4e5058", 3: "#248046", 4: "#da373c", 5: "#4e5058"}
_CARD_WIDTH: Final = 560
"""Greatest width of a card in Discord, so that pictures are read like the client."""


@dataclass(frozen=True)
class Typed:
    """The line above a reply: who used which command."""

    who: str
    command: str


@dataclass
class Drawing:
    """A picture under way: shapes so far, and how far down they reach in pixels."""

    names: Mapping[str, str]
    now: datetime
    media: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    """JPEG files by the file name at the end of the address that the message has."""
    shapes: list[str] = field(default_factory=list[str])
    y: float = 20.0

    def text(self, line: Line, x: float, baseline: float) -> None:
        if line.block:
            top = baseline - line.size * 1.1
            width = _CARD_WIDTH - 34
            self.shapes.append(_box(x, top, width, line.height + 4, f'fill="{_FIELD}"'))
            x += 8
        if line.quoted:
            top = baseline - line.size
            self.shapes.append(
                f'<rect x="{x:g}" y="{top:.1f}" width="4" height="{line.height:.1f}" fill="#4e5058"/>'
            )
            x += 16
        spans = "".join(_span(run) for run in line.runs)
        self.shapes.append(f'<text x="{x:g}" y="{baseline:.1f}" xml:space="preserve">{spans}</text>')

    def written(self, text: str, x: float, width: float) -> None:
        for line in lines_of(text, width, self.names, self.now):
            self.text(line, x, self.y + line.size)
            self.y += line.height
        self.y += 2


def _box(x: float, y: float, width: float, height: float, looks: str) -> str:
    return f'<rect x="{x:g}" y="{y:.1f}" width="{width:g}" height="{height:.1f}" {looks}/>'


def _span(run: Run) -> str:
    style = run.style
    looks = [f'font-size="{style.size:g}"', f'fill="{style.colour}"']
    looks += ['font-weight="600"'] if style.bold else []
    looks += ['font-style="italic"'] if style.italic else []
    looks += [f'font-family="{_MONO}"'] if style.mono else []
    return f"<tspan {' '.join(looks)}>{escape(run.text)}</tspan>"


def message_svg(
    components: Sequence[Mapping[str, Any]],
    drawing: Drawing,
    *,
    title: str,
    typed: Typed | None,
    private: bool,
) -> str:
    """Draw one message of the bot. `title` says in words what the picture shows."""
    if typed is not None:
        _typed(drawing, typed)
    _sender(drawing)
    for component in components:
        _draw(drawing, component, _LEFT, _CARD_WIDTH)
    if private:
        drawing.written("-# Only you can see this", _LEFT, _CARD_WIDTH)
    height, shapes = drawing.y + 18, "\n".join(drawing.shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
        f'height="{height:.0f}" role="img" font-family="{_FONTS}">\n<title>{escape(title)}</title>\n'
        f'<rect width="{WIDTH}" height="{height:.0f}" rx="10" fill="{_ROOM}"/>\n{shapes}\n</svg>\n'
    )


def _typed(drawing: Drawing, typed: Typed) -> None:
    middle = drawing.y + 7
    drawing.shapes.append(
        f'<path d="M38 {middle + 12:.1f} v-8 q0 -5 5 -5 h22" fill="none" stroke="#4e5058" stroke-width="2"/>'
        f'<circle cx="80" cy="{middle:.1f}" r="8" fill="#e67e22"/>'
    )
    small = Style(size=13.5, colour=MUTED)
    who = Run(typed.who, Style(size=13.5, colour=INK, bold=True))
    command = Run(typed.command, Style(size=13.5, colour="#c9cdfb"))
    drawing.text(Line((who, Run(" used ", small), command), 13.5), 94, middle + 4.5)
    drawing.y += 26


def _sender(drawing: Drawing) -> None:
    top = drawing.y
    name = Run("Stillmotion", Style(colour=BRIGHT, bold=True))
    badge = _LEFT + name.width + 6
    drawing.shapes.append(
        f'<circle cx="38" cy="{top + 20:.1f}" r="20" fill="#5865f2"/>'
        f'<path d="M32 {top + 11:.1f} l15 9 l-15 9 z" fill="#ffffff"/>'
        f'<rect x="{badge:.1f}" y="{top + 2:.1f}" width="36" height="16" rx="4" fill="#5865f2"/>'
        f'<text x="{badge + 18:.1f}" y="{top + 14:.1f}" font-size="11" font-weight="600" fill="#ffffff" '
        'text-anchor="middle">APP</text>'
    )
    drawing.text(Line((name,), 16), _LEFT, top + 15)
    drawing.text(Line((Run("Today", Style(size=12.5, colour=MUTED)),), 12.5), badge + 44, top + 14.5)
    drawing.y += 26


def _draw(drawing: Drawing, node: Mapping[str, Any], x: float, width: float) -> None:
    match node["type"]:
        case 17:
            _container(drawing, node, x, width)
        case 10:
            drawing.written(node["content"], x, width)
        case 9:
            _section(drawing, node, x, width)
        case 12:
            for item in node["items"]:
                _medium(drawing, item, x, width)
        case 14:
            if node.get("divider", True):
                drawing.shapes.append(
                    f'<rect x="{x:g}" y="{drawing.y + 6:.1f}" width="{width:g}" height="1" fill="{_EDGE}"/>'
                )
            drawing.y += 14
        case 1:
            _row(drawing, node["components"], x, width)
        case other:
            raise ValueError(f"no picture of a component of type {other}")


def _container(drawing: Drawing, node: Mapping[str, Any], x: float, width: float) -> None:
    top, place = drawing.y, len(drawing.shapes)
    drawing.y += 12
    for child in node["components"]:
        _draw(drawing, child, x + 18, width - 34)
        drawing.y += 6
    drawing.y += 6
    height = drawing.y - top
    accent = node.get("accent_color")
    strip = f"#{accent:06x}" if accent is not None else _EDGE
    drawing.shapes.insert(
        place,
        _box(x, top, width, height, f'rx="8" fill="{_CARD}" stroke="{_EDGE}"')
        + f'<path d="M{x + 4:g} {top:.1f} v{height:.1f} q-4 0 -4 -6 v{12 - height:.1f} q0 -6 4 -6 z" '
        f'fill="{strip}"/>',
    )
    drawing.y += 8


def _section(drawing: Drawing, node: Mapping[str, Any], x: float, width: float) -> None:
    top = drawing.y
    accessory = node["accessory"]
    beside = _button_width(accessory) if accessory["type"] == 2 else 84
    for child in node["components"]:
        _draw(drawing, child, x, width - beside - 12)
    bottom = drawing.y
    if accessory["type"] == 2:
        _button(drawing, accessory, x + width - beside, top)
        bottom = max(bottom, top + 34)
    drawing.y = bottom


def _medium(drawing: Drawing, item: Mapping[str, Any], x: float, width: float) -> None:
    name = item["media"]["url"].partition("?")[0].rpartition("/")[2]
    picture = drawing.media[name]
    height = width * 9 / 16
    top = drawing.y + 2
    data = base64.b64encode(picture).decode()
    middle_x, middle_y = x + width / 2, top + height / 2
    clip, rounded = f"clip{len(drawing.shapes)}", _box(x, top, width, height, 'rx="8"')
    drawing.shapes.append(
        f'<clipPath id="{clip}">{rounded}</clipPath>'
        f'<image x="{x:g}" y="{top:.1f}" width="{width:g}" height="{height:.1f}" clip-path="url(#{clip})" '
        f'preserveAspectRatio="xMidYMid slice" href="data:image/jpeg;base64,{data}"/>'
        f'<circle cx="{middle_x:.1f}" cy="{middle_y:.1f}" r="30" fill="#000000" fill-opacity="0.55"/>'
        f'<path d="M{middle_x - 9:.1f} {middle_y - 14:.1f} l24 14 l-24 14 z" fill="#ffffff"/>'
    )
    drawing.y = top + height + 2


def _row(drawing: Drawing, children: Sequence[Mapping[str, Any]], x: float, width: float) -> None:
    at = x
    for child in children:
        if child["type"] == 2:
            if at > x and at + _button_width(child) > x + width + 80:
                at, drawing.y = x, drawing.y + 42
            _button(drawing, child, at, drawing.y)
            at += _button_width(child) + 8
        else:
            _select(drawing, child, x, width)
    drawing.y += 42


def _label(node: Mapping[str, Any]) -> str:
    emoji = (node.get("emoji") or {}).get("name")
    return " ".join(part for part in (emoji, node.get("label")) if part)


def _button_width(node: Mapping[str, Any]) -> float:
    return round(Run(_label(node), Style(size=14)).width) + 32


def _button(drawing: Drawing, node: Mapping[str, Any], x: float, top: float) -> None:
    width, faint = _button_width(node), ' opacity="0.5"' if node.get("disabled") else ""
    drawing.shapes.append(
        f'<g class="button"{faint}><rect x="{x:g}" y="{top:.1f}" width="{width:g}" height="34" rx="8" '
        f'fill="{_BUTTONS[node.get("style", 2)]}"/><text x="{x + width / 2:g}" y="{top + 22:.1f}" font-size="14" '
        f'font-weight="500" fill="#ffffff" text-anchor="middle">{escape(_label(node))}</text></g>'
    )


def _select(drawing: Drawing, node: Mapping[str, Any], x: float, width: float) -> None:
    chosen = [option["label"] for option in node.get("options") or [] if option.get("default")]
    shown = ", ".join(chosen) or node.get("placeholder") or ""
    top, width = drawing.y, min(width, 440)
    box = _box(x, top, width, 36, f'rx="8" fill="{_FIELD}" stroke="{_EDGE}"')
    drawing.shapes.append(
        f'<g class="select">{box}<path d="M{x + width - 26:g} {top + 15:.1f} l6 6 l6 -6" fill="none" '
        f'stroke="{MUTED}" stroke-width="2"/></g>'
    )
    colour = INK if chosen else MUTED
    drawing.text(Line((Run(shown, Style(size=14.5, colour=colour)),), 14.5), x + 12, top + 23)
