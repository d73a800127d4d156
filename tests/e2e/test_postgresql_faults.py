"""A PostgreSQL server that dies, freezes or loses connections: each video is bought and shown once."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from bot.sandbox.dimilinks import SlowAnswer, TaskPace
from bot.sandbox.discord import DiscordFault, Reply
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.video_factory import SampleVideoFactory
from bot.texts import explanations
from tests.cli.shell import Shell, asked
from tests.e2e.actors.harness import TIMEOUT_S, Harness, open_harness
from tests.e2e.actors.records import assert_log_unbroken
from tests.e2e.actors.restarts import slow
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, finish, in_line
from tests.patience import ACK_DEADLINE_S
from tests.postgresql.outside import rows_of
from tests.postgresql.proxy import Break, Proxy, proxy_to
from tests.postgresql.server import PostgresqlServer

DEAD_FOR_S: Final = 2.0
FROZEN_FOR_S: Final = 13.0
"""Longer than a connection (10 s), a lock (10 s) and the search for a lost commit's outcome may take."""
PROMPT: Final = "a paper boat"
UNKNOWN: Final = "The operator may have paid for it; I cannot tell."
Begin = Callable[[Harness], Awaitable[list[Reply]]]
"""Brings requests into a state; their replies."""


@pytest.fixture
async def database(postgresql: PostgresqlServer) -> AsyncGenerator[str]:
    """The name of a new database."""
    with postgresql.new_database() as name:
        yield name


@pytest.fixture
async def proxy(postgresql: PostgresqlServer) -> AsyncGenerator[Proxy]:
    """The bot's way to the server."""
    async with proxy_to(postgresql.port) as made:
        yield made


@pytest.fixture
async def harness(
    tmp_path: Path, postgresql: PostgresqlServer, database: str, proxy: Proxy
) -> AsyncGenerator[Harness]:
    """A running bot that makes one video at a time, with its database on the server."""
    url, proxy_url = postgresql.url(database), postgresql.url(database, port=proxy.port)
    async with open_harness(tmp_path, url, proxy_url=proxy_url, jobs_at_once=1) as opened:
        yield opened
        assert_log_unbroken(opened)


async def queued(harness: Harness) -> list[Reply]:
    return [await being_made(harness, PROMPT), await in_line(harness, "another")]


async def submitting(harness: Harness) -> list[Reply]:
    """The request was taken, and its answer comes while the server is away."""
    harness.sandbox.dimilinks.faults.submit.append(SlowAnswer(2.0))
    reply = await harness.video(PROMPT)
    await until(lambda: harness.bought == 1)
    assert [row["state"] for row in harness.rows("state")] == ["submitting"]
    return [reply]


async def generating(harness: Harness) -> list[Reply]:
    return [await being_made(harness, PROMPT)]


async def delivering(harness: Harness) -> list[Reply]:
    """Discord has the video, and answers while the server is away."""
    reply = await being_made(harness, PROMPT)
    upload = DiscordFault("PATCH /webhooks/*", answer_delay_s=2.0, times=99)
    harness.sandbox.discord.faults.append(upload)
    finish(harness, PROMPT)
    await until(lambda: bool(reply.current.videos))
    harness.sandbox.discord.faults.clear()
    return [reply]


async def all_delivered_once(harness: Harness, replies: list[Reply]) -> None:
    """Every request is paid for once, and its video is shown once."""
    finish_all(harness)
    for reply in replies:
        await reply.wait_for_video(TIMEOUT_S)
    await until(lambda: all(row["settled_at"] for row in harness.rows("settled_at")))
    assert [row["state"] for row in harness.rows("state")] == ["delivered"] * len(replies)
    prompts = [made.prompt for made in harness.sandbox.dimilinks.request_log.submissions]
    assert sorted(prompts) == sorted(set(prompts))
    assert len(harness.submissions_sent) == len(replies)
    for reply in replies:
        assert reply.current.videos
        assert not reply.followups
    shown = [video for one in harness.channel.messages if not one.deleted for video in one.current.videos]
    assert len(shown) == len(replies)


def finish_all(harness: Harness) -> None:
    """Have what was held end, also what is bought only later."""
    if any(made.prompt == PROMPT for made in harness.sandbox.dimilinks.request_log.submissions):
        finish(harness, PROMPT)


@asynccontextmanager
async def away(fault: AbstractContextManager[None]) -> AsyncGenerator[None]:
    """Have a fault last for the block, beside the bot."""
    await asyncio.to_thread(fault.__enter__)
    try:
        yield
    finally:
        await asyncio.to_thread(fault.__exit__, None, None, None)


@pytest.mark.parametrize("begin", [slow(queued), slow(submitting), generating, slow(delivering)])
@pytest.mark.postgresql
async def test_a_server_that_is_killed_and_started_again(
    harness: Harness, postgresql: PostgresqlServer, begin: Begin
) -> None:
    replies = await begin(harness)
    async with away(postgresql.killed()):
        await asyncio.sleep(DEAD_FOR_S)
    await all_delivered_once(harness, replies)


@pytest.mark.slow
@pytest.mark.parametrize("begin", [queued, submitting, generating, delivering])
async def test_a_server_that_stands_still_for_a_while(
    harness: Harness, postgresql: PostgresqlServer, begin: Begin
) -> None:
    replies = await begin(harness)
    finish_all(harness)
    async with away(postgresql.frozen()):
        await asyncio.sleep(FROZEN_FOR_S)
    await all_delivered_once(harness, replies)


