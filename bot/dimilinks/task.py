"""What the API says of a submission, a task and a download, as typed values.

Statuses: the vendor's page *Retrieve video task*. The same route serves image tasks, whose words for two of
the states differ (`in_progress`, `succeeded`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final


class TaskStatus(StrEnum):
    """The API's statuses; UNKNOWN stands for every word it may add later."""

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
        return _WORDS.get(word.strip().lower(), cls.UNKNOWN)


_WORDS: Final[Mapping[str, TaskStatus]] = {
    "queued": TaskStatus.QUEUED,
    "pending": TaskStatus.PENDING,
    "submitted": TaskStatus.SUBMITTED,
    "processing": TaskStatus.PROCESSING,
    "in_progress": TaskStatus.PROCESSING,
    "completed": TaskStatus.COMPLETED,
    "succeeded": TaskStatus.COMPLETED,
    "failed": TaskStatus.FAILED,
}


class TaskPhase(StrEnum):
    """What a status means to whoever waits for the video."""

    WAITING = "waiting"
    GENERATING = "generating"
    COMPLETED = "completed"
    BLOCKED = "blocked"
    """Finished without a video, because a content filter stopped it; probably charged."""
    FAILED = "failed"
    UNKNOWN = "unknown"
    """A word that this client does not know: keep asking."""


@dataclass(frozen=True)
class Submission:
    """An accepted request: the id to ask with from now on, and the API's first word for its state."""

    task_id: str
    status: str


@dataclass(frozen=True)
class TaskError:
    """Why a task ended badly, in the API's words; either may be empty."""

    code: str
    message: str


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
        """What to do next.

        `completed` with an error is BLOCKED: other resellers of the model report filtered jobs so, without a
        video and billed. Progress is no evidence: a failed task has progress 100 as well.
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
