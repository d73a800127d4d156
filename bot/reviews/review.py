"""A question to a server's moderators, and the votes on it: pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReviewSubject(StrEnum):
    """What is asked."""

    SUBMISSION = "submission"
    """May this be made?"""
    POSTING = "posting"
    """May this finished video be posted?"""
    REPORT = "report"
    """Shall this hidden video come back?"""


class ReviewState(StrEnum):
    """How a question stands; all but the first are final."""

    OPEN = "open"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    """The request ended before anybody decided."""


@dataclass(frozen=True)
class Vote:
    """One moderator's word, which can be taken back while the question is open."""

    person_id: int
    approves: bool
    reason: str
    cast_at: datetime


@dataclass(frozen=True)
class Review:
    """One question with its votes, oldest first. `channel_id` and `message_id` are where its card is."""

    id: str
    job_id: str
    guild_id: int
    person_id: int
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
    """Where the video is seen that was reported."""
    shown_message_id: int | None = None
    votes: tuple[Vote, ...] = ()


def tally(votes: Sequence[Vote], quorum: int) -> bool | None:
    """What the votes decide: yes, no, or nothing yet. Either needs the quorum; counted after every vote."""
    for_it = sum(vote.approves for vote in votes)
    if len(votes) - for_it >= quorum:
        return False
    return True if for_it >= quorum else None
