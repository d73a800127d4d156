"""Fixtures of tests about deployed bots."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.sandbox.dimilinks import TaskPace
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.video_factory import SampleVideoFactory
from tests.patience import ACK_DEADLINE_S


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncGenerator[Sandbox]:
    async with Sandbox(
        SampleVideoFactory(tmp_path / "films"),
        pace=TaskPace(queue_s=0.1, generate_s=0.5),
        ack_deadline_s=ACK_DEADLINE_S,
    ) as opened:
        yield opened
