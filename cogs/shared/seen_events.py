"""Events of Discord that come twice to one process, such as after a lost connection: each is served once."""

from typing import Final

import structlog

log: Final = structlog.get_logger(__name__)

_REMEMBERED: Final = 10_000
"""Events; one that comes again does so soon."""


class SeenEvents:
    """Remembers interactions or messages by their ids. The database settles what this process has forgotten."""

    def __init__(self) -> None:
        self._ids: dict[int, None] = {}

    def is_new(self, event_id: int) -> bool:
        """Return True for the first event of this id."""
        if event_id in self._ids:
            log.info("event_served_before", id=event_id)
            return False
        self._ids[event_id] = None
        if len(self._ids) > _REMEMBERED:
            del self._ids[next(iter(self._ids))]
        return True
