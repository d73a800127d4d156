"""Sentences of `python -m bot check` about the processes that share a database, and their queue."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

ALONE: Final = "one, which does everything"
NONE_RUNS: Final = "none runs at present"
PROCESSES_UNKNOWN: Final = "not told apart: DATABASE_URL names the sessions itself (application_name)"
NO_WORKER: Final = "no worker runs, so nothing is made; start one: python -m bot worker"
NO_GATEWAY: Final = (
    "no gateway is connected to Discord, so nobody is answered; start one: python -m bot gateway"
)
SHARDS_NOT_SETTLED: Final = "their number is not settled yet; the first gateway does that"
NO_LEADER: Final = (
    "no gateway leads: nothing is cleaned up and no question expires; within half a minute one should"
)
QUEUE_NOT_MADE: Final = "not made yet; the first gateway or worker does that"


def processes_found(gateways: int, workers: int, others: int) -> str:
    """Counts of the processes that use the database."""
    told = f"{_counted(gateways, 'gateway')}, {_counted(workers, 'worker')}"
    return f"{told}, {_counted(others, 'other')}" if others else told


def process(name: str, connected_at: datetime, beat_age_s: float | None) -> str:
    """One process, since when it is connected to the database, and when it last wrote there by itself."""
    since = f"{name}, on the database since {connected_at:%Y-%m-%d %H:%M} UTC"
    return since if beat_age_s is None else f"{since}, last heartbeat {duration(beat_age_s)} ago"


def shards(count: int, free: Collection[int]) -> str:
    """The number of shards, and those that no gateway has."""
    if not free:
        return f"{count}, all with gateways"
    return f"{count}, of which no gateway has {_listed(free)}; their servers are not answered"


def has_shards(told: str, own: Collection[int], count: int) -> str:
    """A gateway that connects some shards to Discord."""
    return f"{told}; {_counted(len(own), 'shard')} of {count}: {_listed(own)}"


def leads(told: str) -> str:
    """The gateway that does what one process does at a time."""
    return f"{told}; leader"


def waits(told: str) -> str:
    """A gateway that takes over shards when another one is gone."""
    return f"{told}; waits to take over"


def stands_still(told: str) -> str:
    """A process whose heartbeat is older than it can be."""
    return f"{told}: too long, so it stands still or cannot write to the database; its log says more"


def queue(taken: int, in_line: int, resting: int, untaken: int) -> str:
    """Jobs that workers have, jobs that none need have yet, and jobs that none has taken."""
    behind = f"; {resting} farther back in line" if resting else ""
    return f"{taken} with workers, of these {in_line} in line there{behind}; {untaken} not taken yet"


def oldest(told: str, waits_s: float) -> str:
    """How long the oldest job has not been taken."""
    return f"{told}, the oldest for {duration(waits_s)}"


def abandoned(told: str, silent_s: float) -> str:
    """A worker gave no sign of life for a job, and no other took it."""
    return f"{told}; of one that was taken its worker has not been heard for {duration(silent_s)}"


def duration(seconds: float) -> str:
    """A time as a person says it: seconds up to two minutes, minutes up to two hours, hours."""
    if seconds < 120:  # noqa: PLR2004 - two minutes
        return f"{seconds:.0f} s"
    if seconds < 7200:  # noqa: PLR2004 - two hours
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _listed(numbers: Collection[int]) -> str:
    """Numbers in order, with what follows one another as a range: `0-3, 6`."""
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][-1] == number - 1:
            ranges[-1][1:] = [number]
        else:
            ranges.append([number])
    return ", ".join("-".join(str(end) for end in one) for one in ranges)
