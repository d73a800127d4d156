"""What `/jobs` lists: a person's jobs, each with its words and buttons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.delivery import Action
from bot.jobs import announce
from bot.jobs.course import Parts, View
from bot.jobs.job import Job, JobState
from bot.jobs.lifecycle import Lifecycle
from bot.jobs.patience import Retention
from bot.jobs.store import JobStore
from bot.jobs.turnstile import Standing
from bot.texts import jobs as words
from bot.texts.sentences import Language, Sentence

_MOST: Final = 200


@dataclass(frozen=True)
class Listed:
    """One job in the list: its words, and what can be done to it."""

    job_id: str
    person_id: int
    private: bool
    text: str
    actions: tuple[Action, ...]


class Listing:
    """Looks up people's jobs."""

    def __init__(self, store: JobStore, lifecycle: Lifecycle, parts: Parts) -> None:
        self._store = store
        self._lifecycle = lifecycle
        self._parts = parts

    async def of_person(self, person_id: int, language: Language) -> tuple[Listed, ...]:
        """Their jobs that are under way, wait for them, or ended without a video; the newest first.

        Raises `bot.storage.StorageError`.
        """
        since = self._parts.now() - self._parts.retention.ended_shown
        found = await self._store.of_person(person_id, ended_since=since, limit=_MOST)
        return tuple(
            listed(
                job,
                self._lifecycle.view(job.id),
                self._parts.turnstile.standing(job.id),
                self._parts.retention,
                language,
            )
            for job in found
        )


def listed(
    job: Job, view: View | None, standing: Standing | None, retention: Retention, language: Language
) -> Listed:
    """The job as its person sees it. `view` and `standing` are there for jobs that run in this process."""
    entry = words.Entry(job.request, _standing(job), _detail(job, view, standing, retention), job.created_at)
    return Listed(
        job.id, job.reply.person_id, job.reply.private, words.entry_line(entry, language), _actions(job)
    )


_STANDINGS: Final[Mapping[JobState, Sentence]] = {
    JobState.HELD: words.Standing.HELD,
    JobState.QUEUED: words.Standing.WAITING,
    JobState.SUBMITTING: words.Standing.STARTING,
    JobState.GENERATING: words.Standing.MAKING,
    JobState.READY: words.Standing.READY,
    JobState.DELIVERING: words.Standing.READY,
    JobState.DELIVERED: words.Standing.DELIVERED,
    JobState.DENIED: words.Standing.DENIED,
    JobState.FAILED: words.Standing.FAILED,
    JobState.EXPIRED: words.Standing.EXPIRED,
    JobState.UNKNOWN: words.Standing.UNKNOWN,
    JobState.CANCELLED: words.Standing.CANCELLED,
}


def _standing(job: Job) -> Sentence:
    return words.Standing.ASIDE if job.parked_at is not None else _STANDINGS[job.state]


def _detail(job: Job, view: View | None, standing: Standing | None, retention: Retention) -> Sentence | None:
    if job.parked_at is not None:
        return words.until(job.parked_at + retention.undelivered)
    if job.state is JobState.QUEUED and standing is not None:
        return words.position(standing.position, standing.waiting)
    if job.state is JobState.GENERATING and view is not None:
        return words.progress(view.progress, view.rest_s)
    return None


def _actions(job: Job) -> tuple[Action, ...]:
    if job.state in {JobState.HELD, JobState.QUEUED, JobState.SUBMITTING, JobState.GENERATING}:
        return (Action.CANCEL,)
    return announce.actions(job)
