"""Gateways, workers and their server are killed and stopped at every state: nothing is bought twice or lost."""

from pathlib import Path

import pytest

from tests.chaos.scale_run import LIMITS
from tests.chaos.scale_verdict import struck
from tests.postgresql.server import postgresql_server

_BLOWS = 60


@pytest.mark.slow
async def test_blows_to_any_process_lose_nothing_and_buy_nothing_twice(tmp_path: Path) -> None:
    # A server of its own: it is crashed.
    with postgresql_server() as server:
        verdict = await struck(tmp_path, server, seed=1, blows=_BLOWS)
    assert verdict.clean, verdict.told
    assert verdict.record.kills == _BLOWS
    assert verdict.findings.delivered >= _BLOWS // 2
    assert verdict.processes.takeovers_s
    assert verdict.record.refused
    # What is never used up proves nothing.
    assert (verdict.limits.most["person"], verdict.limits.most["total"]) == (LIMITS.per_person, LIMITS.total)
