"""Closed sets as a command's choices."""

from collections.abc import Iterable
from enum import StrEnum

from discord import app_commands

from bot.texts.sentences import Sentence


def choices(names: Iterable[tuple[StrEnum, Sentence]]) -> list[app_commands.Choice[str]]:
    """The choices under their English names, which are translated when the command is registered."""
    return [app_commands.Choice(name=name.english, value=value.value) for value, name in names]
