"""`python -m bot generate`: buys one real video directly from the API, without Discord, with a progress bar."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from uuid import uuid4

import stamina
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bot.app import open_api, open_spool
from bot.cli.failure import CommandFailedError, ExitStatus
from bot.dimilinks import DimiLinks, DimiLinksError, ErrorKind, Purchase, Task, TaskAbsentError, TaskPhase
from bot.images.data_url import DataUrl
from bot.images.model import ImageRefusedError, Reference
from bot.jobs.cards import explain_picture
from bot.jobs.queue.poll_schedule import PollIntervals, ProgressHistory, next_poll_s
from bot.lifecycle.timeouts import Timeouts
from bot.services.order import VideoOrder, request_of
from bot.settings import BadConfigurationError, Settings
from bot.texts import console, explanations, moderation
from bot.texts.explanations import Explanation
from bot.video import Preset, VideoRequest

_WHOLE: Final = 100


async def generate(settings: Settings, order: VideoOrder, images: Sequence[Path], out: Path) -> None:
    """Submit a request, wait for the video and save it. This spends money.

    Args:
        settings: The API key and the folders.
        order: The request.
        images: Files to use as reference images.
        out: File for the video.

    Raises:
        CommandFailedError: The request was refused or the job failed. The text holds the API's error and says
            so if the video may have been bought.
    """
    request = request_of(order, pictures=len(images))
    if isinstance(request, Explanation):
        raise CommandFailedError(console.failed(request.english), ExitStatus.FAILED)
    if request.preset is Preset.SPICY and images:
        told = moderation.REFUSALS["spicy_from_pictures"]
        raise CommandFailedError(console.failed(told.english), ExitStatus.FAILED)
    try:
        async with open_api(settings) as api, open_spool(settings) as spool:
            job_id = f"generate-{uuid4().hex}"
            try:
                references = await spool.adopt(job_id, images)
                await _carry(api, request, references, out)
            finally:
                await spool.discard(job_id)
    except BadConfigurationError as error:
        raise CommandFailedError(
            console.bad_configuration(str(error)), ExitStatus.BAD_CONFIGURATION
        ) from None
    except ImageRefusedError as refused:
        told = explain_picture(refused.filename, refused.problem, refused.detail)
        raise CommandFailedError(console.failed(told.english), ExitStatus.FAILED) from None
    except DimiLinksError as error:
        raise CommandFailedError(console.failed(str(error)), ExitStatus.FAILED) from None


async def _carry(api: DimiLinks, request: VideoRequest, references: Sequence[Reference], out: Path) -> None:
    try:
        submission = await api.submit(
            request, [DataUrl(reference.path, reference.mime) for reference in references]
        )
    except DimiLinksError as error:
        if error.purchase is Purchase.NOT_BOUGHT:
            raise
        raise CommandFailedError(console.charged_unknown(str(error)), ExitStatus.FAILED) from None
    screen = Console(stderr=True)
    screen.print(console.submitted(submission.task_id))
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=screen
    ) as progress:
        await _wait(api, submission.task_id, progress)
    async for attempt in stamina.retry_context(
        on=_transient, attempts=None, timeout=Timeouts().download_s, wait_max=30.0
    ):
        with attempt:
            download = await api.download(submission.task_id, out)
            screen.print(console.saved(str(download.path), download.size_bytes))


def _transient(error: Exception) -> bool:
    if isinstance(error, TaskAbsentError):
        return False
    return isinstance(error, DimiLinksError) and error.kind in {ErrorKind.TRANSPORT, ErrorKind.RATE_LIMIT}


async def _wait(api: DimiLinks, task_id: str, progress: Progress) -> None:
    loop = asyncio.get_running_loop()
    progress_history = ProgressHistory(since_s=loop.time())
    shown = progress.add_task(console.GENERATING, total=_WHOLE)
    deadline_s = loop.time() + Timeouts().generate_s
    while loop.time() < deadline_s:
        try:
            task = await api.task(task_id)
        except DimiLinksError as error:
            if not _transient(error):
                raise
        else:
            if _is_over(task):
                progress.update(shown, completed=_WHOLE)
                return
            progress_history = progress_history.saw(loop.time(), task.progress)
            progress.update(shown, completed=progress_history.last)
        await asyncio.sleep(next_poll_s(PollIntervals(), progress_history, loop.time()))
    raise CommandFailedError(
        console.failed(f"{explanations.EXPIRED.what.english} ({task_id})"), ExitStatus.FAILED
    )


def _is_over(task: Task) -> bool:
    match task.phase:
        case TaskPhase.COMPLETED:
            return True
        case TaskPhase.BLOCKED:
            told = explanations.BLOCKED_BY_SERVICE
        case TaskPhase.FAILED:
            told = explanations.generation_failed(task.error.message if task.error else "")
        case TaskPhase.WAITING | TaskPhase.GENERATING | TaskPhase.UNKNOWN:
            return False
    raise CommandFailedError(console.failed(told.english), ExitStatus.FAILED)
