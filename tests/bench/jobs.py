"""2,000 jobs at once in one bot process: what one of them costs, and how soon its finished video is fetched.

`BENCH_JOBS=300` asks for fewer, of which as many end in a second: a try of two minutes, whose figures are no
result.

The bot is a process of its own and reports on itself (`tests.bench.instrumented_bot`); the sandbox, whose caches
tell of delays and questions, is in this one.
"""

import asyncio
import json
import math
import os
import random
import signal
import statistics
import tempfile
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.dimilinks import TaskPace, Timing
from bot.sandbox.discord import Reply
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.video_factory import SampleVideoFactory
from tests.bench.ack import running_bot
from tests.bench.figures import Figure
from tests.bench.instrumented_bot import Reading

_FULL = 2000
JOBS = int(os.environ.get("BENCH_JOBS", _FULL))
_PEOPLE = 200
_COMMANDS_PER_S = 40
_WARM_UP_JOBS = 40
_WARM_UP_PACE = TaskPace(queue_s=1.0, generate_s=5.0)
_SHORTEST_S = 30.0
_LONGEST_S = 300.0
_TIMEOUT_S = 600.0
_SANDBOX_NICENESS = 5
"""More, and its own answers would come after Discord's deadline."""
_ACK_DEADLINE_S = 3.0
"""Discord's own: a command without an answer by then has failed."""
_SEED = 20_261_124


class Plan:
    """Gives tasks their timings in turn, as they are accepted."""

    def __init__(self, timings: Sequence[Timing]) -> None:
        self._left = deque(timings)

    def timing(self, chance: random.Random) -> Timing:  # noqa: ARG002 - the sandbox's signature
        """The next task's timing."""
        return self._left.popleft()


def timings(count: int) -> list[Timing]:
    """30 s to 5 min, most around two minutes, queueing first, progress that bends either way.

    Fewer than 2,000 end as close together: their durations are nearer to the shortest.

    The longest come first: so all run together when the last of them is asked for, and none has ended.
    """
    chance = random.Random(_SEED)
    found: list[tuple[float, Timing]] = []
    while len(found) < count:
        total_s = chance.lognormvariate(math.log(120), 0.6)
        if _SHORTEST_S <= total_s <= _LONGEST_S:
            total_s = _SHORTEST_S + (total_s - _SHORTEST_S) * min(1.0, count / _FULL)
            queue_s = total_s * chance.uniform(0.02, 0.3)
            found.append((total_s, Timing(queue_s, total_s - queue_s, chance.uniform(0.5, 2))))
    return [timing for _, timing in sorted(found, key=lambda one: one[0], reverse=True)]


@dataclass(frozen=True)
class Course:
    """Readings of one run: idle, when all had been asked for, after a while of watching, when all had ended."""

    idle: Reading
    asked: Reading
    watched: Reading
    watched_for_s: float
    ended: Reading


