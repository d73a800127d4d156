"""Screens of the demo: cards that redraw in place on a terminal, plain lines elsewhere, JSON for scripts."""

import json
import sys
from contextlib import suppress
from typing import Any, Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.spinner import Spinner
from rich.text import Text

from bot.cli.demo.card_view import card_lines, card_text
from bot.cli.demo.events import DemoEvent, Saved, Shown, Typed
from bot.cli.screen import print_result
from bot.extras import is_checkout
from bot.texts import console
from bot.texts import console_demo as words

_WIDTH: Final = 80
_PER_S: Final = 8
_OPENERS: Final = {"darwin": "open", "win32": "start"}


def opener(path: str) -> str:
    """Return the command that opens a film on this system."""
    shown = f'"{path}"' if " " in path else path
    return f"{_OPENERS.get(sys.platform, 'xdg-open')} {shown}"


class LiveScreen:
    """Draws the cards in place, at most 80 columns wide."""

    def __init__(self) -> None:
        full = Console()
        self._console = Console(width=min(full.width, _WIDTH))
        self._lines: list[Text] = []
        self._cards: dict[str, Shown] = {}
        self._saved: Saved | None = None
        self._ended = False
        self._spinner = Spinner("dots", Text(words.STARTING, style="dim"))
        self._live = Live(console=self._console, get_renderable=self._drawn, refresh_per_second=_PER_S)

    def __enter__(self) -> "LiveScreen":
        """Say that nothing is real, and begin to draw."""
        self._console.print(Text(words.SIMULATED, style="bold yellow"))
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the last state on the terminal."""
        self._ended = True
        self._live.stop()
        if self._saved is not None:
            told = Text(console.saved(str(self._saved.path), self._saved.size_bytes), style="bold green")
            self._console.print(told, soft_wrap=True)
            self._console.print(_next_steps(self._saved), soft_wrap=True)

    def show(self, event: DemoEvent) -> None:
        """Draw it with what was there before."""
        match event:
            case Typed():
                where = "" if event.kind == "command" else f"  #{event.where}"
                self._lines.append(Text.assemble((event.line, "cyan"), (where, "dim")))
            case Shown():
                self._cards[event.about] = event
                self._spinner.update(text=Text(words.NOW, style="dim"))
            case Saved():
                self._saved = event

    def _drawn(self) -> RenderableType:
        cards = [
            Panel(
                card_text(card.version),
                title=f"#{card.where} · {card.seen_by}",
                title_align="left",
                subtitle=words.after(card.at_s),
                subtitle_align="right",
                border_style="magenta" if card.about == "question" else "blue",
            )
            for card in self._cards.values()
        ]
        waits = [] if self._ended else [self._spinner]
        return Group(*self._lines, *cards, *waits)


class PlainScreen:
    """Prints every version of every message, one after the other."""

    def __enter__(self) -> "PlainScreen":
        """Say that nothing is real."""
        print_result(words.SIMULATED)
        print_result(words.STARTING)
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left to do."""

    def show(self, event: DemoEvent) -> None:
        """Print it."""
        match event:
            case Typed():
                print_result(event.line)
            case Shown():
                print_result(f"\n#{event.where} · {event.seen_by} · {words.after(event.at_s)}")
                for line in card_lines(event.version):
                    print_result(f"  {line}")
            case Saved():
                print_result(f"\n{console.saved(str(event.path), event.size_bytes)}")
                print_result(_next_steps(event).plain)


class JsonScreen:
    """Prints one JSON object a line. Fields are added to it in later versions, none is renamed or taken away.

    Each has `event` and `at_s`, seconds since `/video` was typed (below 0: before it). `start`: `simulated`, always
    true. `command`, `setting`, `pressed`: `who`, `where`, `line`. `reply`, `question`: `number` of this version,
    `where`, `kind`, `text`, `buttons`, `files`, `private`, `spoiler`. `saved`, the last: `path`, `size_bytes`.
    """

    def __enter__(self) -> "JsonScreen":
        """Say that nothing is real."""
        self._print("start", 0.0, simulated=True)
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left to do."""

    def show(self, event: DemoEvent) -> None:
        """Print it."""
        match event:
            case Typed():
                self._print(event.kind, event.at_s, who=event.who, where=event.where, line=event.line)
            case Shown():
                version = event.version
                self._print(
                    event.about,
                    event.at_s,
                    number=event.number,
                    where=event.where,
                    kind=version.kind.value,
                    text=version.text(),
                    buttons=[button.label for button in version.buttons],
                    files=[one.filename for one in version.attachments],
                    private=version.ephemeral,
                    spoiler=version.spoilers,
                )
            case Saved():
                self._print("saved", event.at_s, path=str(event.path), size_bytes=event.size_bytes)

    def _print(self, name: str, at_s: float, **fields: Any) -> None:  # noqa: ANN401 - what JSON holds
        print_result(json.dumps({"event": name, "at_s": round(at_s, 3), **fields}))


def chosen_screen(*, as_json: bool) -> LiveScreen | PlainScreen | JsonScreen:
    """Return the screen for where standard output goes."""
    if as_json:
        return JsonScreen()
    with suppress(OSError, ValueError):
        if sys.stdout.isatty():
            return LiveScreen()
    return PlainScreen()


def _next_steps(saved: Saved) -> Text:
    steps = words.next_steps(opener(str(saved.path)), checkout=is_checkout())
    told = Text(f"\n{words.NEXT}\n", style="bold")
    for command, what_for in steps:
        told.append(f"  {command}", style="cyan not bold")
        told.append(f"\n      {what_for}\n", style="dim not bold")
    return told
