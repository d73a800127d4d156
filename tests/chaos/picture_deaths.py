"""Random deaths of the children that prepare pictures for a bot in another process."""

import asyncio
import random
from contextlib import suppress

import psutil

from tests.children.processes import picture_children

_LOOK_EVERY_S = 0.05


class PictureDeaths:
    """Kills such children at random, at work or not."""

    def __init__(self, share: float, chance: random.Random) -> None:
        """Args: `share` is the probability for each child at each look."""
        self._share = share
        self._chance = chance
        self.bot_pid: int | None = None
        self.count = 0

    async def run(self) -> None:
        """Look and kill until cancelled."""
        while self._share:
            await asyncio.sleep(_LOOK_EVERY_S)
            for child in picture_children(self.bot_pid) if self.bot_pid is not None else []:
                if self._chance.random() < self._share:
                    with suppress(psutil.NoSuchProcess):
                        child.kill()
                        self.count += 1
