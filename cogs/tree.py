"""The command tree: answers for commands that break, and registration of changed commands."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import discord
import structlog
from discord import app_commands

from bot.storage.errors import StorageError
from bot.texts import explanations, jobs
from cogs.shared.interactions import Interaction
from cogs.shared.respond import tell
from cogs.shared.seen_events import SeenEvents

log: Final = structlog.get_logger(__name__)

COMMANDS_STATE: Final = "commands.sha256"
"""File in the data folder that says which commands were registered last."""
ENTRY_POINT_LEFT_OUT: Final = 50240
"""Discord, *JSON Error Codes*: a bulk overwrite may not remove the application's Entry Point command."""
_TYPED: Final = 1
_ENTRY_POINT: Final = 4
_ENTRY_POINT_FIELDS: Final = (
    "type",
    "name",
    "name_localizations",
    "description",
    "description_localizations",
    "contexts",
    "integration_types",
    "handler",
    "nsfw",
)
"""Fields that Discord takes of a command; the rest of one that it lists is its own, such as ids."""


@dataclass(frozen=True)
class CommandsState:
    """The commands of one registration: a digest of all that Discord was told, and their names."""

    digest: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, application_id: int | None, payload: Sequence[Any]) -> Self:
        """Return the state that a registration of `payload` leaves."""
        told = json.dumps([application_id, payload], sort_keys=True)
        names = sorted(command["name"] for command in payload)
        return cls(hashlib.sha256(told.encode()).hexdigest(), tuple(names))

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Return what the last registration left, or None if that is not known."""
        try:
            digest, *names = path.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):  # absent, empty, or no text
            return None
        return cls(digest, tuple(names))

    def write(self, path: Path) -> None:
        """Keep it for the next start, which registers once more where that fails."""
        try:
            path.write_text("\n".join([self.digest, *self.names, ""]), encoding="utf-8")
        except OSError as error:
            log.warning("registration_not_noted", reason=error.strerror)


class Tree(app_commands.CommandTree[discord.Client]):
    """Answers the user even if a command breaks, and keeps Discord's list of commands current."""

    def __init__(self, client: discord.Client) -> None:
        super().__init__(client)
        self._seen = SeenEvents()
        self._ids: dict[str, int] = {}

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        """Serve each command once, however often Discord delivers it."""
        return interaction.type is discord.InteractionType.autocomplete or self._seen.is_new(interaction.id)

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError) -> None:
        """Log what broke and tell the user, unless there is an answer already."""
        command = interaction.command.qualified_name if interaction.command else None
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        if isinstance(cause, StorageError):
            log.warning("command_not_served", command=command, reason=str(cause))
            await tell(interaction, jobs.NOT_STORED)
            return
        log.error("command_broke", command=command, exc_info=error)
        await tell(interaction, explanations.COMMAND_BROKE)

    async def sync_if_changed(self, state_path: Path) -> None:
        """Register the commands with Discord if they differ from those registered last, or are gone there.

        Discord takes 200 new commands a day and warns against registering at every start (*Application
        Commands*), so what was registered is kept at `state_path`. Raises `DISCORD_ERRORS`.
        """
        payload = await self._payload()
        state = CommandsState.of(self.client.application_id, payload)
        if await asyncio.to_thread(CommandsState.read, state_path) == state and await self._is_known(state):
            return
        await self._register(payload)
        await asyncio.to_thread(state.write, state_path)
        log.info("commands_registered", count=len(payload))

    async def learn(self) -> bool:
        """Learn the ids of the commands, which another process registers. Returns True if all are registered.

        Raises `DISCORD_ERRORS`.
        """
        self._learn_ids(await self.client.http.get_global_commands(self._application_id))
        return self._ids.keys() >= {
            one.name for one in self.get_commands(type=discord.AppCommandType.chat_input)
        }

    def mention(self, name: str) -> str | None:
        """Return how a message names a command, such as `spicy queue`, so that a press puts it into the input.

        Of a group it names the first command. While Discord has not told the command's id it is the plain name.
        For a command that the bot does not have it is None.
        """
        first, *rest = name.split()
        command: Any = self.get_command(first)
        for word in rest:
            command = command.get_command(word) if isinstance(command, app_commands.Group) else None
        while isinstance(command, app_commands.Group):
            command = next(iter(command.commands), None)
        if command is None:
            return None
        shown = command.qualified_name
        return f"</{shown}:{self._ids[first]}>" if first in self._ids else f"`/{shown}`"

    def _learn_ids(self, listed: Sequence[Any]) -> None:
        own = (command for command in listed if command["type"] == _TYPED)
        self._ids = {command["name"]: int(command["id"]) for command in own}

    async def _is_known(self, state: CommandsState) -> bool:
        """Return True if Discord lists every command, which somebody may have removed by another way."""
        listed = await self.client.http.get_global_commands(self._application_id)
        self._learn_ids(listed)
        return {command["name"] for command in listed} >= set(state.names)

    async def _register(self, payload: list[Any]) -> None:
        try:
            listed: list[Any] = await self.client.http.bulk_upsert_global_commands(
                self._application_id, payload=payload
            )
        except discord.HTTPException as error:
            if error.code != ENTRY_POINT_LEFT_OUT:
                raise
            # Discord adds this command by itself when an application gets Activities. It is not the bot's, and
            # removing it is the operator's decision: it goes along with the others, as it is.
            listed = await self.client.http.get_global_commands(self._application_id)
            kept = [_as_told(command) for command in listed if command["type"] == _ENTRY_POINT]
            if not kept:
                raise
            listed = await self.client.http.bulk_upsert_global_commands(
                self._application_id, payload=[*payload, *kept]
            )
            log.info("entry_point_command_kept", command=kept[0]["name"])
        self._learn_ids(listed)

    @property
    def _application_id(self) -> int:
        number = self.client.application_id
        if number is None:
            raise app_commands.MissingApplicationID
        return number

    async def _payload(self) -> list[Any]:
        translator = self.translator
        return [
            await command.get_translated_payload(self, translator) if translator else command.to_dict(self)
            for command in self.get_commands()
        ]


def _as_told(command: dict[str, Any]) -> dict[str, Any]:
    """Return a command that Discord listed in the form in which it takes one."""
    told = {name: command[name] for name in _ENTRY_POINT_FIELDS if command.get(name) is not None}
    if (permissions := command.get("default_member_permissions")) is not None:
        told["default_member_permissions"] = int(permissions)  # listed as text, taken as a number
    return told
