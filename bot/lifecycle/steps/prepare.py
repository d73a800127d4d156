"""The first step: stores the reference images in the spool while Discord still hands them out."""

from collections.abc import Sequence

from bot.images.model import ImageRefusedError, Reference
from bot.images.spool import ReferenceSpool
from bot.jobs.cards import Stage
from bot.jobs.job import Failure, FailureReason, Job
from bot.lifecycle.context import JobContext
from bot.lifecycle.counted_starts import CountedStarts
from bot.video import Size


def is_prepared(job: Job) -> bool:
    """Return True if all the job's pictures are on the disk."""
    if job.pictures is None:
        return not job.sources
    return all(picture.path.exists() for picture in job.pictures)


class PrepareStep:
    """Collects a job's pictures."""

    def __init__(self, *, spool: ReferenceSpool, starts: CountedStarts) -> None:
        self._spool = spool
        self._starts = starts

    async def run(self, context: JobContext) -> None:
        """Put the pictures of a queued or held job into the spool, or fail the job for an unusable one.

        Discord signs the addresses of attachments for about a day, and those of commands for less, so this does
        not wait for the job's turn in the queue.
        """
        context.show(Stage.PICTURES)
        try:
            async with self._starts.counted(context):
                pictures = await self._spool.collect(
                    context.job.id, context.job.sources, str(context.job.reply.person_id)
                )
        except ImageRefusedError as refused:
            reason = FailureReason.PICTURE_REFUSED
            failure = Failure(reason, refused.detail, picture=refused.filename, problem=refused.problem)
            await context.fail(reason, failure=failure)
            return
        await context.amend(pictures=pictures, **_fitted(context.job, pictures))


def _fitted(job: Job, pictures: Sequence[Reference]) -> dict[str, object]:
    """Return the frame that fits the first picture as it is seen, for a job whose frame was left open."""
    if not job.fits_picture:
        return {}
    size = Size.nearest(pictures[0].width_px, pictures[0].height_px)
    return {"fits_picture": False, "request": job.request.model_copy(update={"size": size})}
