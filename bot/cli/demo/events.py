"""Events of a demo, as its screens show them. Times are seconds since `/video` was typed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.sandbox.discord import MessageVersion


@dataclass(frozen=True)
class Typed:
    """Somebody did something: used a command, chose, or pressed a button.

    Attributes:
        kind: `command`, `setting` or `pressed`.
        line: As Discord's chat says it.
    """

    kind: str
    who: str
    where: str
    line: str
    at_s: float


@dataclass(frozen=True)
class Shown:
    """A message of the bot looks new.

    Attributes:
        about: `reply` or `question`, the one to moderators.
        number: Of this look of the message, from 1.
        seen_by: Who sees the message, in words.
    """

    about: str
    number: int
    where: str
    seen_by: str
    version: MessageVersion
    at_s: float


@dataclass(frozen=True)
class Saved:
    """The posted video was saved."""

    path: Path
    size_bytes: int
    at_s: float


DemoEvent = Typed | Shown | Saved


class DemoScreen(Protocol):
    """Shows a demo while it happens. A context manager: it gives the terminal back at its end."""

    def __enter__(self) -> object:
        """Begin."""
        ...

    def __exit__(self, *_: object) -> None:
        """End, also when the demo fails."""
        ...

    def show(self, event: DemoEvent) -> None:
        """Show what has just happened."""
        ...
