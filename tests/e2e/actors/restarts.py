"""Tests that run twice: at once, and after a restart of the bot; and cases for the slow tests alone."""

from typing import Any

import pytest

from tests.e2e.actors.harness import Harness

AT_ONCE_AND_AFTER_A_RESTART = pytest.mark.parametrize(
    "restarted",
    [pytest.param(False, id="at once"), pytest.param(True, id="after a restart", marks=pytest.mark.slow)],
)


def slow(*values: Any) -> Any:
    """Parameters of a case that repeats what another one shows."""
    return pytest.param(*values, marks=pytest.mark.slow)


async def meanwhile(harness: Harness, *, restarted: bool) -> None:
    """Restart the bot, if that is what is tested."""
    if restarted:
        await harness.restart()
