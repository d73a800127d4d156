"""Review: one question to a server's moderators about a job, its votes, and what follows for the job.

Pure functions. `questions.py` asks, `decisions.py` decides, `store.py` keeps reviews.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.delivery.final_post import Attempt
from bot.jobs.job import NOBODY, Failure, FailureReason, Job, JobState, advance
from bot.jobs.request_facts import shows_spicy
from bot.moderation.audit.entries import AuditAction, AuditEntry, Detail
from bot.moderation.rules import ReviewStage, ServerRules


class ReviewSubject(StrEnum):
    """Subject of a question."""

    SUBMISSION = "submission"
    """May this request be bought?"""
    POSTING = "posting"
    """May this finished video be posted?"""
    REPORT = "report"
    """Shall this hidden video be shown again?"""


class ReviewState(StrEnum):
    """State of a question. All but OPEN are final."""

    OPEN = "open"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    """The request ended before moderators decided."""


class Outstanding(StrEnum):
    """Change of the message with a reported video that is still to be made. The values are stored."""

    HIDE = "hide"
    REMOVE = "remove"
    RESTORE = "restore"


class DenyReason(StrEnum):
    """Reason of a denial to choose from. A typed one takes precedence."""

    REAL_PERSON = "real_person"
    MINOR = "minor"
    OFF_TOPIC = "off_topic"
    TOO_MUCH = "too_much"
    OTHER = "other"


@dataclass(frozen=True)
class Vote:
    """One moderator's vote. It can be taken back while the question is open."""

    person_id: int
    approves: bool
    reason: str
    cast_at: datetime


@dataclass(frozen=True)
class VoterDoubts:
    """Earlier voters on a question whose votes do not count when another vote is counted."""

    lapsed: frozenset[int] = frozenset()
    """They are no moderators any more, or have left: their votes are gone."""
    unknown: frozenset[int] = frozenset()
    """Discord did not tell: their votes do not count this time."""


NO_DOUBTS: Final = VoterDoubts()


@dataclass(frozen=True)
class Review:
    """One question with its votes, oldest first. `channel_id` and `message_id` name the message of its card."""

    id: str
    job_id: str
    guild_id: int
    person_id: int
    """The user whose request or video it is about."""
    subject: ReviewSubject
    state: ReviewState
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None = None
    decided_by: int | None = None
    reason: str = ""
    channel_id: int | None = None
    message_id: int | None = None
    shown_channel_id: int | None = None
    """Channel of the message with the reported video; `shown_message_id` is that message."""
    shown_message_id: int | None = None
    votes: tuple[Vote, ...] = ()
    outstanding: Outstanding | None = None
    """What is still to be done to the message with the reported video; None where it is as decided."""
    refused_at: datetime | None = None
    """Moment of the last vain try to do it."""

    @property
    def is_emptied(self) -> bool:
        """True if it has ended, and what it was about was deleted with its user's data."""
        return self.person_id == NOBODY and self.state is not ReviewState.OPEN


def outstanding_after(review: Review) -> Outstanding | None:
    """Return what is to be done to the message with a reported video once its question has closed like this."""
    if review.subject is not ReviewSubject.REPORT:
        return None
    return Outstanding.RESTORE if review.state is ReviewState.APPROVED else Outstanding.REMOVE


def quorum_of(review: Review, rules: ServerRules) -> int:
    """Return the number of equal votes that decide a question: one for a video that is hidden already."""
    return 1 if review.subject is ReviewSubject.REPORT else rules.quorum


def tally(votes: Sequence[Vote], quorum: int) -> bool | None:
    """Return True or False once a quorum approves or denies, and None before. Called after every vote."""
    approving = sum(vote.approves for vote in votes)
    if len(votes) - approving >= quorum:
        return False
    return True if approving >= quorum else None


def is_overtaken(review: Review, job: Job, rules: ServerRules) -> bool:
    """Return True for an approval of a spicy job that counts no more, because spicy was stopped after it."""
    if review.state is not ReviewState.APPROVED or not shows_spicy(job):
        return False
    stopped_at, decided_at = rules.spicy_stopped_at, review.decided_at
    before = stopped_at is not None and decided_at is not None and decided_at <= stopped_at
    return (before or rules.spicy_stopped) and review.subject is not ReviewSubject.REPORT


