"""Fixtures of the end-to-end tests.

The marker `started_with` gives the arguments of `open_harness` for the bot of a test or of a whole module.
"""

from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.actors import reports
from tests.e2e.actors.harness import Harness, open_harness
from tests.e2e.actors.records import assert_log_unbroken
from tests.e2e.actors.timing import MovableClock

HERE = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers", "started_with(**arguments): how the bot of an end-to-end test is started"
    )


_QUICK_OF_EACH_MODULE = 2
"""Tests of each module, its first ones, that `make test` runs; `make test-all` runs all."""
_ALSO_ON_A_SERVER = frozenset(
    f"test_{name}.py"
    for name in (
        *("api_faults", "approvals", "discord_faults", "durability"),
        *("hiding", "look_again", "reports", "second_chances"),
    )
)
"""Modules whose tests run on PostgreSQL in `make test-all`: where money and decisions are. All others would double
its time, and run by `--database=postgresql`."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep end-to-end tests from PostgreSQL unless they are chosen for it, and the quick run short."""
    if config.getoption("--database") == "both":
        items[:] = [item for item in items if not _is_left_out(item)]
    quick: Counter[Path] = Counter()
    for item in items:
        if HERE not in item.path.parents or item.get_closest_marker("slow") is not None:
            continue
        quick[item.path] += 1
        if quick[item.path] > _QUICK_OF_EACH_MODULE:
            item.add_marker("slow")


def _is_left_out(item: pytest.Item) -> bool:
    if (
        HERE not in item.path.parents
        or not isinstance(item, pytest.Function)
        or not hasattr(item, "callspec")
    ):
        return False
    if item.callspec.params.get("database_url") != "postgresql":
        return False
    marked = item.get_closest_marker("postgresql") is not None
    slow = len([*item.iter_markers("slow")]) > 1  # one of them is for the kind of database
    return not marked and (slow or item.path.name not in _ALSO_ON_A_SERVER)


@pytest.fixture
def clock() -> MovableClock:
    """The bot's clock."""
    return MovableClock()


@pytest.fixture
async def harness(
    tmp_path: Path, clock: MovableClock, database_url: str | None, request: pytest.FixtureRequest
) -> AsyncGenerator[Harness]:
    """A running bot in a server, with waits short enough for tests; afterwards its audit log verifies."""
    arguments: dict[str, Any] = {"now": clock}
    for marker in reversed([*request.node.iter_markers("started_with")]):
        arguments |= marker.kwargs
    async with open_harness(tmp_path, database_url, **arguments) as opened:
        yield opened
        assert_log_unbroken(opened)


@pytest.fixture
async def reports_are_reviewed(harness: Harness) -> None:
    """The server hides videos that two people reported, and asks its moderators about them."""
    await reports.rule(harness)
