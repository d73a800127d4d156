"""The service itself: three routes on one loopback socket, and a second origin for redirected videos."""

import asyncio
import contextlib
import random
import secrets
import socket
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.sandbox.dimilinks.answers import cut, dropped, error, json_answer, plain_fault
from bot.sandbox.dimilinks.checking import BODY_LIMIT_BYTES, CheckedSubmission, Refusal, read_order
from bot.sandbox.dimilinks.faults import (
    BareShape,
    DimiLinksFaults,
    DropAfterAcceptance,
    DropAfterReading,
    Endpoint,
    ErrorAfterAcceptance,
    Fault,
    Hang,
    JsonInstead,
    NoTaskId,
    SlowAnswer,
    TaskOutcome,
    Truncated,
)
from bot.sandbox.dimilinks.request_log import AcceptedSubmission, DimiLinksRequestLog, Request
from bot.sandbox.dimilinks.tasks import TaskPace, Tempo, VideoTask, new_task
from bot.sandbox.video_factory import VideoFactory, VideoSpec

_HOST = "127.0.0.1"
_PARSERS = 2
_CHUNK_BYTES = 64 * 1024
_PACE = TaskPace()


class DimiLinksSandbox:
    """A DimiLinks on this machine. Enter it as a context manager; `base_url` and `api_key` are for clients.

    `pace` may be replaced at any time and counts for tasks accepted later. With `redirect_content`, finished
    videos are answered with a redirect to another origin, which must never see the key.
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
        self._factory = factory
        self._chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._tasks: dict[str, VideoTask] = {}
        self._making: set[asyncio.Task[None]] = set()
        self._parsing = asyncio.Semaphore(_PARSERS)
        self._stack = contextlib.AsyncExitStack()
        self._runner: web.AppRunner | None = None
        self._site: web.SockSite | None = None
        self._port = 0
        self._other_origin = ""
        self._scratch = Path()

    async def __aenter__(self) -> Self:
        """Open the sockets."""
        self._scratch = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="dimilinks-")))
        app = web.Application(client_max_size=BODY_LIMIT_BYTES)
        app.add_routes(
            [
                web.post("/v1/videos/generations", self._guarded(Endpoint.SUBMIT, self._submit)),
                web.get("/v1/tasks/{task_id}", self._guarded(Endpoint.TASK, self._task)),
                web.get("/v1/videos/{task_id}/content", self._guarded(Endpoint.CONTENT, self._content)),
                web.route("*", "/{rest:.*}", self._unknown_route),
            ]
        )
        self._runner = await self._run(app)
        await self.resume()
        self.base_url = f"http://{_HOST}:{self._port}/v1"
        other = web.Application()
        other.add_routes([web.get("/files/{task_id}", self._file)])
        listening = _listening_socket(0)
        await web.SockSite(await self._run(other), listening).start()
        self._other_origin = f"http://{_HOST}:{listening.getsockname()[1]}"
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
        """When the task has, or will have, a video: the event loop's time. Raises `KeyError`."""
        return self._tasks[task_id].done_at

    async def pause(self) -> None:
        """Take no connections until `resume`, as when the service is down; open ones are cut."""
        if self._site is not None:
            await self._site.stop()
            self._site = None
        if self._runner is not None and self._runner.server is not None:
            for connection in self._runner.server.connections:
                connection.force_close()

    async def resume(self) -> None:
        """Take connections again, on the same port."""
        if self._site is None and self._runner is not None:
            listening = _listening_socket(self._port)
            self._port = listening.getsockname()[1]
            self._site = web.SockSite(self._runner, listening)
            await self._site.start()

    async def _run(self, app: web.Application) -> web.AppRunner:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        return runner

    def _guarded(
        self, endpoint: Endpoint, serve: Callable[[web.Request, Fault | None], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """`serve` behind the key and the faults, with every request logged."""

        async def handler(request: web.Request) -> web.StreamResponse:
            fault = self.faults.next(endpoint)
            if isinstance(fault, Hang):
                await asyncio.sleep(fault.seconds)
                fault = None
            response = plain_fault(request, fault) or self._unauthorized(request)
            if response is None:
                response = await serve(request, fault)
            now = asyncio.get_running_loop().time()
            self.request_log.requests.append(Request(request.method, request.path, response.status, now))
            return response

        return handler

    def _unauthorized(self, request: web.Request) -> web.Response | None:
        given = request.headers.get("Authorization", "")
        if not given:
            return error(401, "missing_api_key", "缺少 API Key")
        if not secrets.compare_digest(given.encode(), f"Bearer {self.api_key}".encode()):
            return error(401, "invalid_api_key", "API Key 无效")
        return None

    async def _unknown_route(self, request: web.Request) -> web.Response:
        self.request_log.violations.append(f"{request.method} {request.path}: no such route")
        return error(404, "not_found", "接口不存在")

    async def _submit(self, request: web.Request, fault: Fault | None) -> web.StreamResponse:
        if request.content_length is None or request.content_type != "application/json":
            self.request_log.violations.append("submission without Content-Length or of another type")
            return error(400, "invalid_request_error", "请求头无效")
        task_id = f"video_{self._chance.getrandbits(96):024x}"
        folder = self._scratch / task_id
        async with self._parsing:
            body = await self._spool(request, folder)
            read = await asyncio.to_thread(read_order, body, folder)
            await asyncio.to_thread(body.unlink)
        if isinstance(fault, DropAfterReading):
            return dropped(request)
        if isinstance(read, Refusal):
            self.request_log.violations.append(read.violation)
            return error(400, read.code, read.message)
        self._accept(task_id, read)
        if isinstance(fault, SlowAnswer):
            await asyncio.sleep(fault.seconds)
        return _answer_to_purchase(request, task_id, fault)

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
        outcome = self.faults.outcomes.popleft() if self.faults.outcomes else None
        self._tasks[task_id] = new_task(submission, self.pace, outcome, self._chance, time.time())
        making = asyncio.create_task(self._make(self._tasks[task_id], order.pictures))
        self._making.add(making)
        making.add_done_callback(self._making.discard)

    async def _make(self, task: VideoTask, pictures: tuple[Path, ...]) -> None:
        made = task.submission
        order = VideoSpec.of_request(
            made.task_id, made.prompt, made.seconds, made.size, made.resolution, pictures
        )
        task.video = await self._factory.make(order)

    async def _task(self, request: web.Request, fault: Fault | None) -> web.StreamResponse:
        task = self._tasks.get(request.match_info["task_id"])
        if task is None:
            return error(404, "task_not_found", "任务不存在")
        self.request_log.polls[task.submission.task_id] += 1
        state = task.state(asyncio.get_running_loop().time())
        return json_answer(state if isinstance(fault, BareShape) else {"data": state})

    async def _content(self, request: web.Request, fault: Fault | None) -> web.StreamResponse:
        task = self._tasks.get(request.match_info["task_id"])
        if task is None or not self._has_video(task):
            return error(404, "content_not_found", "视频不存在")
        self.request_log.downloads[task.submission.task_id] += 1
        match fault:
            case Truncated(part, honest_length):
                return await self._part(request, task, part, honest_length=honest_length)
            case JsonInstead():
                return json_answer({"url": "https://example.invalid/video.mp4"})
            case _ if self.redirect_content:
                location = f"{self._other_origin}/files/{task.submission.task_id}"
                return web.Response(status=302, headers={"Location": location})
            case _:
                return web.FileResponse(_video_of(task), headers={"Content-Type": "video/mp4"})

    def _has_video(self, task: VideoTask) -> bool:
        done = task.state(asyncio.get_running_loop().time())["status"] == "completed"
        return done and task.video is not None and task.outcome in {None, TaskOutcome.STRANGE_STATUS}

    async def _part(
        self, request: web.Request, task: VideoTask, part: float, *, honest_length: bool
    ) -> web.StreamResponse:
        whole = await asyncio.to_thread(_video_of(task).read_bytes)
        sent = whole[: int(len(whole) * part)]
        length = len(sent) if honest_length else len(whole)
        response = web.StreamResponse(headers={"Content-Type": "video/mp4", "Content-Length": str(length)})
        await response.prepare(request)
        await response.write(sent)
        if not honest_length:
            cut(request)
        return response

    async def _file(self, request: web.Request) -> web.StreamResponse:
        if "Authorization" in request.headers:
            self.request_log.violations.append("the key was sent to another host")
            return web.Response(status=400)
        task = self._tasks.get(request.match_info["task_id"])
        if task is None or task.video is None:
            return web.Response(status=404)
        return web.FileResponse(task.video, headers={"Content-Type": "video/mp4"})


def _answer_to_purchase(request: web.Request, task_id: str, fault: Fault | None) -> web.Response:
    match fault:
        case DropAfterAcceptance():
            return dropped(request)
        case ErrorAfterAcceptance(status):
            return error(status, "internal_error", "服务内部错误")
        case NoTaskId():
            return json_answer({"data": {"status": "queued"}})
        case BareShape():
            return json_answer({"id": task_id, "task_id": task_id, "status": "queued"})
        case _:
            return json_answer({"data": {"id": task_id, "task_id": task_id, "status": "queued"}})


def _video_of(task: VideoTask) -> Path:
    if task.video is None:
        raise web.HTTPNotFound
    return task.video


def _listening_socket(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((_HOST, port))
    return listening
