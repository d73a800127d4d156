"""The durable job: kept first, then run by one coroutine from whatever state it is in to its end."""

from bot.jobs.announce import explain_picture
from bot.jobs.course import Parts
from bot.jobs.engine import Engine, TaskEngine
from bot.jobs.intake import Ask, Wish, read_wish
from bot.jobs.job import Failure, FailureReason, ForbiddenTransitionError, Job, JobState, advance
from bot.jobs.lifecycle import Lifecycle
from bot.jobs.patience import Patience
from bot.jobs.polling import PollPace, Sightings, next_poll_s
from bot.jobs.service import Order, VideoService
from bot.jobs.store import JobStore, MemoryJobStore, StaleJobError, UnknownJobError

__all__ = [
    "Ask",
    "Engine",
    "Failure",
    "FailureReason",
    "ForbiddenTransitionError",
    "Job",
    "JobState",
    "JobStore",
    "Lifecycle",
    "MemoryJobStore",
    "Order",
    "Parts",
    "Patience",
    "PollPace",
    "Sightings",
    "StaleJobError",
    "TaskEngine",
    "UnknownJobError",
    "VideoService",
    "Wish",
    "advance",
    "explain_picture",
    "next_poll_s",
    "read_wish",
]
