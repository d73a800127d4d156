"""Tasks: what the service is making, as a function of the clock."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.sandbox.dimilinks.outcomes import (
    FailedAtFirst,
    FailedWith,
    LateContent,
    LostContent,
    Outcome,
    TaskOutcome,
)
from bot.sandbox.dimilinks.request_log import AcceptedSubmission

_PLATEAU = 99
STRANGE_STATUS = "upscaling"


@dataclass(frozen=True)
class Timing:
    """How long one task waits and generates, and how its progress bends: below 1 it hurries at first."""

    queue_s: float
    generate_s: float
    curve: float


class Tempo(Protocol):
    """Says of each task, as it is accepted, how long it will take."""

    def timing(self, chance: random.Random) -> Timing:
        """The next task's timing."""
        ...


@dataclass(frozen=True)
class TaskPace:
    """How long tasks take: waiting, then generating, each spread by `jitter` (a share of itself)."""

    queue_s: float = 2.0
    generate_s: float = 10.0
    jitter: float = 0.2

    def timing(self, chance: random.Random) -> Timing:
        """The next task's timing."""

        def spread(duration_s: float) -> float:
            return duration_s * chance.uniform(1 - self.jitter, 1 + self.jitter)

        return Timing(
            queue_s=spread(self.queue_s),
            generate_s=max(spread(self.generate_s), 0.001),
            curve=chance.uniform(0.6, 1.6),
        )


@dataclass
class VideoTask:
    """One task. Times are the event loop's, in seconds; `accepted_unix_s` is the wall clock's."""

    submission: AcceptedSubmission
    queue_s: float
    generate_s: float
    curve: float
    accepted_unix_s: int
    outcome: Outcome | None = None
    video: Path | None = None
    completed_told_at: float | None = None
    _failures_told: int = 0

    @property
    def done_at(self) -> float:
        """The time at which generating ends."""
        return self.submission.received_at + self.queue_s + self.generate_s

    def tell(self, now: float) -> dict[str, object]:
        """Tell the task as the API does at `now`; answers of some outcomes depend on earlier ones."""
        task_id = self.submission.task_id
        told: dict[str, object] = {"id": task_id, "task_id": task_id, "created_at": self.accepted_unix_s}
        into = now - self.submission.received_at - self.queue_s
        if into < 0:
            unknown = self.outcome is TaskOutcome.UNKNOWN_AT_FIRST
            return told | {"status": "unknown" if unknown else "queued"}
        if not self._has_ended(now):
            progress = int(100 * min(1.0, into / self.generate_s) ** self.curve)
            strange = self.outcome is TaskOutcome.STRANGE_STATUS and into < self.generate_s / 2
            status = STRANGE_STATUS if strange else "processing"
            return told | {"status": status, "progress": min(_PLATEAU, progress)}
        finished = round(self.accepted_unix_s + self.queue_s + self.generate_s)
        return told | {"progress": 100, "completed_at": finished} | self._end(now)

    def has_video(self, now: float) -> bool:
        """True if the task has ended with a video, however that was told."""
        return self._has_ended(now) and self.video is not None and self._ends_with_video

    def content_refusal(self, now: float) -> int | None:
        """The status with which the content of an existing video is refused now, if it is."""
        match self.outcome:
            case LateContent(seconds, status):
                since = self.done_at if self.completed_told_at is None else self.completed_told_at
                return status if now < since + seconds else None
            case LostContent(status, after_s):
                return status if now >= self.done_at + after_s else None
            case _:
                return None

    def poll_refusal(self, now: float) -> int | None:
        """The status with which polls are refused now because the service forgot the task, if they are."""
        match self.outcome:
            case LostContent(_, after_s, int(status)) if now >= self.done_at + after_s:
                return status
            case _:
                return None

    def _end(self, now: float) -> dict[str, object]:
        match self.outcome:
            case TaskOutcome.FAILED:
                return _failed("upstream_error", "上游生成失败，请稍后重试")
            case FailedWith(code, message):
                return _failed(code, message)
            case FailedAtFirst(polls) if self._failures_told < polls:
                self._failures_told += 1
                return _failed("upstream_error", "上游生成失败，请稍后重试")
            case TaskOutcome.BLOCKED:
                error = {"code": "moderation_blocked", "message": "内容未通过审核"}
                return {"status": "completed", "error": error}
            case _:
                if self.completed_told_at is None:
                    self.completed_told_at = now
                return {"status": "completed"}

    def _has_ended(self, now: float) -> bool:
        late = self.video is None and self._ends_with_video
        return now >= self.done_at and self.outcome is not TaskOutcome.NEVER_FINISHES and not late

    @property
    def _ends_with_video(self) -> bool:
        without = {
            TaskOutcome.FAILED,
            TaskOutcome.BLOCKED,
            TaskOutcome.MISSING_VIDEO,
            TaskOutcome.NEVER_FINISHES,
        }
        return self.outcome not in without and not isinstance(self.outcome, FailedWith)


def new_task(
    submission: AcceptedSubmission,
    tempo: Tempo,
    outcome: Outcome | None,
    chance: random.Random,
    unix_s: float,
) -> VideoTask:
    """Begin a task now, at this tempo."""
    timing = tempo.timing(chance)
    return VideoTask(
        submission,
        queue_s=timing.queue_s,
        generate_s=timing.generate_s,
        curve=timing.curve,
        accepted_unix_s=int(unix_s),
        outcome=outcome,
    )


def _failed(code: str | int, message: str) -> dict[str, object]:
    return {"status": "failed", "error": {"code": code, "message": message}}
