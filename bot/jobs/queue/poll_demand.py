"""How often all watched tasks together are to be asked about: the sum of what each of them wants by itself."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

_PER_HERTZ: Final = 1_000_000


class PollDemand:
    """Questions per second that all watched tasks want. Most want few: only close to their end they want many."""

    def __init__(self) -> None:
        self._microhertz = 0  # whole numbers, as a sum of fractions drifts in months

    @property
    def per_s(self) -> float:
        """Questions per second of all of them."""
        return self._microhertz / _PER_HERTZ

    @contextmanager
    def watched(self) -> Generator["TaskDemand"]:
        """Count one more task for the block."""
        task = TaskDemand(self)
        try:
            yield task
        finally:
            task.change(0)

    def add(self, microhertz: int) -> None:
        """Count a task's change; `TaskDemand` alone calls this."""
        self._microhertz += microhertz


class TaskDemand:
    """The part of one task in the demand."""

    def __init__(self, whole: PollDemand) -> None:
        self._whole = whole
        self._microhertz = 0

    def wants(self, pause_s: float) -> None:
        """Count the pause, in seconds above 0, after which it is to be asked about again."""
        self.change(round(_PER_HERTZ / pause_s))

    def change(self, microhertz: int) -> None:
        """Take the place of what was counted for it before."""
        self._whole.add(microhertz - self._microhertz)
        self._microhertz = microhertz
