"""Files in a bucket: a bot that has them there, and its disk emptied."""

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from bot.files.store import StoreTimes
from tests.e2e.actors.harness import QUICK, Harness
from tests.files.s3_server import S3Server

QUICK_STORE = replace(
    QUICK,
    expire_after_s=120.0,
    timeouts=replace(QUICK.timeouts, files_s=1.0),
    store_times=StoreTimes(request_s=2.0, retry_s=0.2, deletions_s=0.1),
)


@asynccontextmanager
async def with_bucket(harness: Harness, **settings: Any) -> AsyncGenerator[S3Server]:
    """Have the bot keep its files in a bucket from now on."""
    async with S3Server().running() as server:
        await harness.restart(**server.environment(), **settings)
        yield server
        await harness.stop()


def empty_disk(harness: Harness) -> None:
    """Delete all pictures and videos of this machine, as another one would have none."""
    for name in ("media", "spool"):
        shutil.rmtree(harness.data_dir / name)


async def elsewhere(harness: Harness) -> None:
    """Stop the bot and start it where no file is."""
    await harness.stop()
    empty_disk(harness)
    await harness.start()
