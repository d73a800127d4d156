"""A run over several processes and all that is known of what went wrong in it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.chaos.findings import Findings, compare, report
from tests.chaos.scale_findings import ScaleFindings, look_through
from tests.chaos.scale_run import ScaleRecord, ScaleRun
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
    told: str

    @property
    def clean(self) -> bool:
        """True if nothing went wrong."""
        found = self.processes
        return self.findings.clean and not (
            found.two_runners or found.idle or self.record.unexplained_endings or found.broken
        )


async def struck(folder: Path, server: PostgresqlServer, *, seed: int, blows: int) -> ScaleVerdict:
    """Run and judge: what users see, what was bought, who ran what and when."""
    with server.new_database() as name:
        scale_run = ScaleRun(folder, server, name, seed=seed)
        try:
            await scale_run.run(blows)
            findings = compare(scale_run)
            findings.violations = [told for told in findings.violations if told != _STOPPED_GATEWAY]
            processes = look_through(
                scale_run.rows_seen.changes(), effects_in(scale_run.effects_file), scale_run.record.struck
            )
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
        *record.unexplained_endings,
        *processes.two_runners,
        *processes.idle,
        *processes.broken,
        told,
    ]
    return ScaleVerdict(record, findings, processes, "\n".join(lines))
