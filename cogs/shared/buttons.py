"""Plain buttons. They outlive the process: all that a press needs is in their ids."""

from collections.abc import Sequence
from dataclasses import dataclass

import discord
from discord import ui


@dataclass(frozen=True)
class PlainButton:
    """A button: its label, id and style."""

    label: str
    custom_id: str
    style: discord.ButtonStyle = discord.ButtonStyle.secondary


def view_of(buttons: Sequence[PlainButton]) -> ui.View:
    """Lay out buttons side by side. Presses come back as interactions like any others."""
    view = ui.View(timeout=None)
    for button in buttons:
        view.add_item(ui.Button(label=button.label, custom_id=button.custom_id, style=button.style))
    view.stop()
    return view


def row_of_plain(buttons: Sequence[PlainButton]) -> ui.ActionRow[ui.LayoutView]:
    """Make a row of buttons for a message of components."""
    row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
    for button in buttons:
        row.add_item(ui.Button(label=button.label, custom_id=button.custom_id, style=button.style))
    return row
