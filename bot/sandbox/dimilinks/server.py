"""The service itself: four routes on one loopback socket, and a second origin for redirected videos."""

import asyncio
import contextlib
import random
import secrets
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.sandbox.dimilinks.answers import (
    NoAnswer,
    absent_task_answer,
    error,
    json_answer,
    plain_fault,
    poll_answer,
    purchase_answer,
)
from bot.sandbox.dimilinks.checking import BODY_LIMIT_BYTES, CheckedSubmission, Refusal, read_order
from bot.sandbox.dimilinks.content import VIDEO_TYPE, absent, content_answer
from bot.sandbox.dimilinks.fault_queue import DimiLinksFaults
from bot.sandbox.dimilinks.faults import (
    EarlierTask,
    Endpoint,
    Fault,
    Hang,
    RawAnswer,
    SlowAnswer,
    SubmitStage,
    WithHeaders,
    staged,
)
from bot.sandbox.dimilinks.outcomes import OtherVideo
from bot.sandbox.dimilinks.request_log import AcceptedSubmission, DimiLinksRequestLog, Request
from bot.sandbox.dimilinks.tasks import TaskPace, Tempo, VideoTask, new_task
from bot.sandbox.listening import LoopbackSite
from bot.sandbox.video_factory import VideoFactory, VideoSpec

MODEL = "grok-imagine-video"
_PARSERS = 2
_CHUNK_BYTES = 64 * 1024
_PACE = TaskPace()
_Serve = Callable[[web.Request, Fault | None], Awaitable[web.StreamResponse]]


