"""A case: a file, and what is right when it is attached to `/video`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

Colour = tuple[int, ...]
"""Red, green and blue from 0 to 255, and alpha if parts are see-through."""

TOLERANCE = 2
"""Most that a colour may be off, of 255."""


@dataclass(frozen=True)
class Patch:
    """A flat place of a picture, given in shares of its width and height, and the colours that are right there."""

    x: float
    y: float
    low: Colour
    high: Colour


def patch(x: float, y: float, colour: Colour, tolerance: int = TOLERANCE) -> Patch:
    """Return a patch of one colour."""
    return Patch(x, y, tuple(c - tolerance for c in colour), tuple(c + tolerance for c in colour))


@dataclass(frozen=True)
class Passes:
    """The file leaves byte for byte."""


@dataclass(frozen=True)
class Stripped:
    """The coded picture leaves as it is, without private parts and ballast.

    If there are none in the file, it may leave byte for byte.

    Args:
        gone: Bytes that must not be in the output, beside those of `private.PRIVATE`.
        kept: Bytes that must be in the output, as a profile that the pixels need.
    """

    gone: tuple[bytes, ...] = ()
    kept: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class MadeAnew:
    """The pixels leave as sRGB in a file that shows these patches, with nothing left that turns or recolours them.

    Args:
        width_px: Width as a person sees the picture.
        height_px: Height as a person sees the picture.
        patches: Places to look at.
        reduced: True if any size of the same shape is right, up to 8,192 pixels.
    """

    width_px: int
    height_px: int
    patches: tuple[Patch, ...]
    reduced: bool = False


@dataclass(frozen=True)
class Refused:
    """The file is refused.

    Args:
        problem: Name of the reason.
        named: Names of the file's kind, one of which the refusal gives; empty if no name is needed.
    """

    problem: str
    named: tuple[str, ...] = ()


Outcome = Passes | Stripped | MadeAnew | Refused


@dataclass(frozen=True)
class Case:
    """A file and the outcomes that are right for it.

    Args:
        name: Unique name.
        build: Function that makes the file, the same at each call.
        outcome: What is right.
        also: Further outcomes that are right as well.
        reading: Why this outcome is right, where the file can be read in two ways.
    """

    name: str
    build: Callable[[], bytes]
    outcome: Outcome
    also: tuple[Outcome, ...] = ()
    reading: str = ""

    @cached_property
    def content(self) -> bytes:
        """The file."""
        return self.build()

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """All outcomes that are right."""
        return (self.outcome, *self.also)

    def __str__(self) -> str:
        return self.name
