"""Buttons below cards of jobs. They outlive the process: all that a press needs is in their ids."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import discord
from discord import ui

from bot.delivery.card import Action
from bot.texts.buttons import LABELS
from bot.texts.messages import Language
from cogs.shared.interactions import Interaction
from cogs.shared.router import InteractionRoute

_JOB: Final = r"(?P<job>[0-9a-f]{32}):(?P<person>[0-9]{1,20}):(?P<private>[01])"
_CUSTOM_ID: Final = re.compile(rf"sm:[a-z]+:{_JOB}")

_IN_A_ROW: Final = 5
"""Discord, *Action Row*."""

_STYLES: Final = {
    Action.MAKE: discord.ButtonStyle.success,
    Action.STOP_WATCHING: discord.ButtonStyle.danger,
    Action.TRY_AGAIN: discord.ButtonStyle.primary,
    Action.FIRST_FRAME: discord.ButtonStyle.primary,
    Action.LOOK_AGAIN: discord.ButtonStyle.primary,
    Action.FETCH: discord.ButtonStyle.success,
    Action.ANEW: discord.ButtonStyle.primary,
    Action.IN_720P: discord.ButtonStyle.success,
    Action.DELETE: discord.ButtonStyle.danger,
}


@dataclass(frozen=True)
class ButtonReference:
    """The action of a button, its job, the user of the job, and True if its answers are private.

    An id can be forged, so everything that acts on it checks again.
    """

    action: Action
    job_id: str
    person_id: int
    private: bool

    @property
    def custom_id(self) -> str:
        """At most 74 of the 100 characters that Discord allows."""
        return f"sm:{self.action}:{self.job_id}:{self.person_id}:{int(self.private)}"


def job_routes(
    handlers: Mapping[Action, Callable[[Interaction, ButtonReference], Awaitable[None]]],
) -> list[InteractionRoute]:
    """Return the routes of buttons below cards, one for each action."""

    def route(action: Action) -> InteractionRoute:
        async def handler(interaction: Interaction, match: re.Match[str]) -> None:
            reference = ButtonReference(action, match["job"], int(match["person"]), match["private"] == "1")
            await handlers[action](interaction, reference)

        return InteractionRoute(re.compile(f"sm:{action}:{_JOB}"), handler)

    return [route(action) for action in handlers]


def shows_buttons_of(message: discord.Message, job_id: str) -> bool:
    """True if one of the buttons below a message belongs to this job."""
    ids = [
        child.custom_id or ""
        for row in message.components
        if isinstance(row, discord.ActionRow)
        for child in row.children
    ]
    return any(match["job"] == job_id for match in map(_CUSTOM_ID.fullmatch, ids) if match is not None)


def _button(reference: ButtonReference, language: Language) -> ui.Button[ui.LayoutView]:
    return ui.Button(
        label=LABELS[reference.action].in_language(language),
        style=_STYLES.get(reference.action, discord.ButtonStyle.secondary),
        custom_id=reference.custom_id,
    )


def rows_of(
    references: Sequence[ButtonReference], language: Language
) -> tuple[ui.ActionRow[ui.LayoutView], ...]:
    """Lay out the buttons side by side, at most five in a row."""
    rows: list[ui.ActionRow[ui.LayoutView]] = []
    for start in range(0, len(references), _IN_A_ROW):
        row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
        for reference in references[start : start + _IN_A_ROW]:
            row.add_item(_button(reference, language))
        rows.append(row)
    return tuple(rows)
