"""Answers of the API about a submission, a task and a download, as typed values.

Statuses: the vendor's page *Retrieve video task*, and the words that gateways of this kind use for the same
states.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from bot.dimilinks.verdicts import is_content_refusal


class TaskStatus(StrEnum):
    """The API's statuses; UNKNOWN stands for its own word `unknown` and for every one it may add later."""

    QUEUED = "queued"
    PENDING = "pending"
    SUBMITTED = "submitted"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @classmethod
    def from_word(cls, word: str) -> "TaskStatus":
        """The status meant by the API's word, whatever its case."""
        return _WORDS.get(word.strip().lower().replace("-", "_").replace(" ", "_"), cls.UNKNOWN)


_WORDS: Final[Mapping[str, TaskStatus]] = {
    "not_start": TaskStatus.QUEUED,
    "queued": TaskStatus.QUEUED,
    "in_queue": TaskStatus.QUEUED,
    "pending": TaskStatus.PENDING,
    "waiting": TaskStatus.PENDING,
    "submitted": TaskStatus.SUBMITTED,
    "in_progress": TaskStatus.PROCESSING,
    "processing": TaskStatus.PROCESSING,
    "running": TaskStatus.PROCESSING,
    "generating": TaskStatus.PROCESSING,
    "completed": TaskStatus.COMPLETED,
    "succeeded": TaskStatus.COMPLETED,
    "success": TaskStatus.COMPLETED,
    "done": TaskStatus.COMPLETED,
    "finished": TaskStatus.COMPLETED,
    "failed": TaskStatus.FAILED,
    "failure": TaskStatus.FAILED,
    "error": TaskStatus.FAILED,
    "cancelled": TaskStatus.FAILED,
    "canceled": TaskStatus.FAILED,
    "expired": TaskStatus.FAILED,
    "rejected": TaskStatus.FAILED,
}


class TaskPhase(StrEnum):
    """Meaning of a task's state to whoever waits for the video."""

    WAITING = "waiting"
    GENERATING = "generating"
    COMPLETED = "completed"
    BLOCKED = "blocked"
    """Finished, with an error beside it: often a content filter stopped it, and it is charged without a video."""
    FAILED = "failed"
    UNKNOWN = "unknown"
    """A word that this client does not know: keep asking."""


@dataclass(frozen=True)
class Submission:
    """An accepted request.

    Attributes:
        task_id: The id to ask with from now on.
        status: The API's first word for the task's state; may be empty.
        raw_answer: What was answered, without the key, at most 4,096 bytes of UTF-8; for the operator alone.
    """

    task_id: str
    status: str
    raw_answer: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True)
class TaskError:
    """Reason why a task ended badly, in the API's words; either may be empty."""

    code: str
    message: str

    @property
    def is_content_refusal(self) -> bool:
        """True if the API's words say that a content rule of the service stopped the video."""
        return is_content_refusal((self.code,), self.message)


@dataclass(frozen=True)
class Task:
    """A task as the API last described it. Times are UTC; `progress` is 0 to 100, or None when not told."""

    task_id: str
    status: TaskStatus
    raw_status: str
    progress: int | None = None
    created_at: datetime | None = None
    completed_at: datetime | None = None
    error: TaskError | None = None

    @property
    def phase(self) -> TaskPhase:
        """Return what to do next.

        `completed` with an error is BLOCKED: gateways of this kind report filtered jobs so, without a video and
        billed; `error.is_content_refusal` tells if that is what was said. Progress is no evidence: a failed task
        has progress 100 as well.
        """
        match self.status:
            case TaskStatus.QUEUED | TaskStatus.PENDING | TaskStatus.SUBMITTED:
                return TaskPhase.WAITING
            case TaskStatus.PROCESSING:
                return TaskPhase.GENERATING
            case TaskStatus.COMPLETED:
                return TaskPhase.COMPLETED if self.error is None else TaskPhase.BLOCKED
            case TaskStatus.FAILED:
                return TaskPhase.FAILED
            case TaskStatus.UNKNOWN:
                return TaskPhase.UNKNOWN


@dataclass(frozen=True)
class Download:
    """A whole mp4 on disk."""

    path: Path
    size_bytes: int
