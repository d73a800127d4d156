"""List of `/jobs`: a user's jobs, each with its words and buttons."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.delivery.card import Action
from bot.jobs import cards
from bot.jobs.job import FailureReason, Job, JobState
from bot.jobs.queue.slots import QueuePosition, Slots
from bot.jobs.store import JobStore
from bot.lifecycle.context import JobProgress
from bot.lifecycle.lifecycle import Lifecycle
from bot.lifecycle.timeouts import Retention
from bot.texts import jobs as words
from bot.texts.messages import Language, Message

_MOST: Final = 200


@dataclass(frozen=True)
class JobListEntry:
    """One job in the list: its words, and the actions on it."""

    job_id: str
    person_id: int
    private: bool
    text: str
    actions: tuple[Action, ...]


class JobList:
    """Looks up users' jobs."""

    def __init__(
        self,
        *,
        store: JobStore,
        lifecycle: Lifecycle,
        slots: Slots,
        retention: Retention,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._lifecycle = lifecycle
        self._slots = slots
        self._retention = retention
        self._now = now

    async def of_person(self, person_id: int, language: Language) -> tuple[JobListEntry, ...]:
        """Return a user's jobs that are under way, waiting, or ended lately; the newest first.

        Videos that their owner deleted are not among them. Raises `bot.storage.StorageError`.
        """
        now = self._now()
        found = await self._store.of_person(
            person_id,
            ended_since=now - self._retention.ended_shown,
            delivered_since=now - self._retention.delivered_shown,
            limit=_MOST,
        )
        return tuple(
            listed(
                job,
                self._lifecycle.progress(job.id),
                self._slots.standing(job.id),
                self._retention,
                language,
            )
            for job in found
            if not _is_deleted(job)
        )


def listed(
    job: Job,
    view: JobProgress | None,
    standing: QueuePosition | None,
    retention: Retention,
    language: Language,
) -> JobListEntry:
    """Return the job as its user sees it. `view` and `standing` are those of a job that runs in this process."""
    entry = words.JobLine(
        job.request, _standing(job), _detail(job, view, standing, retention), job.created_at
    )
    return JobListEntry(
        job.id, job.reply.person_id, job.reply.private, words.entry_line(entry, language), _actions(job)
    )


_STANDINGS: Final[Mapping[JobState, Message]] = {
    JobState.HELD: words.StateText.HELD,
    JobState.QUEUED: words.StateText.WAITING,
    JobState.SUBMITTING: words.StateText.STARTING,
    JobState.GENERATING: words.StateText.MAKING,
    JobState.READY: words.StateText.READY,
    JobState.DELIVERING: words.StateText.READY,
    JobState.DELIVERED: words.StateText.DELIVERED,
    JobState.DENIED: words.StateText.DENIED,
    JobState.FAILED: words.StateText.FAILED,
    JobState.EXPIRED: words.StateText.EXPIRED,
    JobState.UNKNOWN: words.StateText.UNKNOWN,
    JobState.CANCELLED: words.StateText.CANCELLED,
}


def _is_deleted(job: Job) -> bool:
    return job.failure is not None and job.failure.reason is FailureReason.DELETED_BY_OWNER


def _standing(job: Job) -> Message:
    return words.StateText.ASIDE if job.undelivered_since is not None else _STANDINGS[job.state]


def _detail(
    job: Job, view: JobProgress | None, standing: QueuePosition | None, retention: Retention
) -> Message | None:
    if job.undelivered_since is not None:
        return words.until(job.undelivered_since + retention.undelivered)
    if job.state is JobState.QUEUED and standing is not None:
        return words.position(standing.position, standing.waiting)
    if job.state is JobState.GENERATING and view is not None:
        return words.progress(view.progress, view.rest_s)
    return None


def _actions(job: Job) -> tuple[Action, ...]:
    if job.state in {JobState.HELD, JobState.QUEUED, JobState.SUBMITTING, JobState.GENERATING}:
        return (Action.CANCEL,)
    return cards.actions(job)
