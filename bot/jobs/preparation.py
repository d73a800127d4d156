"""The first step: the reference images, into the spool while Discord still hands them out."""

from bot.images import ImageRefusedError
from bot.jobs.announce import Stage
from bot.jobs.course import Course
from bot.jobs.job import Failure, FailureReason, JobState


def is_prepared(course: Course) -> bool:
    """Whether the job has all its pictures on the disk."""
    pictures = course.job.pictures
    if pictures is None:
        return not course.job.sources
    return all(picture.path.exists() for picture in pictures)


async def prepare(course: Course) -> None:
    """Have a queued job's pictures in the spool, or end the job for one that cannot be used.

    Discord signs attachments' addresses for about a day, and those of commands for less, so this does not
    wait for the job's turn.
    """
    course.show(Stage.PICTURES)
    try:
        pictures = await course.parts.spool.collect(course.job.id, course.job.sources)
    except ImageRefusedError as refused:
        failure = Failure(
            FailureReason.PICTURE_REFUSED, refused.detail, picture=refused.filename, problem=refused.problem
        )
        await course.move(JobState.FAILED, failure=failure, ended_at=course.parts.now())
        return
    await course.amend(pictures=pictures)
