"""Faults of gateway events: events that are delivered twice, scripted or at random from a seed."""

import random
from collections.abc import Collection
from dataclasses import dataclass, field

USER_EVENTS = frozenset({"INTERACTION_CREATE", "MESSAGE_CREATE"})
"""The events by which users ask for something."""


@dataclass(slots=True)
class RepeatedEvent:
    """The next `times` events of this name are delivered again, `after_s` seconds later; 0 is at once."""

    event: str = "INTERACTION_CREATE"
    after_s: float = 0.0
    times: int = 1
    hits: int = field(default=0)


class EventFaults:
    """The repetitions to come. Scripted ones are used up in order; random ones go on."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  # reproducible faults, not secrets
        self._scripted: list[RepeatedEvent] = []
        self._probability = 0.0
        self._longest_s = 0.0
        self._events: frozenset[str] = frozenset()

    def append(self, repeated: RepeatedEvent) -> RepeatedEvent:
        """Add a scripted repetition."""
        self._scripted.append(repeated)
        return repeated

    def at_random(
        self, probability: float, *, longest_s: float = 2.0, events: Collection[str] = USER_EVENTS
    ) -> None:
        """From now on each of these events is delivered twice with `probability`.

        Half of the repetitions come at once, the others within `longest_s` seconds.
        """
        self._probability, self._longest_s, self._events = probability, longest_s, frozenset(events)

    def clear(self) -> None:
        """Deliver every event once."""
        self._scripted.clear()
        self._probability = 0.0

    def next_for(self, event: str) -> float | None:
        """The seconds after which this event is delivered again; None if it is not."""
        for repeated in self._scripted:
            if repeated.event == event and repeated.hits < repeated.times:
                repeated.hits += 1
                return repeated.after_s
        if event in self._events and self._random.random() < self._probability:
            return self._random.choice((0.0, self._random.uniform(0.0, self._longest_s)))
        return None
