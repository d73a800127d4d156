"""Opens what is outside the process (database, sessions, folders) and closes it; runs the bot upon it."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import aiohttp
import structlog
import yarl
from discord.asset import Asset
from discord.http import Route
from pydantic import SecretStr

from bot.delivery.breaker import InvalidRequestBreaker, refusal_trace
from bot.delivery.discord_messages import DiscordMessages
from bot.dimilinks import DimiLinks, Pace
from bot.files.local_files import LocalFiles
from bot.files.opening import open_files
from bot.files.store import FileStore
from bot.images.preparation import PicturePreparation, picture_pool
from bot.images.screening import Screening
from bot.images.spool import ReferenceSpool
from bot.jobs.common_folder import OtherFolderError, require_common_folder
from bot.jobs.postable_files import FileMarks, PostableFiles
from bot.lifecycle.held_requests import hold_requests
from bot.lifecycle.uploads import watch_uploads
from bot.metrics import Metrics
from bot.settings import BadConfigurationError, SettingProblem, Settings
from bot.storage.address import PostgresqlAddress
from bot.storage.database import Database
from bot.storage.opening import open_database
from bot.storage.postgresql import open_run_queue, open_standing_session
from bot.texts import console, console_files, console_marks
from bot.video_files.animating import VideoAnimating, animation_pool
from bot.video_files.credentials import ContentCredentials, signing_pool
from bot.video_files.facts import VideoFactsReader
from bot.video_files.finishing import VideoFinishing, finishing_pool
from bot.video_files.frames import VideoFrames, video_pool
from bot.wiring.app import App
from bot.wiring.marks import chosen_identity
from bot.wiring.roles import GatewayApp, Role, WorkerApp
from bot.wiring.screening import chosen_detector
from bot.wiring.tuning import Tuning
from cogs.client import Stillmotion
from cogs.gateway_client import GatewayClient
from cogs.shared.card_layout import card_layout
from cogs.worker_client import WorkerClient

__all__ = ["App", "Role", "Tuning", "open_api", "open_app", "open_spool"]

log: Final = structlog.get_logger(__name__)

_API_CONNECTIONS: Final = 100
_UPLOAD_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, connect=30.0, sock_read=120.0)
"""No total: `DiscordMessages` bounds each call by the size of what it carries."""


_COMPARE_WITHIN_S: Final = 20.0
"""Seconds after which a finished video is posted without a comparison with its request."""
_MIB_BYTES: Final = 1024 * 1024
_TUNING: Final = Tuning()
_CLIENTS: Final = {Role.ALONE: Stillmotion, Role.GATEWAY: GatewayClient, Role.WORKER: WorkerClient}


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _point_library_at(settings: Settings) -> None:
    # discord.py keeps these bases in class attributes and offers no other way to set them.
    Route.BASE = settings.discord_api_url
    scheme = yarl.URL(settings.discord_api_url).scheme
    Asset.BASE = f"{scheme}://{settings.discord_cdn_hosts[0]}"  # pyright: ignore[reportAttributeAccessIssue] - typed as one literal


def _required(name: str, secret: SecretStr | None) -> SecretStr:
    if secret is None:
        field = Settings.model_fields[name]
        raise BadConfigurationError((SettingProblem(name.upper(), f"missing; expected {field.description}"),))
    return secret


@asynccontextmanager
async def open_api(
    settings: Settings, pace: Pace | None = None, may_send: Callable[[], bool] | None = None
) -> AsyncGenerator[DimiLinks]:
    """A client of the video API, through which jobs submit only while `may_send()` is True.

    Raises `BadConfigurationError` without a key, or with one that cannot be sent.
    """
    key = _required("dimilinks_api_key", settings.dimilinks_api_key)
    trace = aiohttp.TraceConfig()
    if may_send is not None:
        hold_requests(trace, may_send)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=_API_CONNECTIONS),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trace_configs=[trace],
    ) as session:
        try:
            api = DimiLinks(session, base_url=yarl.URL(settings.dimilinks_base_url), api_key=key, pace=pace)
        except ValueError as error:
            problem = SettingProblem("DIMILINKS_API_KEY or DIMILINKS_BASE_URL", str(error))
            raise BadConfigurationError((problem,)) from None
        yield api


@asynccontextmanager
async def open_spool(settings: Settings, files: FileStore | None = None) -> AsyncGenerator[ReferenceSpool]:
    """The spool of reference images, with a session of its own towards Discord's file servers.

    Without `files` the pictures are in the data folder alone.
    """
    memory_bytes = settings.child_memory_mb * _MIB_BYTES
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        picture_pool(memory_bytes) as pictures,
        video_pool(memory_bytes) as videos,
    ):
        yield ReferenceSpool(
            session,
            files=files or LocalFiles(settings.spool_dir),
            allowed_hosts=settings.discord_cdn_hosts,
            pictures=PicturePreparation(pictures),
            frames=VideoFrames(videos),
        )


@asynccontextmanager
async def open_app(
    settings: Settings,
    *,
    tuning: Tuning = _TUNING,
    now: Callable[[], datetime] = _utc_now,
    role: Role = Role.ALONE,
) -> AsyncGenerator[App]:
    """The whole bot, connected but not started; leaving stops it cleanly.

    Raises `BadConfigurationError` for a missing token or key, something chosen that is not installed, or a data
    folder that cannot be written, and `StorageError` for a database that cannot be used.
    """
    token = _required("discord_token", settings.discord_token)
    _required("dimilinks_api_key", settings.dimilinks_api_key)
    detector = chosen_detector(settings, tuning.detector_paths)
    chosen_identity(settings, tuning.signing_paths)  # raises before anything is open
    log.info("image_check", detector=detector or "off")
    await asyncio.to_thread(_make_folders, settings)
    _point_library_at(settings)
    metrics = Metrics()
    async with AsyncExitStack() as stack:
        url = settings.database_url.get_secret_value() if settings.database_url is not None else None
        database = await stack.enter_async_context(
            open_database(url, settings.data_dir, sharing=role is not Role.ALONE, role=role.value)
        )
        if role is not Role.ALONE:
            await _require_common_folder(database, settings, now)
        job_files = open_files(settings, database, now, tuning.store_times)
        make_app = await _app_of(role, database, stack)
        rate = Pace(settings.api_requests_per_s, clock=asyncio.get_running_loop().time)
        breaker = InvalidRequestBreaker(asyncio.get_running_loop().time)
        trace = refusal_trace(breaker, metrics.breaker_tripped)
        hold_requests(trace, lambda: database.is_surely_own)
        watch_uploads(trace)
        bot = await stack.enter_async_context(
            _CLIENTS[role](settings.data_dir, trace, message_content=settings.message_content)
        )
        uploads = await stack.enter_async_context(
            aiohttp.ClientSession(
                timeout=_UPLOAD_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), trace_configs=[trace]
            )
        )
        # Apart from the children for pictures: nobody's file is to hold up a delivery.
        finished_videos = await stack.enter_async_context(
            video_pool(settings.child_memory_mb * _MIB_BYTES, within_s=_COMPARE_WITHIN_S)
        )
        finishing = await stack.enter_async_context(
            finishing_pool(settings.child_memory_mb * _MIB_BYTES, within_s=tuning.finish_within_s)
        )
        animations = await stack.enter_async_context(animation_pool(settings.child_memory_mb * _MIB_BYTES))
        marks = FileMarks(settings.file_mark, settings.visible_mark)
        credentials = await _open_credentials(settings, tuning, stack)
        screening = Screening(detector, import_paths=tuning.detector_paths)
        app = make_app(
            settings,
            tuning,
            token=token,
            bot=bot,
            database=database,
            rate=rate,
            api=await stack.enter_async_context(open_api(settings, rate, lambda: database.is_surely_own)),
            spool=await stack.enter_async_context(open_spool(settings, job_files.pictures)),
            facts=VideoFactsReader(finished_videos),
            job_files=job_files,
            files=PostableFiles(VideoFinishing(finishing, credentials), settings.media_dir, marks),
            animating=VideoAnimating(animations),
            screening=await stack.enter_async_context(screening),
            messages=DiscordMessages(bot, uploads, card_layout, breaker),
            breaker=breaker,
            metrics=metrics,
            now=now,
        )
        metrics.identify(role.value, app.jobs.owner)
        metrics.watch("discord_refused_requests", "Refused within ten minutes", lambda: breaker.refused)
        _serve_metrics(settings, metrics, stack)
        await app.load(stack)
        try:
            yield app
        finally:
            await app.stop()


async def _require_common_folder(database: Database, settings: Settings, now: Callable[[], datetime]) -> None:
    try:
        store = f"{settings.aws_endpoint_url} {settings.store_url}" if settings.has_store else None
        await require_common_folder(database, settings.data_dir, now, store=store)
    except OtherFolderError:
        problem = SettingProblem("DATA_DIR", console.OTHER_FOLDER)
        if settings.has_store:
            problem = SettingProblem("STORE_URL", console_files.OTHER_STORE)
        raise BadConfigurationError((problem,)) from None
    except OSError as error:
        problem = SettingProblem("DATA_DIR", f"cannot be used: {error.strerror}")
        raise BadConfigurationError((problem,)) from None


async def _app_of(role: Role, database: Database, stack: AsyncExitStack) -> Callable[..., App]:
    """Return what makes the app of a role."""
    if role is Role.ALONE or not isinstance(database.address, PostgresqlAddress):
        return App
    queue = await stack.enter_async_context(open_run_queue(database.address))
    if role is Role.WORKER:
        return partial(WorkerApp, queue=queue)
    session = await stack.enter_async_context(open_standing_session(database.address))
    return partial(GatewayApp, queue=queue, session=session)


async def _open_credentials(
    settings: Settings, tuning: Tuning, stack: AsyncExitStack
) -> ContentCredentials | None:
    """Return what signs videos, with its key made if need be; None if nothing is signed."""
    files = chosen_identity(settings, tuning.signing_paths) if tuning.signs_videos else None
    if files is None:
        log.info("content_credentials", on=False)
        return None
    pool = signing_pool(settings.child_memory_mb * _MIB_BYTES, tuning.signing_paths)
    credentials = ContentCredentials(await stack.enter_async_context(pool), files)
    prepared = await credentials.prepare()
    if prepared.fault:
        reason = console_marks.signing_fails(prepared.fault, settings.mark_key)
        log.warning("content_credentials_unusable", fault=prepared.fault, reason=reason)
    else:
        log.info("content_credentials", on=True, until=prepared.until)
    return credentials


def _serve_metrics(settings: Settings, metrics: Metrics, stack: AsyncExitStack) -> None:
    if settings.metrics_address is None:
        return
    url = yarl.URL(f"//{settings.metrics_address}")
    try:
        stop = metrics.serve(url.host or "", url.port or 0)
    except OSError as error:
        problem = SettingProblem("METRICS_ADDRESS", f"cannot be used: {error.strerror}")
        raise BadConfigurationError((problem,)) from None
    stack.callback(stop)


def _make_folders(settings: Settings) -> None:
    try:
        for folder in (settings.data_dir, settings.spool_dir, settings.media_dir):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        problem = SettingProblem("DATA_DIR", f"cannot be used: {error.strerror}")
        raise BadConfigurationError((problem,)) from None
    closed = closed_folder(settings)
    if closed is not None:
        # As root's after one start with sudo. Videos would be bought that cannot be kept.
        problem = SettingProblem("DATA_DIR", console.folder_closed(str(closed)))
        raise BadConfigurationError((problem,))


def closed_folder(settings: Settings) -> Path | None:
    """Return the first folder in the data folder that is there and that this user may not write into; or None."""
    own = (settings.data_dir, settings.spool_dir, settings.media_dir, settings.purchases_dir)
    for folder in own:
        with suppress(FileNotFoundError):
            folder.stat()
            if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
                return folder
    return None
