"""`python -m bot generate`: buys one real video directly from the API, without Discord, with a progress bar."""

import asyncio
import signal
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

import typer

from bot.app import open_api, open_spool
from bot.cli.failure import CommandFailedError, ExitStatus
from bot.cli.operator_input import printable
from bot.cli.screen import tell
from bot.cli.video_file import TaskFollower, check_output
from bot.dimilinks import ApiTimeouts, DimiLinks, DimiLinksError, Purchase, Submission
from bot.images.data_url import DataUrl
from bot.images.model import ImageRefusedError, Reference
from bot.images.problems import ImageProblem
from bot.images.spool import ReferenceSpool
from bot.moderation.prompt_flags import take_out_flags
from bot.settings import BadConfigurationError, Settings
from bot.texts import console, console_purchases
from bot.video import PROMPT_MAX_CHARS, REFERENCES_MAX, Preset, Resolution, Seconds, Size, VideoRequest

_ANSWER_S: Final = 2 * ApiTimeouts().submit_answer_s
"""Seconds that an interrupted command waits for the answer to a POST, which may hold a bought task's id.

As long as the client does: for its beginning, and as long again for the rest. Some come after 100 seconds.
"""


@dataclass(frozen=True)
class TypedOrder:
    """A request as it was typed on the command line, whose parser has seen to the options."""

    prompt: str
    images: tuple[Path, ...]
    seconds: Seconds
    size: Size | None
    """None for the shape of the first picture, or landscape."""
    resolution: Resolution
    preset: Preset
    group: str | None


_PICTURE_PROBLEMS: Final[Mapping[ImageProblem, str]] = {
    ImageProblem.EMPTY: console_purchases.IMAGE_EMPTY,
    ImageProblem.TOO_LARGE: console_purchases.IMAGE_TOO_LARGE,
    ImageProblem.NOT_AN_IMAGE: console_purchases.NO_IMAGE,
    ImageProblem.UNSUPPORTED_FORMAT: console_purchases.IMAGE_FORMAT,
    ImageProblem.VIDEO: console_purchases.IMAGE_VIDEO,
    ImageProblem.TRUNCATED: console_purchases.IMAGE_TRUNCATED,
    ImageProblem.TOO_MANY_PIXELS: console_purchases.IMAGE_PIXELS,
    ImageProblem.TOO_SMALL: console_purchases.IMAGE_SMALL,
    ImageProblem.TOO_NARROW: console_purchases.IMAGE_NARROW,
    ImageProblem.TOO_COMPLEX: console_purchases.IMAGE_COMPLEX,
    ImageProblem.GONE: console_purchases.IMAGE_NOT_READ,
}
"""Words for what can be wrong with files of this machine."""


def checked_request(order: TypedOrder, out: Path, *, force: bool) -> VideoRequest:
    """Return the request to be made, if it can be made and its video saved. Buys nothing.

    Args:
        order: What was typed.
        out: File for the video.
        force: True if a file of this name may be replaced.

    Raises:
        CommandFailedError: It cannot, for a reason that is told in the words of a command line.
    """
    check_output(out, force=force)
    clean = take_out_flags(order.prompt.strip())
    prompt = clean.text
    if clean.had_flags:
        typer.echo(console_purchases.PRESET_IN_PROMPT, err=True)
    told: str | None = None
    if not prompt:
        told = console_purchases.PROMPT_EMPTY
    elif any(unicodedata.category(char) == "Cs" for char in prompt):
        told = console_purchases.PROMPT_NO_TEXT
    elif len(prompt) > PROMPT_MAX_CHARS:
        told = console_purchases.prompt_too_long(len(prompt))
    elif len(order.images) > REFERENCES_MAX:
        told = console.too_many_images()
    elif order.preset is Preset.SPICY and order.images:
        told = console_purchases.SPICY_WITH_IMAGES
    if told is not None:
        raise CommandFailedError(console_purchases.not_bought(told), ExitStatus.FAILED)
    return VideoRequest(
        prompt=prompt,
        seconds=order.seconds,
        size=order.size or Size.LANDSCAPE,
        resolution=order.resolution,
        preset=order.preset,
        reference_count=len(order.images),
        group=order.group,
    )


def ask_before_spending(request: VideoRequest) -> None:
    """Ask on the terminal if the video is to be bought. Raises `CommandFailedError` unless the answer is yes."""
    try:
        agreed = typer.confirm(console_purchases.ask_to_buy(request.seconds, request.resolution), err=True)
    except typer.Abort:  # there is nobody to ask
        agreed = False
        tell("")
    if not agreed:
        raise CommandFailedError(console_purchases.NOT_CONFIRMED, ExitStatus.FAILED)


