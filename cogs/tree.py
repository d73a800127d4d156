"""The command tree: answers for commands that break, and registration of changed commands."""

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Final

import discord
import structlog
from discord import app_commands

from bot.storage.errors import StorageError
from bot.texts import explanations, jobs
from cogs.shared.interactions import Interaction
from cogs.shared.respond import refuse, tell

log: Final = structlog.get_logger(__name__)


class Tree(app_commands.CommandTree[discord.Client]):
    """Answers the user even if a command breaks, and keeps Discord's list of commands current."""

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError) -> None:
        """Log what broke and tell the user, unless there is an answer already."""
        command = interaction.command.qualified_name if interaction.command else None
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        if isinstance(cause, StorageError):
            log.warning("command_not_served", command=command, reason=str(cause))
            await tell(interaction, jobs.NOT_STORED)
            return
        log.error("command_broke", command=command, exc_info=error)
        if not interaction.response.is_done():
            await refuse(interaction, explanations.COMMAND_BROKE)

    async def sync_if_changed(self, state_path: Path) -> bool:
        """Register the commands with Discord if they differ from those registered last. Returns True if they did.

        Discord takes 200 new commands a day and warns against registering at every start (*Application
        Commands*), so a digest of what was registered is kept at `state_path`. Raises
        `discord.HTTPException`.
        """
        digest = await self._digest()
        if await asyncio.to_thread(_read, state_path) == digest:
            return False
        commands = await self.sync()
        await asyncio.to_thread(_write, state_path, digest)
        log.info("commands_registered", count=len(commands))
        return True

    async def _digest(self) -> str:
        translator = self.translator
        payload = [
            await command.get_translated_payload(self, translator) if translator else command.to_dict(self)
            for command in self.get_commands()
        ]
        told = json.dumps([self.client.application_id, payload], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


def _write(path: Path, digest: str) -> None:
    path.write_text(f"{digest}\n", encoding="utf-8")
