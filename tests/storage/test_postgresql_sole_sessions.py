"""What one process at a time does to the same thing: nobody waits for one that stands still, which notices it."""

import asyncio
import time

import psycopg
import pytest

from bot.storage.advisory_locks import ALONE_KEY, SoleWork
from bot.storage.errors import NotAloneError
from tests.postgresql.server import PostgresqlServer
from tests.postgresql.sharing import shared

pytestmark = pytest.mark.postgresql

_HELD = b"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND granted"


async def test_one_that_lost_its_session_knows_that_another_may_have_begun(
    postgresql: PostgresqlServer,
) -> None:
    with postgresql.new_database() as name:
        address = postgresql.address(name)
        async with (
            shared(address) as one,
            shared(address) as other,
            one.alone(SoleWork.TAKEDOWN, "a video") as confirm,
        ):
            await confirm()
            postgresql.end_sessions(name)
            async with other.alone(SoleWork.TAKEDOWN, "a video") as confirm_other:
                with pytest.raises(NotAloneError, match="takedown a video: another process is at it"):
                    await confirm()
                await confirm_other()


async def test_nobody_waits_for_one_that_stands_still(
    postgresql: PostgresqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.postgresql_sole_sessions.SILENT", b"SET idle_session_timeout = '2s'")
    monkeypatch.setattr("bot.storage.postgresql_sole_sessions._ASK_EVERY_S", 0.2)
    with postgresql.new_database() as name, psycopg.connect(postgresql.url(name), autocommit=True) as outside:
        async with (
            shared(postgresql.address(name)) as database,
            database.alone(SoleWork.TAKEDOWN, "a video") as confirm,
        ):
            await asyncio.sleep(3.0)  # longer than the server bears silence
            await confirm()
            stand_still_until_given_up(outside)
            with pytest.raises(NotAloneError):
                await confirm()


def stand_still_until_given_up(outside: psycopg.Connection) -> None:
    """Keep the whole process from doing anything; its connections stay open."""
    ends_s = time.monotonic() + 60
    while outside.execute(_HELD, (ALONE_KEY,)).fetchone() != (0,):
        assert time.monotonic() < ends_s
        time.sleep(0.05)
