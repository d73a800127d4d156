"""Gateway sessions: numbered events, kept so that a dropped connection can be resumed without a loss."""

import asyncio
import secrets
from collections import deque
from dataclasses import dataclass, field

from bot.sandbox.discord.event_faults import USER_EVENTS
from bot.sandbox.discord.events import Event
from bot.sandbox.discord.snowflakes import shard_of
from bot.sandbox.discord.wire import Intents, JsonObject, to_json

KEPT_EVENTS = 10_000


@dataclass(eq=False)
class Session:
    """One session of one shard. `outbox` is the open connection's queue, None while disconnected."""

    shard: tuple[int, int] | None
    intents: Intents
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    sequence: int = 0
    ready: bool = False
    valid: bool = True
    outbox: asyncio.Queue[str] | None = None
    history: deque[tuple[int, str, str]] = field(
        default_factory=lambda: deque[tuple[int, str, str]](maxlen=KEPT_EVENTS)
    )

    @property
    def connected(self) -> bool:
        """True if a connection carries this session now."""
        return self.outbox is not None

    def serves(self, guild_id: int | None) -> bool:
        """True if events of this server (None: direct messages and the like) go to this shard."""
        if self.shard is None:
            return True
        own, count = self.shard
        return own == (0 if guild_id is None else shard_of(guild_id, count))

    def dispatch(self, name: str, data: JsonObject) -> None:
        """Number, keep and send an event."""
        self.sequence += 1
        text = to_json({"op": 0, "t": name, "s": self.sequence, "d": data})
        self.history.append((self.sequence, name, text))
        if self.outbox is not None:
            self.outbox.put_nowait(text)

    def offer(self, event: Event) -> bool:
        """Send `event` if this session is to get it; answers whether it did."""
        data = event.seen_with(self.intents)
        if data is None or not self.serves(event.guild_id):
            return False
        self.dispatch(event.name, data)
        return True

    def missed(self, sequence: int, again: int = 0) -> list[str] | None:
        """The events after `sequence`; None when they are no longer kept or never were.

        The last `again` events of users up to `sequence`, which the client has seen, come first.
        """
        if sequence > self.sequence:
            return None
        oldest = self.history[0][0] if self.history else self.sequence + 1
        if sequence + 1 < oldest:
            return None
        seen = [text for number, name, text in self.history if number <= sequence and name in USER_EVENTS]
        repeated = seen[len(seen) - min(again, len(seen)) :]
        return repeated + [text for number, _, text in self.history if number > sequence]
