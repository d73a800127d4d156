"""Videos about which moderators decided before their jobs ended."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.jobs.bought_tasks import BoughtTasks
from bot.jobs.job import Job


@dataclass(frozen=True, eq=False, repr=False)
class DecidedVideos:
    """Knows the videos that are hidden or were removed. Methods raise `bot.storage.errors.StorageError`."""

    tasks: BoughtTasks
    is_hidden: Callable[[str], Awaitable[bool]]
    """Tells if a job's video is hidden or was removed because of reports."""

    async def is_put_away(self, job: Job) -> bool:
        """Return True if the video of a job is hidden or was removed, by what its user has of the bought task.

        What a moderator looks for was put away as a rule, and is shown to that moderator alone.
        """
        person_id = job.reply.person_id
        same = (job,) if job.task_id is None else await self.tasks.jobs_of(job.task_id)
        for one in same:
            if one.reply.person_id == person_id and await self.is_hidden(one.id):
                return True
        return False
