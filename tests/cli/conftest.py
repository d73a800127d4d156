"""The command line as an operator uses it: a child process, in a folder of its own, against the sandbox."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.sandbox.dimilinks import TaskPace
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.video_factory import SampleVideoFactory
from tests.cli.shell import Shell
from tests.patience import ACK_DEADLINE_S


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return Shell(folder)


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncGenerator[Sandbox]:
    """Both services, quick."""
    async with Sandbox(
        SampleVideoFactory(tmp_path / "films"),
        pace=TaskPace(queue_s=0.1, generate_s=0.5),
        ack_deadline_s=ACK_DEADLINE_S,
    ) as opened:
        yield opened
        assert opened.discord.violations == []
        assert opened.dimilinks.request_log.violations == []
