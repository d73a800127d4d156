"""Several gateways: they divide the shards and the leader's tasks, whoever of them dies or stands still."""

import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.sandbox.discord import Channel
from bot.sandbox.discord.snowflakes import shard_of
from tests.chaos.crew import Crew, crew
from tests.postgresql.outside import rows_of
from tests.postgresql.server import PostgresqlServer

SHARDS = 4
BACK_WITHIN_S = 90.0


@pytest.fixture
async def running(postgresql: PostgresqlServer, tmp_path: Path) -> AsyncGenerator[Crew]:
    with postgresql.new_database() as name:
        async with crew(tmp_path, postgresql.url(name)) as made:
            gateway = made.sandbox.discord.gateway
            # A second less than Discord's, as messages are late on a busy machine.
            gateway.shards, gateway.max_concurrency, gateway.identify_interval_s = SHARDS, 2, 4.0
            yield made


def channels(crew: Crew) -> list[Channel]:
    """A channel of each shard, in a server where the user is."""
    found: dict[int, Channel] = {}
    while len(found) < SHARDS:
        guild = crew.sandbox.discord.add_guild("Server")
        guild.join(crew.user)
        found.setdefault(shard_of(guild.id, SHARDS), guild.add_channel("general"))
    return list(found.values())


def groups(crew: Crew, name: str) -> str:
    """The groups that a process has, as it logged last."""
    lines = [line for line in crew.log(name).read_text("utf-8").splitlines() if "shard_groups_held" in line]
    return lines[-1].partition('"groups": [')[2].partition("]")[0] if lines else ""


def share(crew: Crew, name: str) -> int:
    return len(groups(crew, name).split(", ")) if groups(crew, name) else 0


async def ready(crew: Crew, timeout_s: float) -> None:
    shards = set(range(SHARDS))
    await crew.until(
        lambda: crew.sandbox.discord.gateway.ready_shards() == shards, "all shards", timeout_s=timeout_s
    )


async def answered_everywhere(crew: Crew, everywhere: list[Channel]) -> None:
    """Have each shard answer a command. The sandbox takes a second answer as a violation."""
    for channel in everywhere:
        reply = await crew.sandbox.discord.invoke("about", user=crew.user, channel=channel)
        await reply.wait_for(lambda shown: "servers" in shown.text(), 60)
    assert crew.sandbox.discord.violations == []


def order(crew: Crew) -> int:
    """Leave an order for the leader, which looks every ten seconds."""
    columns, values = "(job_id, action, ordered_at)", "('none', 'not_bought', 0)"
    statement = f"INSERT INTO operator_orders {columns} VALUES {values} RETURNING id"  # noqa: S608 - constants
    (row,) = rows_of(crew.database_url, crew.folder, statement)
    return int(row["id"])


def carried_out(crew: Crew, number: int) -> bool:
    asked = f"SELECT done_at FROM operator_orders WHERE id = {number}"  # noqa: S608 - a number
    (row,) = rows_of(crew.database_url, crew.folder, asked)
    return row["done_at"] is not None


def times_logged(crew: Crew, event: str) -> int:
    logs = [crew.log(name).read_text("utf-8") for name in ("first", "second")]
    return sum(log.count(f'"{event}"') for log in logs)


def leader(crew: Crew) -> str | None:
    """The name of the process that has the lease."""
    rows = rows_of(crew.database_url, crew.folder, "SELECT holder FROM leader_lease")
    pids = {str(process.pid): name for name, process in crew.processes.items()}
    return pids.get(rows[0]["holder"].split(":")[1]) if rows else None


@pytest.mark.slow
async def test_gateways_share_the_shards_and_take_over_those_of_one_that_died(running: Crew) -> None:
    everywhere = channels(running)
    await running.start("gateway", "first")
    await running.start("gateway", "second")
    await ready(running, 60)
    await running.until(lambda: (share(running, "first"), share(running, "second")) == (2, 2), "even shares")
    await ready(running, BACK_WITHIN_S)
    await answered_everywhere(running, everywhere)
    gateway = running.sandbox.discord.gateway
    assert gateway.identifies_refused == 0
    await running.kill("first")
    await running.until(lambda: share(running, "second") == SHARDS, "the takeover", BACK_WITHIN_S)
    await ready(running, BACK_WITHIN_S)
    # Turns end with their process: where it has identified right before its end, its successor is refused once.
    refused = gateway.identifies_refused
    assert refused <= SHARDS // 2
    await answered_everywhere(running, everywhere)
    await running.start("gateway", "third")
    await running.until(lambda: (share(running, "second"), share(running, "third")) == (2, 2), "even shares")
    await ready(running, BACK_WITHIN_S)
    await answered_everywhere(running, everywhere)
    assert gateway.identifies_refused == refused
    for name in ("second", "third"):
        assert await running.stop(name) == 0


@pytest.mark.slow
async def test_a_gateway_that_stood_still_leaves_to_others_what_they_took(running: Crew) -> None:
    everywhere = channels(running)
    for name in ("first", "second"):
        await running.start("gateway", name)
    await running.until(lambda: (share(running, "first"), share(running, "second")) == (2, 2), "even shares")
    await ready(running, BACK_WITHIN_S)
    frozen = leader(running)
    assert frozen is not None
    other = "second" if frozen == "first" else "first"
    running.processes[frozen].send_signal(signal.SIGSTOP)
    await running.until(
        lambda: leader(running) == other and share(running, other) == SHARDS, "the takeover", BACK_WITHIN_S
    )
    during = order(running)
    await running.until(lambda: carried_out(running, during), "an order", 60)
    running.processes[frozen].send_signal(signal.SIGCONT)
    await running.until(lambda: running.said(frozen, "leading_no_more"), "the end of its lead", 60)
    await running.until(lambda: (share(running, "first"), share(running, "second")) == (2, 2), "even shares")
    await ready(running, BACK_WITHIN_S)
    await answered_everywhere(running, everywhere)
    after = order(running)
    await running.until(lambda: carried_out(running, after), "another order", 60)
    # The row says so a moment before the log does.
    await running.until(lambda: times_logged(running, "order_carried_out") >= 2, "both orders")
    assert times_logged(running, "order_carried_out") == 2
