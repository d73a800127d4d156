"""Connects what comes before any job runs: purchases noted beside the database, and the heartbeat."""

from collections.abc import Callable, Set
from datetime import datetime

from bot.jobs.heartbeat import Heartbeat
from bot.services.noted_purchases import NotedPurchases
from bot.services.operator_notices import OperatorNotices
from bot.storage.database import Database
from bot.texts import operator
from bot.wiring.jobs import JobWiring


async def take_up_purchases(jobs: JobWiring, notices: OperatorNotices, now: Callable[[], datetime]) -> None:
    """Give noted purchases to their jobs, and have the operator told of those that fit none."""
    noted = NotedPurchases(jobs.purchase_notes, jobs.store, watch_s=jobs.timeouts.generate_s, now=now)
    if left := await noted.take_up():
        notices.tell(operator.purchase_notes_left(left))


def heartbeat_of(database: Database, jobs: JobWiring, now: Callable[[], datetime]) -> Heartbeat:
    """Return the heartbeat of this process, whose jobs ask at once if it marks them while they run."""

    def ask(marked: Set[str]) -> None:
        # Elsewhere the rows are compared with the runs (`QueuedRuns.compare`), or no run has begun.
        for job in jobs.lifecycle.carried():
            if job.id in marked:
                jobs.runner.restart(job.id)

    return Heartbeat(database, jobs.owner, now, marked_late=ask)
