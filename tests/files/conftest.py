"""Fixtures: a bucket, and the files that a bot has in it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.files.bucket import Bucket
from bot.settings import load
from tests.files.s3_server import QUICK_TIMES, S3Server


@pytest.fixture
async def server() -> AsyncGenerator[S3Server]:
    async with S3Server().running() as running:
        yield running


@pytest.fixture
def bucket(server: S3Server, tmp_path: Path) -> Bucket:
    return Bucket(load({**server.environment(), "data_dir": tmp_path / "data"}, env_file=None), QUICK_TIMES)
