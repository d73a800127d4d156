"""One gateway event before it is sent: who may get it, and what it says to sessions with fewer intents."""

from dataclasses import dataclass

from bot.sandbox.discord.wire import Intents, JsonObject


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the gateway.

    `needs` are the intents a session must have asked for (all of them); `guild_id` decides the shard, None
    being shard 0. Sessions without the message content intent get `redacted` where it is given.
    """

    name: str
    data: JsonObject
    guild_id: int | None = None
    needs: Intents = Intents.NONE
    redacted: JsonObject | None = None

    def seen_with(self, intents: Intents) -> JsonObject | None:
        """The data a session with these intents gets: the data, the redacted data, or None for nothing."""
        if self.needs not in intents:
            return None
        if self.redacted is not None and Intents.MESSAGE_CONTENT not in intents:
            return self.redacted
        return self.data
