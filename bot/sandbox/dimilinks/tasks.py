"""Tasks: what the service is making, as a function of the clock."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.sandbox.dimilinks.faults import TaskOutcome
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
    outcome: TaskOutcome | None = None
    video: Path | None = None

    @property
    def done_at(self) -> float:
        """When generating ends."""
        return self.submission.received_at + self.queue_s + self.generate_s

    def state(self, now: float) -> dict[str, object]:
        """The task as the API tells it at `now`."""
        task_id = self.submission.task_id
        told: dict[str, object] = {"id": task_id, "task_id": task_id, "created_at": self.accepted_unix_s}
        into = now - self.submission.received_at - self.queue_s
        if into < 0:
            return told | {"status": "queued"}
        if now < self.done_at or self.outcome is TaskOutcome.NEVER_FINISHES or self._video_is_late:
            progress = int(100 * min(1.0, into / self.generate_s) ** self.curve)
            strange = self.outcome is TaskOutcome.STRANGE_STATUS and into < self.generate_s / 2
            status = STRANGE_STATUS if strange else "processing"
            return told | {"status": status, "progress": min(_PLATEAU, progress)}
        finished = round(self.accepted_unix_s + self.queue_s + self.generate_s)
        told |= {"progress": 100, "completed_at": finished}
        match self.outcome:
            case TaskOutcome.FAILED:
                error = {"code": "upstream_error", "message": "上游生成失败，请稍后重试"}
                return told | {"status": "failed", "error": error}
            case TaskOutcome.BLOCKED:
                error = {"code": "moderation_blocked", "message": "内容未通过审核"}
                return told | {"status": "completed", "error": error}
            case TaskOutcome.MISSING_VIDEO | TaskOutcome.NEVER_FINISHES | TaskOutcome.STRANGE_STATUS | None:
                return told | {"status": "completed"}

    @property
    def _video_is_late(self) -> bool:
        return self.video is None and self.outcome in {None, TaskOutcome.STRANGE_STATUS}


def new_task(
    submission: AcceptedSubmission,
    tempo: Tempo,
    outcome: TaskOutcome | None,
    chance: random.Random,
    unix_s: float,
) -> VideoTask:
    """A task that begins now, at this tempo."""
    timing = tempo.timing(chance)
    return VideoTask(
        submission,
        queue_s=timing.queue_s,
        generate_s=timing.generate_s,
        curve=timing.curve,
        accepted_unix_s=int(unix_s),
        outcome=outcome,
    )
