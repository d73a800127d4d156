"""A Discord client that asks about servers of which its own gateway connections, if any, do not tell it."""

import discord

from cogs.client import Stillmotion


class AskingClient(Stillmotion):
    """Asks about all servers that it is not told of, from its start on."""

    @property
    def is_being_told(self) -> bool:
        """Return False: nobody waits for a gateway that would tell of all servers."""
        return False

    def get_guild(self, guild_id: int, /) -> discord.Guild | None:
        """Return a server as it is in memory; of others, as it was when it was asked about last."""
        found = super().get_guild(guild_id)
        return found if found is not None or self.is_told_of(guild_id) else self.asked.last(guild_id)
