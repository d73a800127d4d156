"""Follows a bought task to its video in a file, for `generate` and `fetch`. Asking and fetching are free."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import IO, Final, cast

import stamina
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bot.cli.failure import CommandFailedError, ExitStatus
from bot.cli.screen import Screen
from bot.dimilinks import (
    DimiLinks,
    DimiLinksError,
    Download,
    TaskAbsentError,
    TaskError,
    TaskPhase,
)
from bot.jobs.queue.poll_schedule import PollIntervals, ProgressHistory, next_poll_s
from bot.lifecycle.content_patience import ContentPatience
from bot.lifecycle.task_patience import Belief, TaskPatience
from bot.lifecycle.timeouts import Timeouts
from bot.texts import console, console_purchases

_WHOLE: Final = 100
_DOWNLOAD_LONGEST_PAUSE_S: Final = 30.0


def check_output(out: Path, *, force: bool) -> None:
    """Make sure that a video can be written there. Raises `CommandFailedError`.

    Args:
        out: The file.
        force: True if a file of this name may be replaced.
    """
    part = out.with_name(f"{out.name}.part") if out.name else out
    try:
        if out.is_dir() or not out.name:
            raise CommandFailedError(console_purchases.output_is_folder(str(out)), ExitStatus.FAILED)
        if out.exists() and not out.is_file():
            raise CommandFailedError(console_purchases.output_is_no_file(str(out)), ExitStatus.FAILED)
        if out.exists() and not force:
            raise CommandFailedError(console_purchases.output_exists(str(out)), ExitStatus.FAILED)
        # The download grows under this name. One that an earlier, killed command left is written over.
        with part.open("ab"):
            pass
        if not part.stat().st_size:
            part.unlink()
    except OSError as error:
        raise CommandFailedError(
            console_purchases.output_unusable(str(out), error.strerror or ""), ExitStatus.FAILED
        ) from None


class TaskFollower:
    """Waits for one task's video and saves it. No single bad answer ends that, as in the bot itself."""

    def __init__(self, api: DimiLinks, task_id: str, out: Path, *, patience_s: float | None = None) -> None:
        """Follow `task_id` into the file `out`.

        Args:
            api: The service.
            task_id: The task.
            out: The file.
            patience_s: How long an absence is doubted, and silence or refusals are borne; by default as long as in
                the bot.
        """
        self._api = api
        self._task_id = task_id
        self._out = out
        timeouts = Timeouts()
        limits = timeouts.patience
        if patience_s is not None:
            limits = replace(limits, absent_s=patience_s, unclear_s=min(limits.unclear_s, patience_s / 4))
        self._limits = limits
        self._generate_s = timeouts.generate_s
        self._silent_s = patience_s or timeouts.generate_s
        self._download_s = patience_s or timeouts.download_s
        self._patience = TaskPatience(limits)

    @property
    def was_told(self) -> bool:
        """True once the service has told how the task stands."""
        return self._patience.was_told

    async def run(self) -> Download:
        """Return the saved video. Raises `CommandFailedError` with the reason why there is none."""
        try:
            with Progress(
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                TimeElapsedColumn(),
                console=Console(file=cast("IO[str]", Screen())),
            ) as progress:
                return await self._wait(progress) or await self._download()
        except OSError as error:
            told = console_purchases.not_saved(str(self._out), error.strerror or type(error).__name__)
        except DimiLinksError as error:
            told = str(error)
        raise CommandFailedError(console.failed(told), ExitStatus.FAILED)

    async def _wait(self, progress: Progress) -> Download | None:
        """Return when the task is finished, with the video if that came while its absence was doubted."""
        loop = asyncio.get_running_loop()
        patience, intervals = self._patience, PollIntervals()
        history = ProgressHistory(since_s=loop.time())
        bar = progress.add_task(console.GENERATING, total=_WHOLE)
        answered_s = loop.time()
        ends_s = answered_s + self._generate_s
        fault: DimiLinksError | None = None
        while loop.time() < ends_s:
            try:
                task = await self._api.task(self._task_id)
            except TaskAbsentError:
                answered_s, fault = loop.time(), None
                self._tell_absence(progress, patience)
                patience.saw_absence(answered_s)
            except DimiLinksError as error:
                # A refused question says nothing about a bought video, no more than silence does.
                fault = error
                patience.saw_nothing_clear(loop.time())
                if loop.time() - answered_s >= self._silent_s:
                    break
                progress.update(bar, description=console_purchases.asking_again(str(error)))
            else:
                answered_s, fault = loop.time(), None
                progress.update(bar, description=console.GENERATING)
                patience.saw(task, loop.time())
                if task.phase is not TaskPhase.FAILED:
                    history = history.saw(loop.time(), task.progress)
            progress.update(bar, completed=history.last)
            if patience.may_have_content(loop.time()) and (video := await self._try_download()) is not None:
                progress.update(bar, completed=_WHOLE)
                return video
            if patience.belief is not Belief.UNDECIDED:
                _raise_unless_finished(patience.belief, patience.error)
                progress.update(bar, completed=_WHOLE)
                return None
            await asyncio.sleep(patience.pause_s or next_poll_s(intervals, history, loop.time()))
        if fault is not None:
            raise fault
        late = console_purchases.not_ready_in_time(self._generate_s)
        told = console_purchases.TASK_GONE if patience.missing else late
        raise CommandFailedError(console.failed(told), ExitStatus.FAILED)

    def _tell_absence(self, progress: Progress, patience: TaskPatience) -> None:
        """Say at the first absence why nothing comes yet: one answer proves nothing about what was paid for."""
        if patience.missing:
            return
        told = console_purchases.doubted(self._limits.absent_s)
        progress.console.print(told, markup=False, highlight=False, soft_wrap=True)

    async def _try_download(self) -> Download | None:
        """Try the content once, although no answer says that it is there; one that begins to arrive is."""
        try:
            return await self._api.download(self._task_id, self._out)
        except DimiLinksError as error:
            if error.video_began:
                self._patience.belief = Belief.FINISHED
            return None

    async def _download(self) -> Download:
        patience = ContentPatience(self._limits.absent_s)

        def may_pass(error: Exception) -> bool:
            return isinstance(error, DimiLinksError) and patience.may_pass(error)

        async for attempt in stamina.retry_context(
            on=may_pass,
            attempts=None,
            timeout=self._download_s,
            wait_max=_DOWNLOAD_LONGEST_PAUSE_S,
        ):
            with attempt:
                return await self._api.download(self._task_id, self._out)
        raise AssertionError("retries end with a video or an error")


def _raise_unless_finished(belief: Belief, error: TaskError | None) -> None:
    message = error.message if error is not None else ""
    match belief:
        case Belief.FINISHED | Belief.UNDECIDED:
            return
        case Belief.ABSENT:
            told = console_purchases.TASK_GONE
        case Belief.FAILED | Belief.WITHOUT_VIDEO if error is not None and error.is_content_refusal:
            told = console_purchases.blocked_by_service(message)
        case Belief.FAILED:
            told = console_purchases.task_failed(message)
        case Belief.WITHOUT_VIDEO:
            told = console_purchases.video_absent(message)
    raise CommandFailedError(console.failed(told), ExitStatus.FAILED)
