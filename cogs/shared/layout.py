"""Messages of components: texts and other parts, one below the other."""

from collections.abc import Iterable
from typing import Final

from discord import ui

from bot.texts.quoting import units_of

TEXT_UNITS: Final = 4000
"""Of all texts of a message together (Discord, *Component Reference*)."""


def fitting(units: Iterable[int], room_units: int) -> int:
    """Return how many of the first parts, of so many units each, have room together; at least one."""
    count, taken_units = 0, 0
    for one in units:
        taken_units += one
        if count and taken_units > room_units:
            break
        count += 1
    return count


def units_in(parts: Iterable[str | ui.Item[ui.LayoutView]]) -> int:
    """Return the units of the texts among parts of a message."""
    return sum(units_of(part) for part in parts if isinstance(part, str))


def layout_of(*parts: str | ui.Item[ui.LayoutView]) -> ui.LayoutView:
    """Lay out parts one below the other; a string becomes a text."""
    view = ui.LayoutView(timeout=None)
    for part in parts:
        view.add_item(ui.TextDisplay(part) if isinstance(part, str) else part)
    # Presses come back as interactions like any others, so the library need not remember the view.
    view.stop()
    return view
