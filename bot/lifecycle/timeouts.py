"""Limits of a job's waits."""

from dataclasses import dataclass, field
from datetime import timedelta

from bot.lifecycle.task_patience import PatienceLimits


@dataclass(frozen=True)
class Timeouts:
    """Limits on waiting, all in seconds."""

    submit_s: float = 1800.0
    """For the video service to take the request, while refusals prove that nothing was bought."""
    resubmit_first_s: float = 2.0
    resubmit_longest_s: float = 60.0
    generate_s: float = 1800.0
    """From submission until the job counts as expired."""
    clock_settles_s: float = 60.0
    """For the machine's clock to be set after a start, before a job that it calls overdue counts as expired."""
    look_again_s: float = 240.0
    """For a task that is looked for again after its job had ended: longer than an absence is doubted."""
    patience: PatienceLimits = field(default_factory=PatienceLimits)
    """Seconds for which bad news about a bought task is doubted."""
    untold_s: float = 120.0
    """For Discord to tell what a rule needs to know before something is bought or posted."""
    download_s: float = 3600.0
    """For a whole copy of a finished video, while the service does not say that it has none."""
    deliver_s: float = 6 * 3600.0
    """For Discord to take the finished video, before it is laid aside."""
    storage_longest_s: float = 30.0
    """The longest pause between two tries to store something on a disk that fails."""
    files_s: float = 900.0
    """For a store of files that is away, before a request with pictures ends, or a finished video is laid aside."""


@dataclass(frozen=True)
class Retention:
    """Times for which things are kept."""

    undelivered: timedelta = timedelta(days=7)
    """A finished video that could not be delivered."""
    originals: timedelta = timedelta(hours=24)
    """A delivered video as it came, before it was marked or compressed."""
    unanswered: timedelta = timedelta(hours=24)
    """A request whose user does not say that the video is still wanted."""
    pictures: timedelta = timedelta(hours=24)
    """Reference images of a job that ended."""
    drafts: timedelta = timedelta(hours=24)
    """Pictures of forms that were not sent: as long as Discord signs their addresses."""
    ended_shown: timedelta = timedelta(days=7)
    """Time for which ended jobs without a video are listed."""
    delivered_shown: timedelta = timedelta(hours=24)
    """Time for which delivered videos are listed, whose messages may be lost."""
