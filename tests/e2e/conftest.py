"""Fixtures of the end-to-end tests.

The marker `started_with` gives the arguments of `open_harness` for the bot of a test or of a whole module.
"""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.actors import reports
from tests.e2e.actors.harness import Harness, open_harness
from tests.e2e.actors.records import assert_log_unbroken
from tests.e2e.actors.timing import MovableClock


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers", "started_with(**arguments): how the bot of an end-to-end test is started"
    )


@pytest.fixture
def clock() -> MovableClock:
    """The bot's clock."""
    return MovableClock()


@pytest.fixture
async def harness(
    tmp_path: Path, clock: MovableClock, request: pytest.FixtureRequest
) -> AsyncGenerator[Harness]:
    """A running bot in a server, with waits short enough for tests; afterwards its audit log verifies."""
    arguments: dict[str, Any] = {"now": clock}
    for marker in reversed([*request.node.iter_markers("started_with")]):
        arguments |= marker.kwargs
    async with open_harness(tmp_path, **arguments) as opened:
        yield opened
        assert_log_unbroken(opened)


@pytest.fixture
async def reports_are_reviewed(harness: Harness) -> None:
    """The server hides videos that two people reported, and asks its moderators about them."""
    await reports.rule(harness)
