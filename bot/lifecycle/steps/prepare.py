"""The first step: the reference images, into the spool while Discord still hands them out."""

from bot.images.model import ImageRefusedError
from bot.jobs.cards import Stage
from bot.jobs.job import Failure, FailureReason, JobState
from bot.lifecycle.context import JobContext


def is_prepared(context: JobContext) -> bool:
    """Whether the job has all its pictures on the disk."""
    pictures = context.job.pictures
    if pictures is None:
        return not context.job.sources
    return all(picture.path.exists() for picture in pictures)


async def prepare(context: JobContext) -> None:
    """Have a queued job's pictures in the spool, or end the job for one that cannot be used.

    Discord signs attachments' addresses for about a day, and those of commands for less, so this does not
    wait for the job's turn.
    """
    context.show(Stage.PICTURES)
    try:
        pictures = await context.parts.spool.collect(context.job.id, context.job.sources)
    except ImageRefusedError as refused:
        failure = Failure(
            FailureReason.PICTURE_REFUSED, refused.detail, picture=refused.filename, problem=refused.problem
        )
        await context.move(JobState.FAILED, failure=failure, ended_at=context.parts.now())
        return
    await context.amend(pictures=pictures)
