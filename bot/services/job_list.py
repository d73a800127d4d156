"""The list of `/jobs`: a user's jobs, each with its words and buttons."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.delivery.card import Action
from bot.jobs import cards
from bot.jobs.job import FailureReason, Job, JobState
from bot.jobs.queue.slots import Slots
from bot.jobs.store import JobStore
from bot.lifecycle.lifecycle import Lifecycle
from bot.lifecycle.timeouts import Retention
from bot.texts import jobs as words
from bot.texts.messages import Language, Message

_CANCELLABLE: Final = frozenset({JobState.HELD, JobState.QUEUED, JobState.SUBMITTING, JobState.GENERATING})
_MOST: Final = 200


@dataclass(frozen=True)
class JobListEntry:
    """One job in the list: its text, and the actions that its buttons offer."""

    job_id: str
    person_id: int
    private: bool
    text: str
    unquoted: str
    """The text without the prompt."""
    actions: tuple[Action, ...]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class JobList:
    """Looks up users' jobs for the list."""

    store: JobStore
    lifecycle: Lifecycle
    slots: Slots
    retention: Retention
    now: Callable[[], datetime]

    async def of_person(self, person_id: int, language: Language) -> tuple[JobListEntry, ...]:
        """Return a user's jobs that are under way, waiting, or ended lately; the newest first.

        Videos that their owner deleted are not among them. Raises `bot.storage.errors.StorageError`.
        """
        now = self.now()
        found = await self.store.of_person(
            person_id,
            ended_since=now - self.retention.ended_shown,
            delivered_since=now - self.retention.delivered_shown,
            limit=_MOST,
        )
        return tuple(self._entry(job, language) for job in found if not _is_deleted(job))

    def _entry(self, job: Job, language: Language) -> JobListEntry:
        state, detail, notes = _state(job), self._detail(job), _notes(job)
        text, unquoted = (
            words.entry_line(job.request, state, detail, job.created_at, language, notes=notes, quotes=quotes)
            for quotes in (True, False)
        )
        return JobListEntry(job.id, job.reply.person_id, job.reply.private, text, unquoted, _actions(job))

    def _detail(self, job: Job) -> Message | None:
        """Return how far a job is. A job that does not run in this process has neither position nor progress."""
        if job.undelivered_since is not None:
            return words.until(job.undelivered_since + self.retention.undelivered)
        standing, progress = self.slots.standing(job.id), self.lifecycle.progress(job.id)
        if job.state is JobState.QUEUED and standing is not None:
            about = words.about_position if standing.is_estimate else words.position
            return about(standing.position, standing.waiting)
        if job.state is JobState.GENERATING and progress is not None:
            return words.progress(progress.progress, progress.rest_s)
        return None


def _is_deleted(job: Job) -> bool:
    return job.failure is not None and job.failure.reason is FailureReason.DELETED_BY_OWNER


def _state(job: Job) -> Message:
    if job.undelivered_since is not None:
        restored = job.failure is not None and job.failure.reason is FailureReason.BEFORE_RESTORE
        return words.BEFORE_RESTORE if restored else words.UNDELIVERED
    return words.ASKS_AGAIN if job.asks_again else words.STATES[job.state]


def _notes(job: Job) -> tuple[Message, ...]:
    way = job.fallback
    return words.fallback_lines(way.route, way.reason, unquoted=way.unquoted) if way is not None else ()


def _actions(job: Job) -> tuple[Action, ...]:
    if job.undelivered_since is None and not job.asks_again and job.state in _CANCELLABLE:
        return (Action.CANCEL,)
    return cards.actions(job)
