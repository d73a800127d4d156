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
        await worker.log.append(AuditEntry(guild.id, NOW, AuditAction.TRUSTED, 1, 2, reason="here"))
        await thread.wait_for_message(lambda shown: "here" in shown.text(), WITHIN_S)
