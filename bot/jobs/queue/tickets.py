"""A stored job's place in the order of arrival, for the fair queue."""

from bot.jobs.job import Job
from bot.jobs.queue.fair_queue import Ticket


def ticket_of(job: Job) -> Ticket:
    """Return the ticket of a job: ordered by its acceptance, and by its id within the same microsecond."""
    microseconds = int(job.created_at.timestamp() * 1_000_000)
    # 63 bits: the queue uses numbers from 64 bits on for users that were served already.
    number = microseconds << 12 | int(job.id[:3], 16)
    return Ticket(job.id, job.reply.person_id, job.guild_id, number, job.claim)
