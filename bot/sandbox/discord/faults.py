"""DiscordFaults on request: errors, delays and lost connections, scripted or at random from a seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from bot.sandbox.discord.ratelimits import Scope


class Drop(StrEnum):
    """When the connection is lost."""

    BEFORE = "before"
    """Nothing was done."""
    AFTER = "after"
    """The request was carried out, its answer never arrives."""


@dataclass(slots=True)
class DiscordFault:
    """A fault on routes that match `route`, a pattern such as `PATCH /webhooks/*`, `times` times.

    With a `status` the request is refused before anything is done; `delay_s` comes first and can stand
    alone. A 429 carries `retry_after_s` seconds; without `via` it looks like Cloudflare's.
    """

    route: str
    status: int | None = None
    code: int = 0
    message: str = "The resource is being rate limited."
    retry_after_s: float = 0.3
    scope: Scope = Scope.USER
    via: bool = True
    delay_s: float = 0.0
    drop: Drop | None = None
    times: int = 1
    hits: int = field(default=0)

    def matches(self, name: str) -> bool:
        """True if the fault is still due and meant for this request."""
        return self.hits < self.times and fnmatchcase(name, self.route.replace("[", "[[]"))


class DiscordFaults:
    """The faults that are due. Scripted ones are used up in order; random ones go on."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  # reproducible faults, not secrets
        self._scripted: list[DiscordFault] = []
        self._rates: list[tuple[float, tuple[int, ...], str, float]] = []

    def append(self, fault: DiscordFault) -> DiscordFault:
        """Add a scripted fault."""
        self._scripted.append(fault)
        return fault

    def rate(
        self,
        probability: float,
        statuses: Sequence[int] = (500,),
        route: str = "*",
        *,
        retry_after_s: float = 0.3,
    ) -> None:
        """From now on each matching request fails with `probability`, with one of `statuses`."""
        self._rates.append((probability, tuple(statuses), route, retry_after_s))

    def clear(self) -> None:
        """No more faults."""
        self._scripted.clear()
        self._rates.clear()

    def next_for(self, name: str) -> DiscordFault | None:
        """The fault that strikes the request `name` (method, space, route), if any."""
        for fault in self._scripted:
            if fault.matches(name):
                fault.hits += 1
                return fault
        for probability, statuses, route, retry_after_s in self._rates:
            if fnmatchcase(name, route) and self._random.random() < probability:
                status = self._random.choice(statuses)
                return DiscordFault(route, status, retry_after_s=retry_after_s)
        return None
