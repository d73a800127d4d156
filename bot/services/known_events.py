"""The last events that asked for videos: one that comes again is known before anything is asked about it."""

from typing import Final

_KEPT: Final = 5000
"""Discord repeats an event within minutes, if it does."""


class KnownEvents:
    """Ids of the jobs that events asked for, as far as they were not refused. Newer ones replace the oldest."""

    def __init__(self) -> None:
        self._job_ids: dict[str, None] = {}

    def __contains__(self, job_id: object) -> bool:
        return job_id in self._job_ids

    def add(self, job_id: str) -> None:
        """Know an event from now on."""
        self._job_ids[job_id] = None
        if len(self._job_ids) > _KEPT:
            del self._job_ids[next(iter(self._job_ids))]

    def forget(self, job_id: str) -> None:
        """Know an event no longer: it was refused."""
        self._job_ids.pop(job_id, None)
