"""Waits and intervals of all parts, in one place."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from shutil import disk_usage

from bot.delivery.progress import EDIT_INTERVAL_S
from bot.files.store import StoreTimes
from bot.jobs.deadline_clock import WAIT_S
from bot.jobs.queue.poll_schedule import PollIntervals
from bot.lifecycle.pauses import ProbeIntervals
from bot.lifecycle.timeouts import Timeouts
from bot.moderation.words.straddling import WITHIN_S as SEGMENT_WITHIN_S
from bot.reviews.report_waits import ReportWaits
from bot.services.line_status import EVERY_S
from bot.video_files.finishing import WITHIN_S as FINISH_WITHIN_S
from cogs.shared.members import KEPT_S
from cogs.shared.respond import LookUpTimes


@dataclass(frozen=True)
class Tuning:
    """Waits and intervals. Only tests and benchmarks use others than these."""

    edit_interval_s: float = EDIT_INTERVAL_S
    poll_intervals: PollIntervals = field(default_factory=PollIntervals)
    timeouts: Timeouts = field(default_factory=Timeouts)
    probe_intervals: ProbeIntervals = field(default_factory=ProbeIntervals)
    report_waits: ReportWaits = field(default_factory=ReportWaits)
    members_kept_s: float = KEPT_S
    segment_within_s: float = SEGMENT_WITHIN_S
    look_ups: LookUpTimes = field(default_factory=LookUpTimes)
    deadline_wait_s: float = WAIT_S
    status_every_s: float = EVERY_S
    finish_within_s: float = FINISH_WITHIN_S
    free_bytes: Callable[[Path], int] = lambda folder: disk_usage(folder).free
    expire_after_s: float | None = None
    """Instead of the setting in minutes."""
    store_times: StoreTimes = field(default_factory=StoreTimes)
    detector_paths: tuple[Path, ...] = ()
    signs_videos: bool = True
    """False: no content credentials, even where the extra is installed."""
    signing_paths: tuple[Path, ...] = ()
    """Further folders in which detectors of the image check are looked for."""
