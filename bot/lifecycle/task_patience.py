"""Belief in answers about a bought task: no single free answer ends a job that was paid for.

Pure rules over what was seen. `failed` is asked again twice within eight seconds; an absence (the service does not
know the task, or calls it completed with an error beside) is asked again for three minutes; whenever the video may
be there all the same, the content itself is tried. So it is while no answer says how the task stands: a word that
nobody knows, an answer of another shape, a question that is refused again and again.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.dimilinks import Task, TaskError, TaskPhase

_COMPLETE: Final = 100


@dataclass(frozen=True)
class PatienceLimits:
    """Limits on how often and how long bad news is doubted."""

    failures: int = 3
    """Answers `failed` in a row that are believed."""
    failure_pause_s: float = 3.0
    absent_s: float = 180.0
    content_pause_s: float = 8.0
    """Between two tries of content that nobody promised."""
    unclear_s: float = 30.0
    """How long no answer says how the task stands until the content is tried, and between two such tries."""


class Belief(StrEnum):
    """Beliefs about a task by now."""

    UNDECIDED = "undecided"
    FINISHED = "finished"
    FAILED = "failed"
    ABSENT = "absent"
    """The service no longer knows the task."""
    WITHOUT_VIDEO = "without_video"
    """It calls the task completed, with an error beside, and hands no video out."""


class TaskPatience:
    """Answers about one task. Times are seconds of the event loop's clock."""

    def __init__(self, limits: PatienceLimits) -> None:
        self._limits = limits
        self._failures = 0
        self._absent_since_s: float | None = None
        self._unclear_since_s: float | None = None
        self._content_tried_at_s: float | None = None
        self._progress = 0
        self.was_told = False
        """True once an answer has said how the task stands."""
        self.belief = Belief.UNDECIDED
        self.error: TaskError | None = None
        """The last error that came with an answer."""

    @property
    def missing(self) -> bool:
        """True while the last answers were absences."""
        return self._absent_since_s is not None

    @property
    def pause_s(self) -> float | None:
        """Seconds until the next question, where bad news is doubted; None otherwise."""
        return self._limits.failure_pause_s if self._failures else None

    def saw(self, task: Task, now_s: float) -> None:
        """Take an answer into account."""
        self._progress = task.progress or 0
        self.error = task.error or self.error
        self._failures = self._failures + 1 if task.phase is TaskPhase.FAILED else 0
        if task.phase is TaskPhase.UNKNOWN:
            self.saw_nothing_clear(now_s)
        else:
            self._unclear_since_s, self.was_told = None, True
        if task.phase is TaskPhase.BLOCKED:
            self._missed(now_s, Belief.WITHOUT_VIDEO)
            return
        self._absent_since_s = None
        if task.phase is TaskPhase.COMPLETED:
            self.belief = Belief.FINISHED
        elif self._failures >= self._limits.failures:
            self.belief = Belief.FAILED

    def saw_absence(self, now_s: float) -> None:
        """Take into account that the service said that it does not know the task."""
        self._failures = 0
        self._unclear_since_s = None
        self._missed(now_s, Belief.ABSENT)

    def saw_nothing_clear(self, now_s: float) -> None:
        """Take into account that a question brought no answer, or none that says how the task stands."""
        if self._unclear_since_s is None:
            self._unclear_since_s = now_s

    def may_have_content(self, now_s: float) -> bool:
        """Return True if the content is worth a try now, although no answer says that it is there."""
        if self.belief is Belief.FINISHED:
            return False
        if self.missing or self._looks_complete:
            pause_s = self._limits.content_pause_s
        elif self._unclear_since_s is not None and now_s - self._unclear_since_s >= self._limits.unclear_s:
            pause_s = self._limits.unclear_s
        else:
            return False
        last_s = self._content_tried_at_s
        if last_s is not None and now_s - last_s < pause_s:
            return False
        self._content_tried_at_s = now_s
        return True

    @property
    def _looks_complete(self) -> bool:
        return self._progress >= _COMPLETE and not self._failures

    def _missed(self, now_s: float, belief: Belief) -> None:
        if self._absent_since_s is None:
            self._absent_since_s = now_s
        if now_s - self._absent_since_s >= self._limits.absent_s:
            self.belief = belief
