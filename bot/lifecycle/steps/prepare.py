"""The first step: stores the reference images in the spool while Discord still hands them out."""

from collections.abc import Sequence

from bot.files.store import FilesUnavailableError
from bot.images.model import ImageRefusedError, Reference
from bot.images.problems import ImageProblem
from bot.images.spool import ReferenceSpool
from bot.jobs.cards import Stage
from bot.jobs.job import Failure, FailureReason, Job
from bot.lifecycle.context import JobContext
from bot.lifecycle.counted_starts import CountedStarts
from bot.lifecycle.file_waits import FileWaits
from bot.video import Size


def is_prepared(job: Job) -> bool:
    """Return True if all the job's pictures are on the disk."""
    if job.pictures is None:
        return not job.sources
    return all(picture.path.exists() for picture in job.pictures)


class PrepareStep:
    """Collects a job's pictures."""

    def __init__(self, *, spool: ReferenceSpool, starts: CountedStarts, waits: FileWaits) -> None:
        self._spool = spool
        self._starts = starts
        self._waits = waits

    async def run(self, context: JobContext) -> None:
        """Have the pictures of a queued or held job on this machine, or fail the job.

        It fails for a picture that cannot be used or is gone, and where the store of files is away for long.

        Discord signs the addresses of attachments for about a day, and those of commands for less, so this does
        not wait for the job's turn in the queue.
        """
        context.show(Stage.PICTURES)
        try:
            if not await self._fetched(context):
                await self._collect(context)
        except FilesUnavailableError:
            await context.fail(FailureReason.NOT_STORED)

    async def _fetched(self, context: JobContext) -> bool:
        """Fetch what another process collected. Returns False if there is nothing, or one is gone."""
        pictures = context.job.pictures
        if pictures is None:
            return False
        try:
            await self._waits.until_done(context, Stage.PICTURES, lambda: self._spool.fetch(pictures))
        except FileNotFoundError:
            return False
        return True

    async def _collect(self, context: JobContext) -> None:
        if context.job.pictures and not context.job.sources:
            await _fail(context, ImageRefusedError(context.job.pictures[0].filename, ImageProblem.GONE))
            return
        try:
            async with self._starts.counted(context):
                pictures = await self._spool.collect(
                    context.job.id, context.job.sources, str(context.job.reply.person_id)
                )
        except ImageRefusedError as refused:
            await _fail(context, refused)
            return
        await self._waits.until_done(context, Stage.PICTURES, lambda: self._spool.keep(pictures))
        await context.amend(pictures=pictures, **_fitted(context.job, pictures))


async def _fail(context: JobContext, refused: ImageRefusedError) -> None:
    reason = FailureReason.PICTURE_REFUSED
    failure = Failure(reason, refused.detail, refused.filename, refused.problem, refused.number)
    await context.fail(reason, failure=failure)


def _fitted(job: Job, pictures: Sequence[Reference]) -> dict[str, object]:
    """Return the frame that fits the first picture as it is seen, for a job whose frame was left open."""
    if not job.fits_picture:
        return {}
    size = Size.nearest(pictures[0].width_px, pictures[0].height_px)
    return {"fits_picture": False, "request": job.request.model_copy(update={"size": size})}
