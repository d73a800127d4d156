"""What approvals are made of: cards, answers to presses, and the parts that they need."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from bot.jobs.gatekeeping import Books
from bot.jobs.job import Job
from bot.jobs.store import JobStore
from bot.moderation.audit import AuditTrail
from bot.moderation.reviews import Review, ReviewStore
from bot.quota import Ledger
from bot.texts.moderation import Record


class Sitting(StrEnum):
    """What came of a moderator's press."""

    COUNTED = "counted"
    DECIDED = "decided"
    TAKEN_BACK = "taken_back"
    NO_VOTE = "no_vote"
    CLOSED = "closed"
    NOT_ALLOWED = "not_allowed"
    OWN = "own"


class Extra(StrEnum):
    """What a vote does besides, if it decides."""

    NONE = "none"
    TRUST = "trust"
    SUSPEND = "suspend"
    STRIKE = "strike"


@dataclass(frozen=True)
class Case:
    """All that a question's card shows."""

    review: Review
    job: Job
    record: Record
    quorum: int
    video: Path | None = None


class Board(Protocol):
    """Where a server's moderators see questions. Neither method raises for what Discord refuses."""

    async def put(self, case: Case) -> tuple[int, int] | None:
        """Show a question: to the review channel, or else to the server's owner; its channel and message.

        Repeated calls post once. None where nobody could be asked.
        """
        ...

    async def update(self, case: Case) -> None:
        """Show how a question stands now."""
        ...


@dataclass(frozen=True)
class ReviewParts:
    """What approvals need."""

    jobs: JobStore
    reviews: ReviewStore
    audit: AuditTrail
    books: Books
    board: Board
    ledger: Ledger
    after_report: Callable[[Review], Awaitable[None]]
    """Brings a hidden video back, or removes it for good."""
    finish_reports: Callable[[], Awaitable[None]]
    """Does so for what was decided and not carried out; waits for the gateway."""
    media_dir: Path
    now: Callable[[], datetime]
