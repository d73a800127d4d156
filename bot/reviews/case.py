"""What approvals are made of: cards, answers to presses, and how many votes decide."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bot.jobs.job import Job
from bot.moderation.audit.entries import Detail
from bot.moderation.rules import ServerRules
from bot.reviews.review import Review, ReviewSubject
from bot.texts.moderation import Record


class VoteResult(StrEnum):
    """What came of a moderator's press."""

    COUNTED = "counted"
    DECIDED = "decided"
    TAKEN_BACK = "taken_back"
    NO_VOTE = "no_vote"
    CLOSED = "closed"
    NOT_ALLOWED = "not_allowed"
    OWN = "own"


class ExtraAction(StrEnum):
    """What a vote does besides, if it decides."""

    NONE = "none"
    TRUST = "trust"
    SUSPEND = "suspend"
    STRIKE = "strike"


@dataclass(frozen=True)
class VideoMessage:
    """The message in which a video is seen."""

    channel_id: int
    message_id: int


@dataclass(frozen=True)
class ReviewCase:
    """All that a question's card shows."""

    review: Review
    job: Job
    record: Record
    quorum: int
    video: Path | None = None


class ReviewChannel(Protocol):
    """Where a server's moderators see questions. Neither method raises for what Discord refuses."""

    async def put(self, case: ReviewCase) -> tuple[int, int] | None:
        """Show a question: to the review channel, or else to the server's owner; its channel and message.

        Repeated calls post once. None where nobody could be asked.
        """
        ...

    async def update(self, case: ReviewCase) -> None:
        """Show how a question stands now."""
        ...


def quorum_of(review: Review, rules: ServerRules) -> int:
    """How many votes decide a question: one about a video that is hidden already."""
    return 1 if review.subject is ReviewSubject.REPORT else rules.quorum


def details_of(review: Review) -> dict[str, Detail]:
    """How the audit log names a question."""
    return {"review": review.id, "subject": review.subject.value}
