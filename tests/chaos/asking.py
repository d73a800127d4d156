"""People who ask for videos, by command and by mentioning the bot, now and then."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.sandbox.discord import Channel, DiscordSandbox, Message, Reply, User
from tests.chaos.fault_plan import FaultPlan
from tests.e2e.actors.pictures import picture

_PEOPLE: Final = 5
"""In one process; several have more to do."""


@dataclass
class RunRecord:
    """Record of a run: who asked for what, when it was killed, in which states the jobs were then."""

    kills: int = 0
    kill_points: Counter[str] = field(default_factory=Counter[str])
    states: Counter[str] = field(default_factory=Counter[str])
    replies: dict[str, Reply] = field(default_factory=dict[str, Reply])
    messages: dict[str, Message] = field(default_factory=dict[str, Message])
    """Those that asked for a video by mentioning the bot."""

    @property
    def asked(self) -> int:
        """How many videos were asked for, in any way."""
        return len(self.replies) + len(self.messages)


def add_people(discord: DiscordSandbox, count: int = _PEOPLE) -> tuple[list[User], list[Channel]]:
    """Make a server with people. Returns them, and the channels in which they ask."""
    guild = discord.add_guild("Server")
    people = [discord.add_user(f"person{number}") for number in range(count)]
    for person in people:
        guild.join(person)
    return people, [guild.add_channel("general"), guild.add_channel("more")]


class Asking:
    """Asks at times drawn from a seed of its own, so that kills do not depend on how often somebody could ask."""

    def __init__(
        self,
        discord: DiscordSandbox,
        fault_plan: FaultPlan,
        record: RunRecord,
        *,
        seed: int,
        at_most: int,
        pause_s: tuple[float, float] = (0.02, 0.25),
    ) -> None:
        """Args: nobody asks while `at_most` videos were asked for, which may be changed meanwhile."""
        self.at_most = at_most
        self.is_last = False
        """True once `at_most` will not be changed any more."""
        self._discord = discord
        self._fault_plan = fault_plan
        self._record = record
        self._seed = seed
        self._pause_s = pause_s
        self._chance = random.Random(seed + 1)

    async def run(self, people: Sequence[User], places: Sequence[Channel]) -> None:
        """Ask for a video now and then, while the bot is there."""
        while self._record.asked < self.at_most or not self.is_last:
            await asyncio.sleep(self._chance.uniform(*self._pause_s))
            if self._record.asked >= self.at_most:
                continue
            if not self._discord.gateway.ready_shards() or not self._discord.commands:
                continue
            person = self._chance.choice(people)
            channel = self._chance.choice(places)
            if self._chance.random() < 0.15:
                channel = self._discord.dm(person)
            prompt = f"run {self._seed} video {self._record.asked:04}"
            if self._chance.random() < 0.2:
                await self._mention(person, channel, prompt)
                continue
            options: dict[str, object] = {"prompt": prompt, "private": self._chance.random() < 0.15}
            if self._fault_plan.large_films and self._chance.random() < 0.5:
                options["resolution"] = "480p"
            if self._chance.random() < self._fault_plan.pictures:
                options["image"] = self._discord.upload("cat.png", picture())
            reply = await self._discord.invoke(
                "video",
                user=person,
                channel=channel,
                options=options,  # pyright: ignore[reportArgumentType] - all are option values
            )
            self._record.replies[prompt] = reply

    async def _mention(self, person: User, channel: Channel, prompt: str) -> None:
        self._record.messages[prompt] = await self._discord.say(
            person,
            channel,
            f"{self._discord.world.bot.mention} {prompt}",
            attachments=[self._discord.upload("cat.png", picture())],
        )