@pytest.mark.slow
@pytest.mark.parametrize("fault", [PostgresqlServer.killed, PostgresqlServer.frozen])
async def test_a_request_while_the_server_is_away_is_answered_at_once(
    harness: Harness,
    postgresql: PostgresqlServer,
    fault: Callable[[PostgresqlServer], AbstractContextManager[None]],
) -> None:
    replies = await generating(harness)
    async with away(fault(postgresql)):
        late = await harness.video("meanwhile", user=harness.member("bea"))
        await late.wait_for_answer(TIMEOUT_S)
        await asyncio.sleep(DEAD_FOR_S)
    finish_all(harness)
    ended = await harness.ended(late)
    assert ended.videos or explanations.NOT_KEPT.english in ended.text()
    await all_delivered_once(harness, [*replies, late] if ended.videos else replies)


@pytest.mark.slow
@pytest.mark.parametrize("begin", [queued, submitting, generating, delivering])
async def test_sessions_that_an_administrator_ends(
    harness: Harness, postgresql: PostgresqlServer, database: str, begin: Begin
) -> None:
    replies = await begin(harness)
    for _ in range(3):
        await asyncio.to_thread(postgresql.end_sessions, database)
        await asyncio.sleep(0.3)
    await all_delivered_once(harness, replies)


@pytest.mark.slow
@pytest.mark.parametrize("how", Break)
@pytest.mark.parametrize(("before", "after"), [("queued", "submitting"), ("submitting", "generating")])
async def test_a_connection_that_breaks_at_a_commit_of_the_purchase(
    harness: Harness, proxy: Proxy, how: Break, before: str, after: str
) -> None:
    """At the commit before the request to the service, and at that of the task's id."""
    proxy.breaking, proxy.wrote = how, after.encode()
    reply = await harness.video(PROMPT)
    async with asyncio.timeout(TIMEOUT_S):
        await proxy.broken.wait()
    (row,) = harness.rows("state")
    assert row["state"] == (after if how is Break.AFTER_COMMIT else before)
    assert harness.bought == (after == "generating")
    await all_delivered_once(harness, [reply])


@pytest.mark.slow
@pytest.mark.parametrize("state", ["submitting", "generating"])
async def test_a_commit_of_the_purchase_that_is_kept_while_the_server_dies(
    harness: Harness, postgresql: PostgresqlServer, proxy: Proxy, state: str
) -> None:
    """The server can no longer tell that it is this commit which was kept."""
    proxy.breaking, proxy.wrote, proxy.refuses_afterwards = Break.AFTER_COMMIT, state.encode(), True
    reply = await harness.video(PROMPT)
    async with asyncio.timeout(TIMEOUT_S):
        await proxy.broken.wait()
    async with away(postgresql.killed()):
        assert harness.bought == (state == "generating")
    proxy.refusing.clear()
    await all_delivered_once(harness, [reply])


async def state_of(url: str, folder: Path, state: str) -> None:
    await until(lambda: [row["state"] for row in rows_of(url, folder, "SELECT state FROM jobs")] == [state])


@pytest.mark.slow
@pytest.mark.parametrize("state", ["submitting", "generating", "delivering"])
async def test_a_process_that_stood_still_while_another_took_over_ends_and_changes_nothing(
    tmp_path: Path, postgresql: PostgresqlServer, database: str, state: str
) -> None:
    """The server gave up the session of the process that stood still, as of a host that is gone."""
    url = postgresql.url(database)
    async with Sandbox(
        SampleVideoFactory(tmp_path / "films"), pace=TaskPace(0.1, 1.0), ack_deadline_s=ACK_DEADLINE_S
    ) as sandbox:
        shell, environment = Shell(tmp_path), {**sandbox.environment, "DATABASE_URL": url}
        if state == "submitting":
            sandbox.dimilinks.faults.submit.append(SlowAnswer(30.0))
        if state == "delivering":
            sandbox.discord.faults.append(DiscordFault("PATCH /webhooks/*", answer_delay_s=10.0, times=99))
        first = await shell.start("run", environment=environment)
        reply = await asked(sandbox)
        await state_of(url, tmp_path, state)
        await until(lambda: len(sandbox.dimilinks.request_log.submissions) == 1)
        if state == "delivering":
            await until(lambda: bool(reply.current.videos))
        first.send_signal(signal.SIGSTOP)
        sandbox.discord.faults.clear()
        await asyncio.to_thread(postgresql.end_sessions, database)
        second = await shell.start("run", environment=environment)
        await reply.wait_for(lambda seen: UNKNOWN in seen.text() or bool(seen.videos), TIMEOUT_S)
        await state_of(url, tmp_path, "unknown" if state == "submitting" else "delivered")
        first.send_signal(signal.SIGCONT)
        ended = await shell.ended(first)
        assert (ended.status, "another process carries this one's jobs on" in ended.err) == (1, True)
        second.terminate()
        assert (await shell.ended(second)).status == 0
        assert len(sandbox.dimilinks.request_log.submissions) == 1
        assert bool(reply.current.videos) is (state != "submitting")
        assert not reply.followups
