"""A run over several processes and all that is known of what went wrong in it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.chaos.findings import Findings, compare, report
from tests.chaos.scale_findings import ScaleFindings, look_through
from tests.chaos.scale_limits import LimitFindings, look_for_excess
from tests.chaos.scale_run import LIMITS, ScaleRecord, ScaleRun
from tests.chaos.watched_process import effects_in
from tests.postgresql.server import PostgresqlServer

_STOPPED_GATEWAY: Final = "gateway closed with 4009: Session timed out."
"""No fault of one that was stopped."""


@dataclass(frozen=True)
class ScaleVerdict:
    """Result of a run. `told` is for a person."""

    record: ScaleRecord
    findings: Findings
    processes: ScaleFindings
    limits: LimitFindings
    told: str

    @property
    def clean(self) -> bool:
        """True if nothing went wrong."""
        found = self.processes
        return self.findings.clean and not (
            found.two_runners
            or found.idle
            or self.record.unexplained_endings
            or found.broken
            or self.limits.over
        )


async def struck(folder: Path, server: PostgresqlServer, *, seed: int, blows: int) -> ScaleVerdict:
    """Run and judge: what users see, what was bought, who ran what and when."""
    with server.new_database() as name:
        scale_run = ScaleRun(folder, server, name, seed=seed)
        try:
            await scale_run.run(blows)
            findings = compare(scale_run)
            findings.violations = [told for told in findings.violations if told != _STOPPED_GATEWAY]
            changes = scale_run.rows_seen.changes()
            processes = look_through(changes, effects_in(scale_run.effects_file), scale_run.record.struck)
            limits = look_for_excess(changes, LIMITS)
            limits.over += scale_run.bought_though_refused()
            processes.broken = [line for line in scale_run.log_lines() if '"job_broke"' in line]
            told = "" if findings.clean else report(scale_run, findings)
        finally:
            scale_run.close()
    record = scale_run.record
    lines = [
        f"blows {dict(record.blows)}, at {dict(record.kill_points)}, states {dict(record.states)}",
        f"ends of processes {dict(record.endings)}; asked {findings.asked}, bought {findings.bought},"
        f" delivered {findings.delivered}, unknown {findings.unknown}, aside {findings.aside},"
        f" never stored {findings.never_stored}; longest idle {processes.longest_idle_s:.1f} s",
        f"most at once {dict(limits.most)}; refused for the cap {len(record.refused)}",
        *limits.over,
        *record.unexplained_endings,
        *processes.two_runners,
        *processes.idle,
        *processes.broken,
        told,
    ]
    return ScaleVerdict(record, findings, processes, limits, "\n".join(lines))