class Crowd:
    """People who ask for videos, and what became of that."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        guild = sandbox.discord.add_guild("Server")
        self._channel = guild.add_channel("general")
        self._people = [sandbox.discord.add_user(f"person{number}") for number in range(_PEOPLE)]
        for person in self._people:
            guild.join(person)

    async def ask(self, count: int) -> list[Reply]:
        """Ask for `count` videos at a steady pace; each is acknowledged and bought when this returns."""
        bought = len(self._sandbox.dimilinks.request_log.submissions)
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        replies: list[Reply] = []
        for number in range(count):
            replies.append(
                await self._sandbox.discord.invoke(
                    "video",
                    user=self._people[number % _PEOPLE],
                    channel=self._channel,
                    options={"prompt": f"a paper boat in the rain, number {number}"},
                )
            )
            await asyncio.sleep(max(0.0, began_s + (number + 1) / _COMMANDS_PER_S - loop.time()))
        await asyncio.sleep(_ACK_DEADLINE_S)
        missed = [reply for reply in replies if reply.failed]
        if missed:
            raise RuntimeError(f"{len(missed)} of {count} commands got no answer in time")
        async with asyncio.timeout(_TIMEOUT_S):
            while len(self._sandbox.dimilinks.request_log.submissions) < bought + count:  # noqa: ASYNC110 - a plain record
                await asyncio.sleep(0.05)
        return replies

    async def served(self, replies: Sequence[Reply]) -> None:
        """Wait until every reply has its video."""
        waiting = list(replies)
        async with asyncio.timeout(_TIMEOUT_S):
            while waiting:
                await asyncio.sleep(0.5)
                waiting = [reply for reply in waiting if not (reply.current and reply.current.videos)]


async def _reading(process: Process) -> Reading:
    if process.stdout is None:
        raise RuntimeError("no pipe to the bot")
    process.send_signal(signal.SIGUSR1)
    return Reading(**json.loads(await process.stdout.readline()))


async def _context(sandbox: Sandbox, process: Process, plan: Sequence[Timing]) -> Course:
    crowd = Crowd(sandbox)
    # What the first jobs load and fill is the bot's, not theirs.
    await crowd.served(await crowd.ask(_WARM_UP_JOBS))
    await asyncio.sleep(2)
    idle = await _reading(process)
    loop = asyncio.get_running_loop()
    sandbox.dimilinks.pace = Plan(plan)
    replies = await crowd.ask(JOBS)
    asked, began_s = await _reading(process), loop.time()
    submitted = sandbox.dimilinks.request_log.submissions[-JOBS:]
    await asyncio.sleep(min(map(sandbox.dimilinks.done_at, (one.task_id for one in submitted))) - loop.time())
    watched, watched_for_s = await _reading(process), loop.time() - began_s
    await crowd.served(replies)
    await asyncio.sleep(2)
    return Course(idle, asked, watched, watched_for_s, await _reading(process))


def _delays_s(sandbox: Sandbox) -> list[float]:
    caches = sandbox.dimilinks.request_log
    fetched: dict[str, float] = {}
    for request in caches.requests:
        if request.path.endswith("/content"):
            fetched.setdefault(request.path.split("/")[-2], request.at)
    return sorted(
        fetched[bought.task_id] - sandbox.dimilinks.done_at(bought.task_id)
        for bought in caches.submissions[-JOBS:]
    )


async def run() -> list[Figure]:
    """Ask for 2,000 videos, watch the bot watch them, and see all of them delivered."""
    os.environ.pop("DISCORD_OPENAPI", None)  # checking every request would take the machine's other half
    plan = timings(JOBS)
    with tempfile.TemporaryDirectory(prefix="stillmotion-bench-") as scratch:
        folder = Path(scratch)
        async with Sandbox(SampleVideoFactory(folder / "films"), pace=_WARM_UP_PACE) as sandbox:
            async with running_bot(
                sandbox, folder, "tests.bench.instrumented_bot", stdout=PIPE, LOG_LEVEL="INFO"
            ) as process:
                # The sandbox stands for machines of others, which take nothing of the bot's processor.
                os.setpriority(os.PRIO_PROCESS, 0, _SANDBOX_NICENESS)
                context = await _context(sandbox, process, plan)
            delays_s = _delays_s(sandbox)
            polls = sandbox.dimilinks.request_log.polls
            polls_per_job = statistics.mean(
                polls[bought.task_id] for bought in sandbox.dimilinks.request_log.submissions[-JOBS:]
            )
    return [*_costs(context, plan), *_service(delays_s, polls_per_job)]


def _costs(context: Course, plan: Sequence[Timing]) -> list[Figure]:
    after_idle = (context.asked, context.watched, context.ended)
    cpu_s = sum(reading.cpu_s for reading in after_idle)
    hours = sum(timing.queue_s + timing.generate_s for timing in plan) / 3600
    return [
        Figure(
            "jobs.cpu_s_per_job_hour",
            cpu_s / hours,
            f"CPU of the bot for one job running one hour: from the first command to the last video of {JOBS} jobs",
        ),
        Figure("jobs.cpu_ms_per_job", cpu_s / JOBS * 1000, "the same for one job from command to video"),
        Figure(
            "jobs.cpu_watching_ratio",
            context.watched.cpu_s / context.watched_for_s,
            f"share of one core while {JOBS} jobs are watched, none begins and none ends",
        ),
        Figure(
            "jobs.rss_kb_per_job",
            (context.watched.rss_kib - context.idle.rss_kib) / JOBS,
            f"memory per job above idle, {JOBS} running",
            at_most=40,
        ),
        Figure(
            "jobs.commits_per_job",
            sum(reading.commits for reading in after_idle) / JOBS,
            "transactions of one job, from command to video",
            at_most=12,
        ),
        Figure(
            "jobs.stall_ms",
            max(reading.stall_ms for reading in after_idle),
            "longest stall of the bot's event loop",
            at_most=50,
        ),
    ]


def _service(delays_s: Sequence[float], polls_per_job: float) -> list[Figure]:
    told = "from the video's completion to the request for it; jobs of 30 s to 5 min, most around two minutes"
    return [
        Figure("jobs.delay_mean_s", statistics.mean(delays_s), f"mean, {told}", at_most=1.0),
        Figure(
            "jobs.delay_p95_s",
            statistics.quantiles(delays_s, n=100)[94],
            "95th percentile of the same",
            at_most=2.0,
        ),
        Figure("jobs.polls_per_job", polls_per_job, "questions for a job's state (23 to 30 expected)"),
        Figure("jobs.running_count", JOBS, "jobs at the service at once"),
    ]
