"""Choices of commands' options."""

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from typing import Any, TypeVar

from discord import app_commands

from bot.texts import commands as words
from bot.texts.messages import Message
from bot.video import Preset

_F = TypeVar("_F", bound=Callable[..., Any])


def choices(names: Iterable[tuple[str, Message]]) -> list[app_commands.Choice[str]]:
    """Make choices with English names, which are translated when the command is registered."""
    return [app_commands.Choice(name=name.english, value=str(value)) for value, name in names]


def video_options(command: _F) -> _F:
    """Describe what `/video` and `/defaults` have in common, and what can be chosen there."""
    describe = app_commands.describe(
        seconds=words.SECONDS.english,
        size=words.SIZE.english,
        resolution=words.RESOLUTION.english,
        preset=words.PRESET.english,
        private=words.PRIVATE.english,
    )
    offer = app_commands.choices(
        seconds=choices(words.SECONDS_NAMES.items()),
        size=choices(words.SIZE_NAMES.items()),
        resolution=choices(words.RESOLUTION_NAMES.items()),
        preset=choices(words.PRESET_NAMES.items()),
    )
    return describe(offer(command))


def offer_presets(command: app_commands.Command[Any, ..., Any], presets: Sequence[Preset]) -> None:
    """Have a command offer these presets alone, as the operator decided."""
    parameter = command._params.get("preset")  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - declared when the class was
    if parameter is not None:
        offered = {preset.value for preset in presets}
        # A copy: what the class declared is shared by every client of this process.
        mine = copy(parameter)
        mine.choices = [choice for choice in parameter.choices if choice.value in offered]
        command._params = {**command._params, "preset": mine}  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - likewise
