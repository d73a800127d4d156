"""Waiting in line: limits that hold, people who take turns, caps that stop a bill."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.sandbox.dimilinks import TaskPace
from bot.sandbox.discord import Reply
from tests.e2e.actors.buttons import press, told
from tests.e2e.actors.harness import TIMEOUT_S, Harness, open_harness
from tests.e2e.actors.restarts import slow
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import being_made, finish, hold, in_line


class MostAtOnce:
    """The most videos that were being made at the same time."""

    def __init__(self) -> None:
        self.count = 0


@asynccontextmanager
async def watched(harness: Harness) -> AsyncGenerator[MostAtOnce]:
    """Look at the sandbox's tasks all the time."""
    most = MostAtOnce()

    async def look() -> None:
        while True:
            now = asyncio.get_running_loop().time()
            tasks = harness.sandbox.dimilinks._tasks.values()
            most.count = max(most.count, sum(task.done_at > now for task in tasks))
            await asyncio.sleep(0.01)

    looking = asyncio.create_task(look())
    try:
        yield most
    finally:
        looking.cancel()
        await asyncio.wait([looking])


async def videos_of(replies: list[Reply]) -> None:
    for reply in replies:
        await reply.wait_for_video(TIMEOUT_S * 2)


@pytest.mark.parametrize(
    ("limits", "most"),
    [
        ({"jobs_at_once": 2}, 2),
        slow({"jobs_at_once_per_server": 3, "jobs_at_once_per_person": 5}, 3),
        slow({"jobs_at_once_per_person": 1}, 3),
    ],
)
async def test_no_more_run_at_once_than_the_limits_say(
    tmp_path: Path, database_url: str | None, limits: dict[str, int], most: int
) -> None:
    async with open_harness(
        tmp_path, database_url, pace=TaskPace(queue_s=0, generate_s=0.4, jitter=0), **limits
    ) as harness:
        people = [harness.user, harness.member("bea"), harness.member("cid")]
        async with watched(harness) as seen:
            replies = [
                await harness.video(f"{person.name} {number}", user=person)
                for number in range(2)
                for person in people
            ]
            await videos_of(replies)
        assert seen.count == most
        assert harness.bought == 6


@pytest.mark.slow
async def test_one_persons_many_jobs_do_not_hold_up_anothers_first(
    tmp_path: Path, database_url: str | None
) -> None:
    async with open_harness(
        tmp_path,
        database_url,
        pace=TaskPace(queue_s=0, generate_s=0.3),
        jobs_at_once=1,
        jobs_at_once_per_person=1,
    ) as harness:
        bea = harness.member("bea")
        running = await being_made(harness, "ada 0")
        replies = [running, *[await in_line(harness, f"ada {number}") for number in range(1, 4)]]
        late = await in_line(harness, "bea 0", user=bea)
        await late.wait_for(lambda version: "Number 1 of 4 in line" in version.text(), TIMEOUT_S)
        await replies[1].wait_for(lambda version: "Number 2 of 4 in line" in version.text(), TIMEOUT_S)
        finish(harness, "ada 0")
        await videos_of([*replies, late])
        order = [made.prompt for made in harness.sandbox.dimilinks.request_log.submissions]
        assert order == ["ada 0", "bea 0", "ada 1", "ada 2", "ada 3"]


@pytest.mark.slow
async def test_jobs_found_running_at_a_restart_keep_their_places(
    tmp_path: Path, database_url: str | None
) -> None:
    async with open_harness(tmp_path, database_url, jobs_at_once=3, jobs_at_once_per_person=3) as harness:
        running = [await being_made(harness, f"running {number}") for number in range(3)]
        waiting = await in_line(harness, "waiting")
        await harness.restart(jobs_at_once=1)
        for number in range(2):
            finish(harness, f"running {number}")
            await running[number].wait_for_video(TIMEOUT_S)
        assert harness.bought == 3
        finish(harness, "running 2")
        await videos_of([running[2], waiting])
        assert harness.bought == 4


async def test_a_person_who_has_used_up_the_day_is_told_privately_before_anything_is_bought(
    tmp_path: Path,
    database_url: str | None,
) -> None:
    async with open_harness(tmp_path, database_url, seconds_a_day_per_person=12) as harness:
        await (await harness.video("first")).wait_for_video(TIMEOUT_S)
        refused = await harness.video("second", seconds="10")
        text = await told(refused)
        assert refused.ephemeral
        assert "You have 6 seconds of video left for today. This cost nothing." in text
        assert "<t:" in text
        await (await harness.video("third", user=harness.member("bea"), seconds="12")).wait_for_video(
            TIMEOUT_S
        )
        await harness.restart()
        assert "You have 6 seconds" in await told(await harness.video("fourth", seconds="10"))
        await (await harness.video("fifth")).wait_for_video(TIMEOUT_S)


async def test_what_waits_is_reserved_and_given_back_when_it_is_cancelled(
    tmp_path: Path, database_url: str | None
) -> None:
    async with open_harness(tmp_path, database_url, seconds_a_day=12, jobs_at_once=1) as harness:
        running = await being_made(harness, "running")
        waiting = await in_line(harness, "waiting")
        text = await told(await harness.video("refused"))
        assert "This bot has 0 seconds of video left today" in text
        await told(await press(harness, waiting, "Cancel"))
        await until(lambda: harness.rows("state")[-1]["state"] == "cancelled")
        hold(harness)
        again = await in_line(harness, "again")
        finish(harness, "running")
        await running.wait_for_video(TIMEOUT_S)
        await until(lambda: harness.bought == 2)
        finish(harness, "again")
        await again.wait_for_video(TIMEOUT_S)


async def test_on_the_next_day_there_is_a_new_allowance(tmp_path: Path, database_url: str | None) -> None:
    clock = MovableClock()
    async with open_harness(tmp_path, database_url, now=clock, seconds_a_day=6) as harness:
        await (await harness.video("today")).wait_for_video(TIMEOUT_S)
        assert "left today" in await told(await harness.video("too much"))
        clock.offset = timedelta(days=1)
        await (await harness.video("tomorrow")).wait_for_video(TIMEOUT_S)


async def test_where_roles_or_people_are_named_only_they_may_use_the_bot(harness: Harness) -> None:
    artists = harness.guild.add_role("artists")
    bea, cid = harness.member("bea", roles=[artists]), harness.member("cid")
    await harness.restart(allowed_roles=str(artists.id), allowed_people=str(cid.id))
    for person in (bea, cid):
        await (await harness.video(person.name, user=person)).wait_for_video(TIMEOUT_S)
    refused = await harness.video("ada")
    assert "Only some roles and people may make videos with this bot." in await told(refused)
    assert refused.ephemeral
    assert harness.bought == 2
