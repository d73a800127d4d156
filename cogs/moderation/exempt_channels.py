"""Option of commands: a channel in which videos are asked for, or a forum, whose posts count as the forum."""

from typing import TypeAlias

import discord
from discord import app_commands


class _Exempt(app_commands.Transformer):
    @property
    def type(self) -> discord.AppCommandOptionType:
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        # discord.py adds media channels to forums, which Discord's description of its API does not have.
        kinds = discord.ChannelType
        return [kinds.text, kinds.news, kinds.voice, kinds.forum]

    async def transform(
        self, interaction: discord.Interaction, value: app_commands.AppCommandChannel, /
    ) -> app_commands.AppCommandChannel:
        del interaction
        return value


ExemptChannel: TypeAlias = app_commands.Transform[app_commands.AppCommandChannel, _Exempt]
