"""Servers that a process has to ask about: what a worker posts for their moderators, and where."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from discord.http import Route
from sqlalchemy import text
from structlog.testing import capture_logs

from bot.delivery.breaker import InvalidRequestBreaker
from bot.jobs.job import JobState
from bot.moderation.audit.entries import AuditAction, AuditEntry, RecordedEntry
from bot.moderation.audit.log import AuditLog
from bot.moderation.rules import ServerRules
from bot.moderation.servers.cache import RuleCache
from bot.moderation.servers.store import RuleStore
from bot.reviews.case import ReviewCase
from bot.reviews.review import Review, ReviewState, ReviewSubject
from bot.sandbox.discord import DiscordSandbox, Guild
from bot.storage.database import Database
from bot.storage.opening import open_database
from bot.texts.moderation import NO_RECORD
from bot.video import Preset, VideoRequest
from cogs.moderation.log_channel import LogChannel
from cogs.moderation.review_channel import DiscordReviewChannel
from cogs.worker_client import WorkerClient
from tests.jobs.builders import a_job
from tests.postgresql.server import PostgresqlServer
from tests.postgresql.sharing import shared
from tests.storage.new_database import place_new_database

NOW = datetime.now(UTC)
WITHIN_S = 60.0


@pytest.fixture
async def sandbox(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[DiscordSandbox]:
    async with DiscordSandbox() as running:
        monkeypatch.setattr(Route, "BASE", running.api_url)
        yield running
        assert running.violations == []


@pytest.fixture
async def client(sandbox: DiscordSandbox, tmp_path: Path) -> AsyncGenerator[WorkerClient]:
    async with WorkerClient(tmp_path, aiohttp.TraceConfig()) as made:
        await made.log_in(sandbox.token, print)
        yield made


class Worker:
    """The moderation of a worker: its copy of the rules, and what it posts for moderators."""

    def __init__(self, client: WorkerClient, database: Database) -> None:
        self.log = AuditLog(database, self._mirror)
        self.rules = RuleCache(RuleStore(database), self.log, lambda: NOW)
        self.reviews = DiscordReviewChannel(client, self.rules, InvalidRequestBreaker(time.monotonic))
        self._log_channel = LogChannel(client, self.rules)

    def _mirror(self, recorded: RecordedEntry) -> None:
        self._log_channel.tell(recorded)

    @asynccontextmanager
    async def mirroring(self) -> AsyncGenerator[None]:
        """Send what the log tells to the servers' log channels until the block ends."""
        sending = asyncio.create_task(self._log_channel.run())
        try:
            yield
        finally:
            sending.cancel()
            await asyncio.wait([sending])


@pytest.fixture
async def worker(client: WorkerClient, tmp_path: Path) -> AsyncGenerator[Worker]:
    place_new_database(tmp_path)
    async with open_database(None, tmp_path) as database:
        yield Worker(client, database)


def question(guild: Guild, video: Path) -> ReviewCase:
    """If a finished spicy video may be posted."""
    asked = Review(
        "a" * 32, "job-1", guild.id, 2, ReviewSubject.POSTING, ReviewState.OPEN, NOW, NOW + timedelta(hours=1)
    )
    job = replace(a_job(state=JobState.READY), request=VideoRequest(prompt="a boat", preset=Preset.SPICY))
    video.write_bytes(b"film")
    return ReviewCase(asked, job, NO_RECORD, 1, video)


def line(guild: Guild) -> AuditEntry:
    return AuditEntry(guild.id, NOW, AuditAction.TRUSTED, 1, 2, reason="here")


@pytest.mark.parametrize("archived", [False, True])
async def test_moderators_are_asked_in_a_thread(
    sandbox: DiscordSandbox,
    worker: Worker,
    tmp_path: Path,
    archived: bool,  # noqa: FBT001
) -> None:
    guild = sandbox.add_guild("Server")
    thread = guild.add_channel("moderation", nsfw=True).add_thread("reviews")
    thread.set_archived(archived)
    await worker.rules.change(guild.id, ServerRules(review_channel_id=thread.id))
    placed = await worker.reviews.put(question(guild, tmp_path / "video.mp4"))
    assert placed == (thread.id, thread.messages[0].id)
    assert thread.messages[0].versions[-1].videos
    assert not thread.archived


@pytest.mark.parametrize("archived", [False, True])
async def test_a_log_in_a_thread_has_the_lines_of_workers(
    sandbox: DiscordSandbox,
    worker: Worker,
    archived: bool,  # noqa: FBT001
) -> None:
    guild = sandbox.add_guild("Server")
    thread = guild.add_channel("moderation").add_thread("log")
    thread.set_archived(archived)
    await worker.rules.change(guild.id, ServerRules(log_channel_id=thread.id))
    async with worker.mirroring():
        await worker.log.append(line(guild))
        await thread.wait_for_message(lambda shown: "here" in shown.text(), WITHIN_S)


@pytest.fixture
async def deaf(
    client: WorkerClient, postgresql: PostgresqlServer
) -> AsyncGenerator[tuple[Worker, Worker, Database]]:
    """A worker that does not hear what the other process changes, that one, and the worker's database."""
    with postgresql.new_database() as name:
        address = postgresql.address(name)
        async with shared(address) as database, shared(address) as elsewhere:
            yield Worker(client, database), Worker(client, elsewhere), database


async def test_who_hears_of_no_change_posts_where_moderators_want_it_all_the_same(
    sandbox: DiscordSandbox, deaf: tuple[Worker, Worker, Database], tmp_path: Path
) -> None:
    worker, elsewhere, database = deaf
    guild = sandbox.add_guild("Server")
    public, reviews, lines = (guild.add_channel(name) for name in ("public", "reviews", "lines"))
    rules = ServerRules(review_channel_id=public.id, log_channel_id=public.id)
    await elsewhere.rules.change(guild.id, rules)
    await worker.rules.load()
    await elsewhere.rules.change(guild.id, ServerRules(review_channel_id=reviews.id, log_channel_id=lines.id))
    async with worker.mirroring():
        await worker.log.append(line(guild))
        await lines.wait_for_message(lambda shown: "here" in shown.text(), WITHIN_S)
    case = question(guild, tmp_path / "video.mp4")
    assert await worker.reviews.put(case) == (reviews.id, reviews.messages[0].id)
    assert public.messages == []
    await database.close()
    assert await worker.reviews.put(replace(case, review=replace(case.review, id="b" * 32))) is None
    assert [len(reviews.messages), len(sandbox.dm(guild.owner).messages)] == [1, 0]


async def test_lines_wait_while_nobody_knows_where_they_belong(
    sandbox: DiscordSandbox, deaf: tuple[Worker, Worker, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cogs.moderation.log_channel._READ_AGAIN_AFTER_S", 0.01)
    worker, _, database = deaf
    guild = sandbox.add_guild("Server")
    lines = guild.add_channel("lines")
    await worker.rules.change(guild.id, ServerRules(log_channel_id=lines.id))
    with capture_logs() as logged:
        await database.write_one(text("ALTER TABLE servers RENAME TO servers_away"))
        async with worker.mirroring():
            await worker.log.append(line(guild))
            async with asyncio.timeout(WITHIN_S):
                while not any(one["event"] == "log_waits" for one in logged):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            assert lines.messages == []
            await database.write_one(text("ALTER TABLE servers_away RENAME TO servers"))
            await lines.wait_for_message(lambda shown: "here" in shown.text(), WITHIN_S)
