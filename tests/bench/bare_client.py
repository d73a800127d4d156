"""The least that a bot on discord.py is: `python -m tests.bench.bare_client` logs in, connects, and does nothing.

It reads `DISCORD_TOKEN` and `DISCORD_API_URL` from the environment and runs until it is killed.
"""

import os

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route


class BareClient(discord.AutoShardedClient):
    """A client of the same kind as the bot's, with the gateway that the API names."""

    async def setup_hook(self) -> None:
        """Take the gateway's address from the API instead of discord.py's default."""
        _shards, gateway_url, _limits = await self.http.get_bot_gateway()
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)


if __name__ == "__main__":
    Route.BASE = os.environ["DISCORD_API_URL"]
    BareClient(intents=discord.Intents(guilds=True)).run(os.environ["DISCORD_TOKEN"], log_handler=None)
