"""Faults on request: errors, delays and lost connections, scripted or at random from a seed."""

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


class OddAnswer(StrEnum):
    """Bodies of answers that nobody can read."""

    PAGE = "page"
    EMPTY = "empty"
    EMPTY_JSON = "empty_json"
    """Nothing, called JSON."""
    LIST = "list"
    TORN = "torn"
    """The first half of the true answer, whose length was promised in full."""


@dataclass(slots=True)
class DiscordFault:
    """A fault on routes that match `route`, a pattern such as `PATCH /webhooks/*`, `times` times.

    With a `status` the request is refused before anything is done; `delay_s` comes first and can stand
    alone. A 429 carries `retry_after_s` seconds; without `via` it looks like Cloudflare's.

    Attributes:
        answer: The body in place of the refusal's or, without a `status`, of a request that was carried out
            and is answered by 200.
        answer_delay_s: Seconds between carrying the request out and answering it.
        acknowledged_elsewhere: Another process under the same token acknowledges the interaction, just before
            this callback.
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
    answer: OddAnswer | None = None
    answer_delay_s: float = 0.0
    acknowledged_elsewhere: bool = False
    times: int = 1
    hits: int = field(default=0)

    def matches(self, name: str) -> bool:
        """True if the fault is still due and meant for this request."""
        return self.hits < self.times and self.concerns(name)

    def concerns(self, name: str) -> bool:
        """True if the fault is meant for this request, due or not."""
        return fnmatchcase(name, self.route.replace("[", "[[]"))


class DiscordFaults:
    """The faults that are due. Scripted ones are used up in order; random ones go on."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  # reproducible faults, not secrets
        self._scripted: list[DiscordFault] = []
        self._random_faults: list[tuple[float, tuple[DiscordFault, ...]]] = []

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
        self.at_random(
            probability, [DiscordFault(route, status, retry_after_s=retry_after_s) for status in statuses]
        )

    def at_random(self, probability: float, faults: Sequence[DiscordFault]) -> None:
        """From now on each request meets one of the faults meant for it with `probability`; never used up."""
        self._random_faults.append((probability, tuple(faults)))

    def clear(self) -> None:
        """Remove every fault."""
        self._scripted.clear()
        self._random_faults.clear()

    def next_for(self, name: str) -> DiscordFault | None:
        """The fault that strikes the request `name` (method, space, route), if any."""
        for fault in self._scripted:
            if fault.matches(name):
                fault.hits += 1
                return fault
        for probability, faults in self._random_faults:
            fitting = [fault for fault in faults if fault.concerns(name)]
            if fitting and self._random.random() < probability:
                return self._random.choice(fitting)
        return None
