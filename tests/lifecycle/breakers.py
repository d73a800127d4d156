"""Waiting at the breaker as the submit step does."""

from bot.lifecycle.submission_breaker import SubmissionBreaker


async def until_open(breaker: SubmissionBreaker, job_id: str) -> None:
    """Return when the job may be submitted."""
    while breaker.must_wait(job_id):
        await breaker.wait_for_change(job_id)
