"""A pause of submitting: why, how long it is, and which job may be the next to try."""

from dataclasses import dataclass, field
from typing import Self

from bot.jobs.submission_pause import PauseReason


@dataclass(frozen=True)
class ProbeIntervals:
    """Seconds between two probes: they double from the first to the longest."""

    first_s: float = 30.0
    longest_s: float = 300.0
    question_s: float = 2.0
    """Between two free questions, doubling to half the longest."""
    evidence_s: float = 60.0
    """Seconds that a suspect waits for another request to be taken."""
    check_s: float = 2.0
    """Seconds that the probe may be checked before another job may be it."""


@dataclass
class Pause:
    """A pause: why, and when the next job may be the probe; `holder` is the job that is it now."""

    reason: PauseReason
    interval_s: float
    next_at_s: float
    holder: str | None = None
    behind: PauseReason | None = None
    """The fault of the whole bot that was there before something answered in the service's place."""
    refused: set[str] = field(default_factory=set[str])
    """The jobs that were refused since submitting paused."""
    not_before_s: float = 0.0
    """When a job of this process may be the next to try: another process's is the probe."""
    probed_at_s: float = 0.0
    """When a submission last met the reason."""
    passed_on_by: set[str] = field(default_factory=set[str])
    """The jobs that were checked for long while they were the probe, and let another be it."""
    is_guess: bool = False
    """True while nothing was met yet: requests had waited before this process began."""

    @classmethod
    def begin(
        cls, reason: PauseReason, now_s: float, intervals: ProbeIntervals, *, answers_missed: int
    ) -> Self:
        """Return a pause that begins now.

        Args:
            reason: Why.
            now_s: The moment.
            intervals: Waits between probes.
            answers_missed: Number of requests since one was taken that what answered in the service's place may
                have lost before. A service that answers questions and loses submissions would cost every request
                its certainty, so each pause is longer than the last.
        """
        first_s = intervals.first_s
        if not reason.is_transport:
            return cls(reason, first_s * 2, now_s + first_s)
        # The first question is asked at once: most pages concern one request.
        wait_s = min(intervals.question_s * 2**answers_missed, first_s * 2) if answers_missed else 0.0
        # What a list of models says is often no answer, and the job that is the probe instead may be lost.
        shortest_s = first_s if reason is PauseReason.NO_CHANNEL else intervals.question_s
        return cls(reason, max(shortest_s, wait_s * 2), now_s + wait_s)

    def lets_pass_at_once(self, job_id: str) -> bool:
        """Return True if the job may be the next probe at any time: it may be cheaper than those before."""
        return self.reason is PauseReason.OUT_OF_MONEY and job_id not in self.refused

    def probe_failed(self, now_s: float, intervals: ProbeIntervals) -> None:
        """Give the probe back, and let the next one wait twice as long."""
        self.holder, self.is_guess = None, False
        self.next_at_s = now_s + self.interval_s
        longest_s = intervals.longest_s / (2 if self.reason.is_transport else 1)
        self.interval_s = min(self.interval_s * 2, longest_s)