class DimiLinksSandbox:
    """A DimiLinks on this machine. Enter it as a context manager; `base_url` and `api_key` are for clients.

    `pace` may be replaced at any time and counts for tasks accepted later. With `redirect_content`, finished
    videos are answered with a redirect to another origin, which must never see the key. While `key_revoked`,
    every request is refused with 401; `models` is what the key may use. `absent_task` is the answer about
    tasks that are not known, in the place of the vendor's error.
    """

    def __init__(
        self, *, factory: VideoFactory, pace: Tempo = _PACE, api_key: str | None = None, seed: int = 0
    ) -> None:
        self.api_key = api_key or f"sk-sandbox-{secrets.token_urlsafe(24)}"
        self.base_url = ""
        self.request_log = DimiLinksRequestLog()
        self.faults = DimiLinksFaults(seed)
        self.pace = pace
        self.redirect_content = False
        self.key_revoked = False
        self.models = [MODEL]
        self.absent_task: RawAnswer | None = None
        self._factory = factory
        self._chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._tasks: dict[str, VideoTask] = {}
        self._making: set[asyncio.Task[None]] = set()
        self._parsing = asyncio.Semaphore(_PARSERS)
        self._stack = contextlib.AsyncExitStack()
        self._site = LoopbackSite(self._application())
        self._other_origin = ""
        self._scratch = Path()

    async def __aenter__(self) -> Self:
        """Open the sockets."""
        self._scratch = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="dimilinks-")))
        other = web.Application()
        other.add_routes([web.get("/files/{task_id}", self._file)])
        other_site = LoopbackSite(other)
        for site in (self._site, other_site):
            self._stack.push_async_callback(site.close)
            await site.open()
        self.base_url = f"http://{self._site.host}/v1"
        self._other_origin = f"http://{other_site.host}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the sockets and the video factory."""
        for making in self._making:
            making.cancel()
        if self._making:
            await asyncio.wait(self._making)
        await self._stack.aclose()
        await self._factory.close()

    def done_at(self, task_id: str) -> float:
        """The event loop's time at which the task has, or will have, a video. Raises `KeyError`."""
        return self._tasks[task_id].done_at

    async def pause(self) -> None:
        """Take no connections until `resume`, as when the service is down; open ones are cut."""
        await self._site.pause()

    async def resume(self) -> None:
        """Take connections again, on the same port."""
        await self._site.resume()

    def _application(self) -> web.Application:
        app = web.Application(client_max_size=BODY_LIMIT_BYTES)
        app.add_routes(
            [
                web.post("/v1/videos/generations", self._guarded(Endpoint.SUBMIT, self._submit)),
                web.get("/v1/tasks/{task_id}", self._guarded(Endpoint.TASK, self._task)),
                web.get("/v1/videos/{task_id}/content", self._guarded(Endpoint.CONTENT, self._content)),
                web.get("/v1/models", self._guarded(Endpoint.MODELS, self._models)),
                web.route("*", "/{rest:.*}", self._unknown_route),
            ]
        )
        return app

    def _guarded(
        self, endpoint: Endpoint, serve: _Serve
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """`serve` behind the key and the faults, with every request logged."""

        async def handler(request: web.Request) -> web.StreamResponse:
            status = 0
            try:
                response = await self._serve(request, endpoint, serve)
                status = 0 if isinstance(response, NoAnswer) else response.status
            except ConnectionError:
                raise
            except Exception as error:
                # A fault that a test set up wrongly would pass for one of the service's own otherwise.
                self.request_log.violations.append(f"{request.method} {request.path}: {error!r}")
                raise
            finally:
                now = asyncio.get_running_loop().time()
                self.request_log.requests.append(Request(request.method, request.path, status, now))
            return response

        return handler

    async def _serve(self, request: web.Request, endpoint: Endpoint, serve: _Serve) -> web.StreamResponse:
        fault = self.faults.next(endpoint)
        extra: dict[str, str] = {}
        while isinstance(fault, Hang | WithHeaders):
            match fault:
                case Hang(seconds):
                    await asyncio.sleep(seconds)
                case WithHeaders(headers):
                    extra |= headers
            fault = fault.fault
        response = plain_fault(request, fault) or self._unauthorized(request) or await serve(request, fault)
        response.headers.update(extra)
        return response

    def _unauthorized(self, request: web.Request) -> web.Response | None:
        given = request.headers.get("Authorization", "")
        if not given:
            return error(401, "missing_api_key", "缺少 API Key")
        right = secrets.compare_digest(given.encode(), f"Bearer {self.api_key}".encode())
        if not right or self.key_revoked:
            return error(401, "invalid_api_key", "API Key 无效")
        return None

    async def _unknown_route(self, request: web.Request) -> web.Response:
        self.request_log.violations.append(f"{request.method} {request.path}: no such route")
        return error(404, "not_found", "接口不存在")

    async def _models(self, request: web.Request, fault: Fault | None) -> web.StreamResponse:  # noqa: ARG002 - as all
        listed = [{"id": name, "object": "model", "owned_by": "xai"} for name in self.models]
        return json_answer({"object": "list", "data": listed})

    async def _submit(self, request: web.Request, fault: Fault | None) -> web.StreamResponse:
        if request.content_length is None or request.content_type != "application/json":
            self.request_log.violations.append("submission without Content-Length or of another type")
            return error(400, "invalid_request_error", "请求头无效")
        stage, struck = staged(self.faults.of_size(request.content_length) or fault)
        if stage is SubmitStage.DURING_BODY:
            await request.content.readany()
        if stage in {SubmitStage.BEFORE_BODY, SubmitStage.DURING_BODY}:
            return _only_plain(request, struck)
        task_id = f"video_{self._chance.getrandbits(96):024x}"
        folder = self._scratch / task_id
        async with self._parsing:
            body = await self._spool(request, folder)
            read = await asyncio.to_thread(read_order, body, folder)
            await asyncio.to_thread(body.unlink)
        if stage is SubmitStage.AFTER_BODY:
            return _only_plain(request, struck)
        if isinstance(read, Refusal):
            self.request_log.violations.append(read.violation)
            return error(400, read.code, read.message)
        poison = self.faults.poison_of(read.fields["prompt"])
        if poison is not None:
            stage, struck = staged(poison)
            if stage is not SubmitStage.AFTER_ACCEPTANCE:
                return _only_plain(request, struck)
        # From here on the video is bought, whatever becomes of the answer.
        self._accept(task_id, read)
        if isinstance(struck, SlowAnswer):
            await asyncio.sleep(struck.seconds)
        if isinstance(struck, EarlierTask):
            task_id = self.request_log.submissions[0].task_id
        return purchase_answer(request, task_id, struck)

    async def _spool(self, request: web.Request, folder: Path) -> Path:
        await asyncio.to_thread(folder.mkdir, parents=True)
        body = folder / "body.json"
        with body.open("wb") as file:
            async for chunk in request.content.iter_chunked(_CHUNK_BYTES):
                file.write(chunk)
        return body

    def _accept(self, task_id: str, order: CheckedSubmission) -> None:
        fields = order.fields
        submission = AcceptedSubmission(
            task_id,
            fields["prompt"],
            fields["seconds"],
            fields["size"],
            fields["resolution_name"],
            fields["preset"],
            fields.get("group"),
            order.references,
            asyncio.get_running_loop().time(),
        )
        self.request_log.submissions.append(submission)
        outcome = self.faults.next_outcome()
        self._tasks[task_id] = new_task(submission, self.pace, outcome, self._chance, time.time())
        making = asyncio.create_task(self._make(self._tasks[task_id], order.pictures))
        self._making.add(making)
        making.add_done_callback(self._making.discard)

    async def _make(self, task: VideoTask, pictures: tuple[Path, ...]) -> None:
        bought = task.submission
        other = task.outcome if isinstance(task.outcome, OtherVideo) else OtherVideo()
        seconds, size = other.seconds or bought.seconds, other.size or bought.size
        spec = VideoSpec.of_request(bought.task_id, bought.prompt, seconds, size, bought.resolution, pictures)
        task.video = await self._factory.make(spec)

    async def _task(self, request: web.Request, fault: Fault | None) -> web.StreamResponse:
        task = self._tasks.get(request.match_info["task_id"])
        now = asyncio.get_running_loop().time()
        refused = task.poll_refusal(now) if task is not None else None
        if task is None or refused is not None:
            return absent_task_answer(refused or 404, self.absent_task)
        self.request_log.polls[task.submission.task_id] += 1
        return poll_answer(request, task.tell(now), fault)

    async def _content(self, request: web.Request, fault: Fault | None) -> web.StreamResponse:
        task = self._tasks.get(request.match_info["task_id"])
        now = asyncio.get_running_loop().time()
        if task is None or task.video is None or not task.has_video(now):
            return absent(request)
        if (status := task.content_refusal(now)) is not None:
            return absent(request, status)
        self.request_log.downloads[task.submission.task_id] += 1
        if self.redirect_content and fault is None:
            location = f"{self._other_origin}/files/{task.submission.task_id}"
            return web.Response(status=302, headers={"Location": location})
        return await content_answer(request, task.video, fault)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        if "Authorization" in request.headers:
            self.request_log.violations.append("the key was sent to another host")
            return web.Response(status=400)
        task = self._tasks.get(request.match_info["task_id"])
        if task is None or task.video is None:
            return web.Response(status=404)
        return web.FileResponse(task.video, headers={"Content-Type": VIDEO_TYPE})


def _only_plain(request: web.Request, fault: Fault | None) -> web.StreamResponse:
    """The answer before anything is bought. Raises `TypeError` for a fault that only a purchase can meet."""
    answer = plain_fault(request, fault)
    if answer is None:
        raise TypeError(f"{fault} cannot answer a submission that was not accepted")
    return answer
