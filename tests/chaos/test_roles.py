"""A gateway and workers: what is asked of one is made by another, whoever of them dies or stands still."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.cli.failure import ExitStatus
from bot.moderation.audit.log import AuditLog
from bot.moderation.rules import Gate, Mode, ServerRules
from bot.moderation.servers.cache import RuleCache
from bot.moderation.servers.store import RuleStore
from bot.sandbox.dimilinks import Hang, HttpError
from bot.storage.opening import open_database
from tests.chaos.crew import Crew, crew
from tests.e2e.actors.pictures import picture
from tests.files.s3_server import S3Server
from tests.postgresql.server import PostgresqlServer, postgresql_server

_BOTH_HAVE_LOOKED_S = 11.0
"""Each process looks every ten seconds if there is news of waits."""


@pytest.fixture
def url(postgresql: PostgresqlServer) -> Iterator[str]:
    with postgresql.new_database() as name:
        yield postgresql.url(name)


@pytest.fixture
async def running(url: str, tmp_path: Path) -> AsyncGenerator[Crew]:
    async with crew(tmp_path, url) as made:
        await made.start_all()
        yield made


async def test_what_the_gateway_accepts_a_worker_makes_also_when_the_gateway_is_gone(
    url: str, tmp_path: Path
) -> None:
    async with crew(tmp_path, url) as running:
        await running.start_all(workers=1)
        running.hold()
        reply = await running.ask("a boat")
        assert await running.in_state("generating") == "worker0"
        await running.kill("gateway")
        running.finish()
        await reply.wait_for_video(30)
        await running.until(lambda: running.jobs()[0]["settled_at"] is not None, "the end")
        assert running.bought == 1
        assert await running.stop("worker0") == ExitStatus.DONE


@pytest.mark.slow
async def test_a_worker_that_stops_hands_its_jobs_back(running: Crew) -> None:
    running.hold()
    reply = await running.ask("a boat")
    first = await running.in_state("generating")
    assert await running.stop(first) == ExitStatus.DONE
    await running.until(lambda: running.holder() not in {None, first}, "another worker", 8)
    running.finish()
    await reply.wait_for_video(30)
    assert running.bought == 1


@pytest.mark.slow
async def test_presses_reach_the_worker_that_runs_the_job(running: Crew) -> None:
    running.hold()
    reply = await running.ask("a boat")
    await running.in_state("generating")
    await reply.wait_for(lambda shown: "Making your video" in shown.text(), 60)
    discord = running.sandbox.discord
    asked = await discord.press(reply, "Cancel", user=running.user)
    await asked.wait_for(lambda shown: bool(shown.buttons), 60)
    await discord.press(asked, "Stop waiting", user=running.user)
    await reply.wait_for(lambda shown: "Cancelled" in shown.text(), 60)
    await running.until(lambda: running.jobs()[0]["settled_at"] is not None, "the end", 10)


@pytest.mark.slow
async def test_moderators_are_asked_by_a_worker_and_answered_by_the_gateway(url: str, tmp_path: Path) -> None:
    async with crew(tmp_path, url) as running:
        discord, guild = running.sandbox.discord, running.guild
        # In a thread, of which only a gateway is told.
        reviews = guild.add_channel("moderation", nsfw=True).add_thread("reviews")
        adult = guild.add_channel("adult", nsfw=True)
        moderator = discord.add_user("mo")
        guild.join(moderator, [guild.add_role("mo", ["manage_messages"])])
        async with open_database(url, tmp_path, sharing=True) as database:
            rules = RuleCache(RuleStore(database), AuditLog(database), lambda: datetime.now(UTC))
            modes = {Gate.SPICY: Mode.APPROVAL}
            await rules.change(
                guild.id, ServerRules(spicy_confirmed_by=1, modes=modes, review_channel_id=reviews.id)
            )
        await running.start_all()
        options = {"prompt": "a lighthouse", "preset": "spicy"}
        reply = await discord.invoke("video", user=running.user, channel=adult, options=options)
        card = await reviews.wait_for_message(lambda shown: "May this video be made?" in shown.text(), 60)
        assert running.bought == 0
        await discord.press(card, "Approve", user=moderator)
        await reply.wait_for_video(30)
        assert running.bought == 1
        # What was allowed when it was asked for is not when it is to be posted.
        running.hold()
        held = await discord.invoke("video", user=running.user, channel=adult, options=options)
        second = await reviews.wait_for_message(
            lambda shown: "May this video be made?" in shown.text() and bool(shown.buttons), 30
        )
        await discord.press(second, "Approve", user=moderator)
        await running.until(lambda: running.jobs()[1]["state"] == "generating", "the second")
        for name in ("worker0", "worker1"):
            await running.stop(name)
        adult.set_nsfw(False)
        running.finish()
        await running.start("worker", "worker2")
        await running.until(lambda: running.jobs()[1]["parked_at"] is not None, "laying aside", 60)
        assert not any(version.videos for version in held.versions)


@pytest.mark.slow
@pytest.mark.parametrize("state", ["submitting", "generating", "ready", "delivering"])
async def test_a_worker_that_dies_is_followed_by_another(running: Crew, state: str) -> None:
    discord, faults = running.sandbox.discord, running.sandbox.dimilinks.faults
    match state:
        case "submitting":
            faults.submit.append(Hang(5.0))
        case "generating":
            running.hold()
        case "ready":
            faults.content.append(Hang(5.0))
        case _:
            discord.latency_s = 0.3
    reply = await running.ask("a boat")
    first = await running.in_state(state)
    await running.kill(first)
    faults.content.clear()
    discord.latency_s = 0.0
    running.finish()
    await running.until(lambda: running.jobs()[0]["settled_at"] is not None, "the end", 40)
    assert running.holder() not in {None, first}
    assert running.bought <= 1
    if state == "submitting":
        assert running.jobs()[0]["state"] == "unknown"
    else:
        assert running.jobs()[0]["state"] == "delivered"
        assert sum(bool(one.current.videos) for one in running.channel.messages) == 1
    assert reply.text


@pytest.mark.slow
async def test_a_server_that_is_started_again_stops_nobody(tmp_path: Path) -> None:
    with postgresql_server() as server, server.new_database() as name:
        async with crew(tmp_path, server.url(name)) as running:
            await running.start_all()
            running.hold()
            reply = await running.ask("a boat")
            first = await running.in_state("generating")
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(server.start)
            running.finish()
            await reply.wait_for_video(60)
            await running.until(lambda: running.jobs()[0]["settled_at"] is not None, "the end")
            assert running.holder() == first
            later = await running.ask("another boat")
            await later.wait_for_video(60)
            assert running.bought == 2
            for role in running.processes:
                assert await running.stop(role) == ExitStatus.DONE


@pytest.mark.slow
async def test_a_worker_that_stood_still_writes_nothing_more_and_ends(running: Crew) -> None:
    running.hold()
    reply = await running.ask("a boat")
    first = await running.in_state("generating")
    running.processes[first].send_signal(signal.SIGSTOP)
    await running.until(lambda: running.holder() != first, "another worker", 25)
    running.finish()
    await reply.wait_for_video(30)
    await running.until(lambda: running.jobs()[0]["settled_at"] is not None, "the end")
    before, shown = running.jobs(), len(reply.versions)
    running.processes[first].send_signal(signal.SIGCONT)
    assert await running.ended(first) == ExitStatus.SUPERSEDED
    assert running.said(first, "claim_lost")
    assert running.jobs() == before
    assert len(reply.versions) == shown
    assert reply.versions[-1].videos
    assert running.bought == 1


@pytest.mark.slow
@pytest.mark.parametrize("state", ["queued", "ready", "delivering"])
async def test_a_worker_with_an_empty_disk_goes_on_with_what_is_in_a_bucket(
    url: str, tmp_path: Path, state: str
) -> None:
    async with S3Server().running() as bucket:
        settings = {name.upper(): value for name, value in bucket.environment().items()}
        async with crew(tmp_path, url, settings={**settings, "JOBS_AT_ONCE": "1"}, apart=True) as running:
            await running.start_all(workers=1)
            discord = running.sandbox.discord
            if state == "queued":
                running.hold()
                await running.ask("in front")
                await running.until(lambda: running.bought == 1, "the first")
            elif state == "ready":
                running.sandbox.dimilinks.faults.content.append(Hang(30.0))
            else:
                discord.latency_s = 1.0
            image = discord.upload("cat.png", picture())
            options = {"prompt": "a boat", "image": image}
            reply = await discord.invoke("video", user=running.user, channel=running.channel, options=options)
            await running.until(
                lambda: any(job["state"] == state and job["pictures"] for job in running.jobs()), state
            )
            await running.kill("worker0")
            image.delete()
            running.sandbox.dimilinks.faults.content.clear()
            discord.latency_s = 0.0
            running.finish()
            await running.start("worker", "worker1")
            await reply.wait_for_video(60)
            assert running.bought == len(running.jobs())
            made = running.sandbox.dimilinks.request_log.submissions[-1]
            assert [reference.width for reference in made.references] == [96]


@pytest.mark.slow
async def test_a_wait_that_one_worker_is_asked_for_holds_for_all_and_the_operator_hears_of_it_once(
    running: Crew,
) -> None:
    faults, discord = running.sandbox.dimilinks.faults, running.sandbox.discord
    faults.submit.append(HttpError(429, "rate_limit", headers={"Retry-After": "3600"}))
    replies = [await running.ask("a boat")]
    asked = ("api_asks_for_patience", "api_asks_for_patience_elsewhere")
    workers = ("worker0", "worker1")
    await running.until(
        lambda: {event for one in workers for event in asked if running.said(one, event)} == set(asked),
        "the wait in both workers",
    )
    replies.append(await running.ask("another boat"))
    for reply in replies:
        await reply.wait_for(lambda shown: "asked me to wait" in shown.text(), 60)
    inbox = discord.dm(discord.world.operator).messages
    await running.until(lambda: bool(inbox), "the operator's news", 60)
    await asyncio.sleep(_BOTH_HAVE_LOOKED_S)
    assert ["pause of 3600 seconds" in one.current.text() for one in inbox] == [True]
    assert running.bought == 0


@pytest.mark.slow
async def test_jobs_that_wait_are_spread_over_all_workers(url: str, tmp_path: Path) -> None:
    jobs, workers = 40, 3
    async with crew(tmp_path, url, settings={"JOBS_AT_ONCE": "1"}) as running:
        await running.start_all(workers=workers)
        running.hold()
        for number in range(jobs):
            running.user = running.sandbox.discord.add_user(f"person {number}")
            running.guild.join(running.user)
            await running.ask("a boat")
            await running.until(lambda stored=number + 1: len(running.jobs()) == stored, "the request")
        await running.until(lambda: all(row["claimed_by"] for row in running.jobs()), "workers for all jobs")
        taken = Counter(row["claimed_by"] for row in running.jobs())
        assert max(taken.values()) <= 2 * jobs / workers, taken