async def generate(
    settings: Settings, request: VideoRequest, images: Sequence[Path], out: Path, *, fits_picture: bool
) -> None:
    """Submit a request, wait for the video and save it. This spends money.

    From the moment in which the video may be bought, every end prints the task's id and how to fetch it, or that
    it is not known: SIGINT, SIGTERM and a closed terminal are ends like others.

    Args:
        settings: The API key and the folders.
        request: The request.
        images: Files to use as reference images.
        out: File for the video.
        fits_picture: True if the frame is to have the shape of the first picture.

    Raises:
        CommandFailedError: The request was refused or the job failed. The text holds the API's error.
    """
    purchase = _Purchase()
    _cancel_on_signals()
    try:
        async with open_api(settings) as api, open_spool(settings) as spool:
            job_id = f"generate-{uuid4().hex}"
            try:
                references = await _prepared(spool, job_id, images)
                if fits_picture and references:
                    size = Size.nearest(references[0].width_px, references[0].height_px)
                    request = request.model_copy(update={"size": size})
                task_id = await purchase.make(api, request, references)
            finally:
                await spool.discard(job_id)
            follower = TaskFollower(api, task_id, out)
            try:
                video = await follower.run()
            finally:
                purchase.was_told = follower.was_told
            purchase.saved = True
            tell(console.saved(str(video.path), video.size_bytes))
    except BadConfigurationError as error:
        raise CommandFailedError(
            console.bad_configuration(str(error)), ExitStatus.BAD_CONFIGURATION
        ) from None
    except DimiLinksError as error:
        raise CommandFailedError(console_purchases.not_bought(str(error)), ExitStatus.FAILED) from None
    finally:
        purchase.tell_how_to_fetch()


async def _prepared(spool: ReferenceSpool, job_id: str, images: Sequence[Path]) -> Sequence[Reference]:
    """Copy, check and convert the pictures. Raises `CommandFailedError` for one that cannot be used."""
    if not images:
        return ()
    try:
        return await spool.adopt(job_id, images)
    except ImageRefusedError as refused:
        why = _PICTURE_PROBLEMS.get(refused.problem, console_purchases.IMAGE_UNUSABLE)
        told = console_purchases.image_refused(refused.filename, why, refused.detail)
    except OSError as error:
        told = console_purchases.image_refused(
            images[0].name, console_purchases.IMAGE_NOT_COPIED, error.strerror or ""
        )
    raise CommandFailedError(console_purchases.not_bought(told), ExitStatus.FAILED)


class _Purchase:
    """The one POST, and what is known of it."""

    def __init__(self) -> None:
        self._bought: Submission | None = None
        self._may_be_bought = False
        self.was_told = False
        """True once the service has told how the task stands."""
        self.saved = False

    async def make(self, api: DimiLinks, request: VideoRequest, references: Sequence[Reference]) -> str:
        """Return the id of the bought task.

        Raises:
            DimiLinksError: Nothing was bought.
            CommandFailedError: Nobody knows if something was.
        """
        bodies = [DataUrl(reference.path, reference.mime) for reference in references]
        submitting = api.submit(request, bodies, may_be_bought=self._note_handing_over)
        posting = asyncio.ensure_future(submitting)
        posting.add_done_callback(_retrieve)
        try:
            submission = await asyncio.shield(posting)
        except asyncio.CancelledError:
            if not self._may_be_bought:
                await self._call_off(posting)
                raise
            # Given up now, a bought video could not be found again: its id is in the answer.
            tell(console_purchases.waiting_for_answer(_ANSWER_S))
            try:
                await asyncio.wait([posting], timeout=_ANSWER_S)
            finally:
                posting.cancel()
                self._note_what_came(posting)
            raise
        except DimiLinksError as error:
            if error.purchase is Purchase.NOT_BOUGHT:
                raise
            raise CommandFailedError(_unknown(error), ExitStatus.FAILED) from None
        self._note(submission)
        return submission.task_id

    def tell_how_to_fetch(self) -> None:
        """Print how a bought video is fetched that was not saved."""
        if self._bought is not None and not self.saved:
            answer = "" if self.was_told else printable(self._bought.raw_answer)
            tell(console_purchases.how_to_fetch(self._bought.task_id, answer))

    def _note_handing_over(self) -> None:
        self._may_be_bought = True

    async def _call_off(self, posting: "asyncio.Future[Submission]") -> None:
        """Cancel a POST that no server can have read, and print what came of it."""
        posting.cancel()
        try:
            await asyncio.wait([posting])
        finally:
            self._note_what_came(posting)

    def _note(self, bought: Submission) -> None:
        self._bought = bought
        tell(console_purchases.submitted(bought.task_id))

    def _note_what_came(self, posting: "asyncio.Future[Submission]") -> None:
        """Print what became of a POST that was under way when the command was interrupted."""
        if posting.cancelled() and not self._may_be_bought:
            tell(console_purchases.not_bought(console_purchases.INTERRUPTED))
            return
        if not posting.done() or posting.cancelled():
            tell(console_purchases.charged_unknown(console_purchases.NO_ANSWER_YET))
            return
        error = posting.exception()
        if error is None:
            self._note(posting.result())
        elif isinstance(error, DimiLinksError) and error.purchase is Purchase.NOT_BOUGHT:
            tell(console_purchases.not_bought(str(error)))
        elif isinstance(error, DimiLinksError):
            tell(_unknown(error))
        else:
            tell(console_purchases.charged_unknown(type(error).__name__))


def _retrieve(posting: "asyncio.Future[Submission]") -> None:
    """Take the exception of a POST that was given up, or asyncio would log it."""
    if not posting.cancelled():
        posting.exception()


def _unknown(error: DimiLinksError) -> str:
    return console_purchases.charged_unknown(str(error), printable(error.raw_answer))


def _cancel_on_signals() -> None:
    """Let signals end the command by cancelling its task, between two steps.

    The handler of `asyncio.run` would raise at the second Ctrl-C, in the midst of any line.
    """
    command = asyncio.current_task()
    if command is None:
        return
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, command.cancel)
