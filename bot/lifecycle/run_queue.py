"""Interface of the queue of runs of processes that share a database; `bot.storage.postgresql_queue` has it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol


class RunQueue(Protocol):
    """Entries of jobs that want to run. Methods wait for a server that is away."""

    async def put(self, job_ids: Sequence[str]) -> frozenset[str]:
        """Enter jobs. Returns those that had no entry; the others' runs are under way, or will come."""
        ...

    async def missing(self) -> Mapping[str, bool]:
        """Return the jobs that go on by themselves and have no entry; True for those that only ask again.

        Jobs that rest in line go on by their turn.
        """
        ...

    async def present(self, job_ids: Sequence[str]) -> frozenset[str]:
        """Return those of these jobs that have an entry."""
        ...

    @property
    def renewed_at_s(self) -> float:
        """Moment since which heartbeats keep others from this process's entries, by `bot.boot_clock`."""
        ...

    async def holds(self, job_id: str) -> bool:
        """Return True if this process has a job's entry, which it took and no other process took over."""
        ...

    async def work(self, carry: Callable[[str], Awaitable[bool]]) -> None:
        """Take entries and have them carried; `carry` returns False if another process has to go on."""
        ...

    def stop_taking(self) -> None:
        """Take no more entries; `work` ends with those that were taken."""
        ...

    async def trim(self) -> None:
        """Remove what is kept of entries that are long over."""
        ...

    def give_up(self) -> None:
        """Leave all entries as they are: other processes carry on what this one did."""
        ...
