"""Reservations of jobs in the quota's ledger: each state of a job reserves, spends or gives back its seconds."""

from bot.jobs.job import Job, JobState
from bot.quota.ledger import Ledger


def update_ledger(ledger: Ledger, job: Job) -> None:
    """Bring the ledger up to date with a job that just moved."""
    if job.lookup:
        return  # it buys nothing: the seconds are its parent's
    match job.state:
        case JobState.HELD | JobState.QUEUED:
            ledger.unbuy(job.id)
        case JobState.SUBMITTING | JobState.UNKNOWN:
            # The request may have been paid for from the moment before its first byte left.
            if job.submitted_at is not None:
                ledger.buy(job.id, job.submitted_at)
        case JobState.DENIED | JobState.FAILED | JobState.EXPIRED | JobState.CANCELLED:
            if not job.bought:
                ledger.release(job.id)
        case JobState.DELIVERED:
            if not job.bought:
                ledger.release(job.id)
        case JobState.GENERATING | JobState.READY | JobState.DELIVERING:
            pass