_FAILURES: Final[Mapping[tuple[ReviewSubject, ReviewState], FailureReason]] = {
    (ReviewSubject.SUBMISSION, ReviewState.DENIED): FailureReason.DENIED,
    (ReviewSubject.SUBMISSION, ReviewState.EXPIRED): FailureReason.REVIEW_EXPIRED,
    (ReviewSubject.SUBMISSION, ReviewState.WITHDRAWN): FailureReason.REVIEW_WITHDRAWN,
    (ReviewSubject.POSTING, ReviewState.DENIED): FailureReason.POSTING_DENIED,
    (ReviewSubject.POSTING, ReviewState.EXPIRED): FailureReason.POSTING_EXPIRED,
    (ReviewSubject.POSTING, ReviewState.WITHDRAWN): FailureReason.POSTING_EXPIRED,
}


def attempt_kept(job: Job) -> Attempt | None:
    """Return what a job that waited for moderators keeps of its noted attempt to post.

    A new message with the video may be there already, if that was begun before the job had to wait: the final post
    looks for it. Any other attempt belongs to the card that says that the job waits.
    """
    return job.attempt if job.may_have_new_message else None


def job_after_decision(job: Job, review: Review, now: datetime) -> Job:
    """Return the job as it is after a question about its submission or its posting was closed.

    The lifecycle applies it when it finds its question closed, `decisions.py` when a question closes later.

    Args:
        job: The job as it is stored.
        review: The closed question.
        now: The moment at which a job that ends has ended.

    Returns:
        The changed job, or `job` itself if it does not wait for this decision or has it already.
    """
    waiting = JobState.HELD if review.subject is ReviewSubject.SUBMISSION else JobState.DELIVERING
    if job.state is not waiting:
        return job
    if review.state is ReviewState.APPROVED:
        stage, decided_at = ReviewStage(review.subject.value), review.decided_at or now
        if job.approved.get(stage) == decided_at:
            return job
        # A user who is to be asked if the video is still wanted, is asked from now on.
        asked = now if job.ask_again_since is not None else None
        approved = replace(
            job,
            review_id=None,
            attempt=attempt_kept(job),
            approved={**job.approved, stage: decided_at},
            ask_again_since=asked,
        )
        return advance(approved, JobState.QUEUED) if waiting is JobState.HELD else approved
    failure = Failure(_FAILURES[review.subject, review.state], review.reason)
    to = JobState.DENIED if waiting is JobState.HELD else JobState.FAILED
    return advance(job, to, review_id=None, failure=failure, ended_at=now)


CLOSING_ACTIONS: Final[Mapping[ReviewState, AuditAction]] = {
    ReviewState.APPROVED: AuditAction.REQUEST_APPROVED,
    ReviewState.DENIED: AuditAction.REQUEST_DENIED,
    ReviewState.EXPIRED: AuditAction.REQUEST_EXPIRED,
    ReviewState.WITHDRAWN: AuditAction.REQUEST_EXPIRED,
}
"""Action in the audit log by the state in which a question ended."""


def entry_about(
    review: Review,
    action: AuditAction,
    at: datetime,
    *,
    actor_id: int | None = None,
    reason: str = "",
    details: Mapping[str, Detail] | None = None,
    prompt: str | None = None,
) -> AuditEntry:
    """Return an entry of the audit log about a question and its job. `actor_id` is None for the bot itself."""
    named: dict[str, Detail] = {"review": review.id, "subject": review.subject.value}
    shown = (review.shown_channel_id, review.shown_message_id)
    if shown == (None, None):
        shown = (
            review.channel_id,
            review.message_id,
        )  # the question's card, which names the request's channel
    if None not in shown:
        named |= {"channel": str(shown[0]), "message": str(shown[1])}
    named |= details or {}
    return AuditEntry(
        review.guild_id,
        at,
        action,
        actor_id,
        review.person_id or None,
        review.job_id,
        reason,
        named,
        prompt,
    )


def cancellation_entry(ended: Job, at: datetime, *, by: int, review: Review | None = None) -> AuditEntry:
    """Return the entry about a moderator who cancelled another user's request, with the question about it."""
    details: dict[str, Detail] = {"bought": ended.bought}
    if ended.reply.channel_id is not None:
        details["channel"] = str(ended.reply.channel_id)
    if review is not None:
        details |= {"review": review.id}
    action, person_id = AuditAction.REQUEST_CANCELLED, ended.reply.person_id
    return AuditEntry(ended.guild_id or 0, at, action, by, person_id, ended.id, details=details)
