"""The client: submit a video, ask how it is, fetch it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote

import aiohttp
import structlog
from pydantic import SecretStr
from yarl import URL

from bot.dimilinks.answers import Answer
from bot.dimilinks.body import ReferenceBody, SubmissionBody
from bot.dimilinks.doubtful_copies import DoubtfulCopies
from bot.dimilinks.download import VideoDownload
from bot.dimilinks.errors import DimiLinksError, TimedOutError
from bot.dimilinks.exchange import Exchange
from bot.dimilinks.holds import RequestKind
from bot.dimilinks.pace import Pace
from bot.dimilinks.scrub import Scrubber
from bot.dimilinks.submissions import submission_from
from bot.dimilinks.task import Download, Submission, Task
from bot.dimilinks.task_answers import models_from, task_from
from bot.dimilinks.timeouts import DEFAULT_TIMEOUTS, ApiTimeouts
from bot.video import MODEL, VideoRequest

log: Final = structlog.get_logger(__name__)

VIDEO_LIMIT_BYTES: Final = 512 * 1024 * 1024
"""Largest video that is fetched unless the caller says otherwise; twenty seconds are far below it."""

# A gateway lists every model of every maker, some hundred bytes each.
_MODELS_LIMIT_BYTES: Final = 1024 * 1024


def _utc_now() -> datetime:
    return datetime.now(UTC)


async def _nothing() -> None:
    """Nothing is to be done before a submission leaves."""


def _quoted(segment: str) -> str:
    """A path segment that can be nothing else: `.` and `..` would be steps, and are the only ids of dots."""
    quoted = quote(segment, safe="")
    return quoted if segment.strip(".") else quoted.replace(".", "%2E")


class DimiLinks:
    """The DimiLinks API, as far as `grok-imagine-video` needs it.

    Uses `session` but does not own it; close it when all calls are over. Nothing is ever repeated here:
    asking and downloading are free to repeat, submitting is not, and only the caller knows how long to go
    on.

        async with aiohttp.ClientSession(auto_decompress=False) as session:
            api = DimiLinks(session, base_url=URL("https://dimilinks.com/v1"), api_key=SecretStr(key))
            submission = await api.submit(VideoRequest(prompt="a paper boat in the rain"))
            while (await api.task(submission.task_id)).phase is not TaskPhase.COMPLETED:
                await asyncio.sleep(3)
            await api.download(submission.task_id, Path("boat.mp4"))
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        base_url: URL,
        api_key: SecretStr,
        timeouts: ApiTimeouts = DEFAULT_TIMEOUTS,
        now: Callable[[], datetime] = _utc_now,
        pace: Pace | None = None,
    ) -> None:
        """`base_url` is the address before `/videos` and `/tasks`; `now` the clock for `Retry-After` dates.

        `pace` gives every request to the API its turn, and is shared by all clients of one key; without one,
        nothing is held back. Waiting for a turn has no deadline of its own; a deadline around a call holds.

        Raises `ValueError` for an address that is not plain http(s), and for a key that cannot be a header.
        """
        if base_url.scheme not in {"http", "https"} or not base_url.host or base_url.raw_user is not None:
            raise ValueError("the base URL must be http(s)://host[:port][/path]")
        key = api_key.get_secret_value()
        if not key or not key.isascii() or not key.isprintable():
            raise ValueError("the API key must be printable ASCII")
        self._base = str(base_url.with_query(None).with_fragment(None)).rstrip("/")
        self._scrubber = Scrubber(key)
        self._exchange = Exchange(session, api_key, self._scrubber, timeouts, pace=pace, now=now)
        self._timeouts = timeouts
        self._copies = DoubtfulCopies()
        self._now = now
        self._told_task_id: str | None = None
        self._has_listed_model = False

    @property
    def told_task_id(self) -> str | None:
        """The last task that the API told the state of; None while it told none."""
        return self._told_task_id

    @property
    def has_listed_model(self) -> bool:
        """True once the API's list of models named the video model: some lists never do."""
        return self._has_listed_model

    def __repr__(self) -> str:
        return f"DimiLinks({self._base!r})"

    async def submit(
        self,
        request: VideoRequest,
        references: Sequence[ReferenceBody] = (),
        *,
        leaving: Callable[[], Awaitable[None]] = _nothing,
        may_be_bought: Callable[[], None] | None = None,
    ) -> Submission:
        """Ask for a video. Costs money; POST /videos/generations.

        `leaving` is awaited when it is the request's turn, before any byte leaves: the moment to note that
        something may be bought from now on. What it raises is raised here, and nothing was bought.

        `may_be_bought` is called right before the last byte of the body leaves. Until then no server can have read
        the request: a call that is cancelled, and has ended without it, bought nothing.

        The pictures are streamed, never whole in memory, and not read any more once this returns or raises.

        A cancelled call raises `CancelledError` as usual. Before its turn no byte leaves and no reference is read.

        Raises:
            DimiLinksError: No task is known, and `purchase` says what that proves: NOT_BOUGHT when the body had
                not left whole by then, or the API refused the request in its own words; otherwise UNKNOWN.
                `raw_answer` has what was answered.
        """
        body = SubmissionBody(request, references, may_be_bought)
        answer = await self._exchange.post(self._url("videos", "generations"), body, leaving)
        self._note("submit", answer)
        return submission_from(answer, self._scrubber, self._now())

    async def task(self, task_id: str, kind: RequestKind = RequestKind.POLL) -> Task:
        """Return the state of a task; GET /tasks/{task_id}. Free to repeat; waits with requests of its `kind`.

        Raises:
            TaskAbsentError: The API itself says that it does not know the task.
            DimiLinksError: Any other but those about videos and references.
        """
        answer = await self._exchange.ask(self._url("tasks", task_id), kind)
        self._note("task", answer)
        task = task_from(answer, task_id, self._scrubber, self._now())
        self._told_task_id = task_id
        return task

    async def models(self) -> tuple[str, ...]:
        """The ids of the models that the key may use; GET /models. Free to repeat.

        An answer means that the API is there and takes the key; so does, for the first half, an error that is
        `in_own_voice`.

        Raises:
            DimiLinksError: Any but those about tasks, videos and references.
        """
        url, kind = self._url("models"), RequestKind.QUESTION
        answer = await self._exchange.ask(url, kind, limit_bytes=_MODELS_LIMIT_BYTES)
        self._note("models", answer)
        listed = models_from(answer, self._scrubber, self._now())
        self._has_listed_model = self._has_listed_model or MODEL in listed
        return listed

    async def download(
        self, task_id: str, destination: Path, *, limit_bytes: int = VIDEO_LIMIT_BYTES
    ) -> Download:
        """Fetch a finished task's mp4 into `destination`; GET /videos/{task_id}/content. Free to repeat.

        The file grows as `<name>.part` beside it and takes its name only when it is whole and on the disk;
        until then an older file of that name stays. Redirects are followed, without the key outside the API's
        own origin, and without a turn there.

        Raises:
            VideoMissingError: The API itself says that it has none, not yet or not any more.
            TruncatedVideoError: Bytes of it were missing, or may be: the third equal file in a row that may be
                whole is taken.
            BrokenVideoError: All that was sent arrived, and is no mp4.
            VideoTooLargeError: It is larger than `limit_bytes`.
            DimiLinksError: Any other but those about tasks and references.
            OSError: The disk failed.
        """
        deadline = asyncio.timeout(self._timeouts.download_s)
        exchange = self._exchange.under(deadline)
        video = VideoDownload(
            exchange,
            self._scrubber,
            self._timeouts,
            destination=destination,
            limit_bytes=limit_bytes,
            is_believed=partial(self._copies.is_believed, task_id),
            now=self._now,
        )
        try:
            async with deadline:
                download = await video.run(self._url("videos", task_id, "content"))
        except TimeoutError:
            if not deadline.expired():
                raise  # the disk's own
            error: DimiLinksError = TimedOutError("the video did not arrive in time")
        except DimiLinksError as fault:
            error = fault
        else:
            log.debug("video_downloaded", task=task_id, size_bytes=download.size_bytes)
            return download
        error.video_began = video.began
        raise error

    def _url(self, *segments: str) -> URL:
        path = "/".join(_quoted(segment) for segment in segments)
        return URL(f"{self._base}/{path}", encoded=True)

    def _note(self, operation: str, answer: Answer) -> None:
        log.debug("api_answered", operation=operation, status=answer.status, size_bytes=len(answer.body))
