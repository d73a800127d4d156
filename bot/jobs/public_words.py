"""Words of users in replies for all in a server: no prompt without a decision, no name of a file."""

from typing import Final

from bot.jobs.job import FailureReason, Job, JobState
from bot.moderation.rules import ReviewStage
from bot.texts.messages import Message
from bot.texts.pictures import numbered

_REFUSED: Final = frozenset(
    {
        FailureReason.NOT_ALLOWED,
        FailureReason.NOT_TOLD,
        FailureReason.DENIED,
        FailureReason.REVIEW_EXPIRED,
        FailureReason.REVIEW_WITHDRAWN,
        FailureReason.NOT_POSTED_HERE,
        FailureReason.POSTING_DENIED,
        FailureReason.POSTING_EXPIRED,
        FailureReason.PERSON_GONE,
        FailureReason.UNCOLLECTED,
        FailureReason.DELETED_BY_OWNER,
    }
)
"""Ends for which moderators, or the rules, did not let the request or its video through, or that leave it open if
they would have."""
_PERHAPS_UNDECIDED: Final = frozenset(
    {
        FailureReason.PICTURE_REFUSED,
        FailureReason.NOT_STORED,
        FailureReason.BROKE,
        FailureReason.INTERRUPTED,
    }
)
"""Ends that can come before moderators were asked; of a job that was bought they come after that."""


def quotes_prompt(job: Job) -> bool:
    """Return True if the job's reply may quote the prompt.

    One for all in a server does not while moderators are to decide about the request or its video, nor after it
    ended without their approval: what they keep out of a channel would stand in it.
    """
    if not job.is_public or job.state is JobState.DELIVERED:
        return True
    undecided = job.awaits_posting and ReviewStage.POSTING not in job.approved
    if job.state in {JobState.HELD, JobState.DENIED} or job.review_id is not None or undecided:
        return False
    if job.state is JobState.CANCELLED:
        return job.bought
    reason = job.failure.reason if job.failure is not None else None
    return reason not in _REFUSED and (job.bought or reason not in _PERHAPS_UNDECIDED)


def may_read_prompt(job: Job, person_id: int) -> bool:
    """Return True for the job's own user, and for others where the reply may quote the prompt."""
    return person_id == job.reply.person_id or quotes_prompt(job)


def name_of_picture(job: Job, number: int | None, filename: str) -> str | Message:
    """Return how the job's reply calls a picture: by its number where it is for all, else by its file's name."""
    return numbered(number) if job.is_public else filename
