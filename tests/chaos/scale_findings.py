"""Findings about several processes in a run: two that ran one job at once, jobs that nobody carried on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from tests.chaos.row_log import RowChange
from tests.chaos.watched_process import Effect

IDLE_AT_MOST_S: Final = 60.0
_SAME_TIME_S: Final = 0.25
"""A request that began so shortly after another process's claim was under way when that was committed."""


@dataclass(frozen=True)
class Struck:
    """A process that was killed or stopped, at a UNIX time."""

    at_s: float
    pid: int


@dataclass
class ScaleFindings:
    """Of all jobs of a run."""

    two_runners: list[str] = field(default_factory=list[str])
    """Requests of a run after another process had taken its job over."""
    takeovers_s: list[float] = field(default_factory=list[float])
    """From a process's end to the next claim of each job that it ran."""
    idle: list[str] = field(default_factory=list[str])
    longest_idle_s: float = 0.0
    broken: list[str] = field(default_factory=list[str])
    """Log lines of jobs that a fault of ours stopped."""


def look_through(
    changes: Sequence[RowChange], effects: Sequence[Effect], struck: Sequence[Struck]
) -> ScaleFindings:
    """Compare when jobs were claimed with what was done for them, and with the ends of processes."""
    found = ScaleFindings()
    of_jobs: dict[str, list[RowChange]] = {}
    for change in changes:
        of_jobs.setdefault(change.job, []).append(change)
    by_job: dict[str, list[Effect]] = {}
    for effect in effects:
        by_job.setdefault(effect.job, []).append(effect)
    starts_s = [change.at_s for change in changes if change.state == "submitting"]
    for job, rows in of_jobs.items():
        _look_for_two_runners(found, rows, by_job.get(job, []))
        _look_for_idle_time(found, rows, by_job.get(job, []), starts_s)
    for one in struck:
        found.takeovers_s += [
            after - one.at_s
            for rows in of_jobs.values()
            if (after := _taken_over_at_s(rows, one)) is not None
        ]
    return found


def _look_for_two_runners(found: ScaleFindings, rows: Sequence[RowChange], effects: Sequence[Effect]) -> None:
    claims = [later for earlier, later in pairwise(rows) if later.claim > earlier.claim]
    for effect in effects:
        if effect.method == "GET":
            continue  # looking changes nothing
        for claim in claims:
            late_s = effect.at_s - claim.at_s
            if claim.claim > effect.claim and claim.pid != effect.pid and late_s > _SAME_TIME_S:
                found.two_runners.append(f"{late_s:.2f} s after {claim}: {effect}")
                break


def _look_for_idle_time(
    found: ScaleFindings, rows: Sequence[RowChange], effects: Sequence[Effect], starts_s: Sequence[float]
) -> None:
    """Look for times without any sign of life; for a job in line, it is one that another comes to its turn."""
    queued = [(earlier.at_s, later.at_s) for earlier, later in pairwise(rows) if earlier.state == "queued"]
    moves_s = [at_s for at_s in starts_s if any(begin < at_s < end for begin, end in queued)]
    signs = sorted([*(row.at_s for row in rows), *(effect.at_s for effect in effects), *moves_s])
    resting = [(earlier.at_s, later.at_s) for earlier, later in pairwise(rows) if earlier.at_rest]
    for earlier, later in pairwise(signs):
        if later > rows[-1].at_s or any(begin <= earlier < end for begin, end in resting):
            continue
        found.longest_idle_s = max(found.longest_idle_s, later - earlier)
        if later - earlier > IDLE_AT_MOST_S:
            found.idle.append(f"{rows[0].job}: {later - earlier:.1f} s from {earlier:.3f} on")


def _taken_over_at_s(rows: Sequence[RowChange], struck: Struck) -> float | None:
    before = [row for row in rows if row.at_s <= struck.at_s]
    if not before or before[-1].at_rest or before[-1].pid != struck.pid:
        return None
    later = [row for row in rows if row.claim > before[-1].claim and row.pid != struck.pid]
    return later[0].at_s if later else None
