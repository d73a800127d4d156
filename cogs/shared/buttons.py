"""Buttons below a private answer. They outlive the process: all they need to know is in their ids."""

from collections.abc import Sequence
from dataclasses import dataclass

import discord
from discord import ui


@dataclass(frozen=True)
class PlainButton:
    """A button: what stands on it, its id, how it looks."""

    label: str
    custom_id: str
    style: discord.ButtonStyle = discord.ButtonStyle.secondary


def view_of(buttons: Sequence[PlainButton]) -> ui.View:
    """The buttons side by side; presses come back as interactions like any others."""
    view = ui.View(timeout=None)
    for button in buttons:
        view.add_item(ui.Button(label=button.label, custom_id=button.custom_id, style=button.style))
    view.stop()
    return view


def row_of_plain(buttons: Sequence[PlainButton]) -> ui.ActionRow[ui.LayoutView]:
    """The same for a message of components."""
    row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
    for button in buttons:
        row.add_item(ui.Button(label=button.label, custom_id=button.custom_id, style=button.style))
    return row
