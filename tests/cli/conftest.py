"""The command line as an operator uses it: a child process, in a folder of its own, against the sandbox."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.sandbox.dimilinks import Pace
from bot.sandbox.film import SampleStudio
from bot.sandbox.sandbox import Sandbox
from tests.cli.shell import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return Shell(folder)


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncGenerator[Sandbox]:
    """Both services, quick."""
    async with Sandbox(SampleStudio(tmp_path / "films"), pace=Pace(queue_s=0.1, generate_s=0.5)) as opened:
        yield opened
        assert opened.discord.violations == []
        assert opened.dimilinks.books.violations == []
