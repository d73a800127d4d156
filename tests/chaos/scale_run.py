"""One run of the chaos test over several processes: gateways and workers on a PostgreSQL server, in one sandbox.

Each blow kills a process, stops one for longer than its heartbeats may stay away, or crashes the server. They come
in pairs, while something is in a chosen state. What has ended is started again, as by a supervisor. One of those
who ask wants more than anybody may have.
"""

import asyncio
import contextlib
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from bot.cli.failure import ExitStatus
from bot.sandbox.discord import Reply
from bot.sandbox.sandbox import Sandbox
from tests.chaos.asking import Asking, RunRecord, add_people
from tests.chaos.crew import crew
from tests.chaos.fault_plan import FILE_POINTS, FaultPlan, KillPoint, slow_down, speed_up
from tests.chaos.row_log import RowLog, pid_of
from tests.chaos.scale_findings import Struck
from tests.chaos.scale_limits import KeptLimits
from tests.postgresql.server import PostgresqlServer

GATEWAYS: Final = ("gateway0", "gateway1")
WORKERS: Final = ("worker0", "worker1", "worker2", "worker3")
_PLAN: Final = FaultPlan(pictures=0.1, repeated_events=0.05)
LIMITS: Final = KeptLimits(total=8, per_server=7, per_person=3, seconds_per_person=300)
_SETTINGS: Final = {**LIMITS.settings, "API_REQUESTS_PER_S": "1000"}
_PEOPLE: Final = 8
"""So many that none of them comes to the cap of seconds."""
_CAPPED_AT_ONCE: Final = 3
_CAPPED_S: Final = "20"
_REFUSED: Final = "seconds of video left for today"
_BLOWS_AT_ONCE: Final = 2
_STOPPED_BEFORE: Final = 12
"""Nothing is stopped in the last blows, which would only be waited for."""
_WORKER_STOPPED_S: Final = 20.0
"""Longer than it takes others to take its jobs over."""
_GATEWAY_STOPPED_S: Final = 35.0
"""Longer than the server keeps a silent session."""
_LOOK_EVERY_S: Final = 0.05
_PATIENCE_S: Final = 2.5
_READY_AT_LEAST: Final = 3
"""Workers before each pair of blows, so that one is left: without any, nothing can go on."""
_READY_WITHIN_S: Final = 40.0
_OPEN_AT_MOST: Final = 24
"""Requests that are not over: what waits longer because there are many of them tells nothing."""
_END_WITHIN_S: Final = 180.0
_OUTAGE_EXPLAINS_S: Final = 60.0
_ASKED_AFTERWARDS: Final = 4


class Blow(StrEnum):
    """Blow to a process."""

    WORKER_KILLED = "worker killed"
    WORKER_STOPPED = "worker stopped"
    GATEWAY_KILLED = "gateway killed"
    GATEWAY_STOPPED = "gateway stopped"
    SERVER_CRASHED = "server crashed"


_IN_TWENTY: Final = {
    Blow.WORKER_KILLED: 12,
    Blow.WORKER_STOPPED: 3,
    Blow.GATEWAY_KILLED: 2,
    Blow.GATEWAY_STOPPED: 1,
    Blow.SERVER_CRASHED: 2,
}

_STOPS: Final = frozenset({Blow.WORKER_STOPPED, Blow.GATEWAY_STOPPED})


@dataclass
class ScaleRecord(RunRecord):
    """Record of the blows, and of how processes ended that nobody had killed."""

    blows: Counter[str] = field(default_factory=Counter[str])
    endings: Counter[int] = field(default_factory=Counter[int])
    unexplained_endings: list[str] = field(default_factory=list[str])
    struck: list[Struck] = field(default_factory=list[Struck])
    refused: list[str] = field(default_factory=list[str])
    """Prompts that the cap of seconds refused."""


class ScaleRun:
    """Processes, a server and a sandbox. `run` is called once, `findings.compare` and `look_through` judge it."""

    def __init__(self, folder: Path, server: PostgresqlServer, database: str, *, seed: int) -> None:
        self.record = ScaleRecord()
        self.effects_file = folder / "effects.jsonl"
        self.rows_seen = RowLog(server.url(database))
        self._folder = folder
        self._server = server
        self._url = server.url(database)
        self._chance = random.Random(seed)
        self._seed = seed
        self._crashed_at_s = -_OUTAGE_EXPLAINS_S
        self._log_begins_at: dict[str, int] = {}
        self._stopped: dict[str, asyncio.Task[None]] = {}
        self._capped: dict[str, Reply] = {}
        self._ending = False

    async def run(self, blows: int) -> None:
        """Strike that often while people ask for videos, then let all processes end what they began."""
        self.rows_seen.install()
        program = ("-m", "tests.chaos.watched_process", str(self.effects_file))
        async with crew(self._folder, self._url, settings=_SETTINGS, program=program) as self._crew:
            self.sandbox: Sandbox = self._crew.sandbox
            discord = self.sandbox.discord
            discord.event_faults.at_random(_PLAN.repeated_events)
            (self._capped_user, *people), places = add_people(discord, 1 + _PEOPLE)
            self._capped_channel = places[0]
            self._asker = asker = Asking(
                discord, _PLAN, self.record, seed=self._seed, at_most=_OPEN_AT_MOST, pause_s=(0.05, 1.2)
            )
            supervisors = [
                asyncio.create_task(self._supervise(role, name), name=name)
                for role, names in (("gateway", GATEWAYS), ("worker", WORKERS))
                for name in names
            ]
            asking = asyncio.create_task(asker.run(people, places), name="asking")
            try:
                await self._until_ready(len(WORKERS))
                plan = self._plan(blows)
                for first in range(0, blows, _BLOWS_AT_ONCE):
                    await self._strike(plan[first : first + _BLOWS_AT_ONCE])
                asker.at_most = self.record.asked + _ASKED_AFTERWARDS
                asker.is_last = True
                await self._end(asking)
                self._judge_capped()
            finally:
                self._ending = True
                tasks = [asking, *supervisors, *self._stopped.values()]
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)

    def close(self) -> None:
        """Leave the database."""
        self.rows_seen.close()

    def log_lines(self) -> list[str]:
        """Everything that every process logged."""
        return [
            line
            for name in (*GATEWAYS, *WORKERS)
            for line in self._crew.log(name).read_text(errors="replace").splitlines()
        ]

    def unexplained(self) -> list[str]:
        """The prompts of jobs of unknown outcome without anything for the operator to go by."""
        found = self.rows_seen.query("SELECT prompt FROM jobs WHERE state = 'unknown' AND raw_answer IS NULL")
        return [str(row["prompt"]) for row in found]

    def bought_though_refused(self) -> list[str]:
        """Prompts that were refused for the cap of seconds and bought all the same."""
        bought = {made.prompt for made in self.sandbox.dimilinks.request_log.submissions}
        return [f"refused and bought: {prompt}" for prompt in self.record.refused if prompt in bought]

    def rows(self, prompt: str) -> list[dict[str, Any]]:
        """The job's row, for the report on a failure."""
        return [row for row in self.rows_seen.query("SELECT * FROM jobs") if row["prompt"] == prompt]

    def _plan(self, blows: int) -> list[tuple[Blow, KillPoint]]:
        """Each blow in its share, and each at every kill point, in random order."""
        kinds = [blow for blow, share in _IN_TWENTY.items() for _ in range(share)]
        points = [point for point in KillPoint if point not in FILE_POINTS]
        planned: list[Blow] = []
        while len(planned) < blows:
            self._chance.shuffle(kinds)
            planned += kinds
        del planned[blows:]
        last = planned[-_STOPPED_BEFORE:]
        late = [blow for blow in last if blow in _STOPS]
        planned[-_STOPPED_BEFORE:] = [blow for blow in last if blow not in _STOPS]
        for blow in late:
            planned.insert(self._chance.randrange(max(1, blows - _STOPPED_BEFORE)), blow)
        return [(blow, self._chance.choice(points)) for blow in planned]

    async def _supervise(self, role: str, name: str) -> None:
        """Start a process whenever there is none."""
        while not self._ending:
            log = self._crew.log(name)
            self._log_begins_at[name] = log.stat().st_size if log.exists() else 0
            process = await self._crew.start(role, name)
            status = await process.wait()
            if self._ending:
                return
            self.record.endings[status] += 1
            explained = {-signal.SIGKILL, int(ExitStatus.SUPERSEDED)}
            if time.monotonic() - self._crashed_at_s < _OUTAGE_EXPLAINS_S:
                explained.add(int(ExitStatus.FAILED))  # there was no server at its start
            if status not in explained:
                self.record.unexplained_endings.append(f"{name} ended with {status}")
            await asyncio.sleep(0.1)

    def _is_ready(self, name: str) -> bool:
        return self._runs(name) and self._said(name, b'"worker_ready"')

    def _said(self, name: str, *events: bytes) -> bool:
        """True if a process logged one of these events since it was started last."""
        with self._crew.log(name).open("rb") as log:
            log.seek(self._log_begins_at[name])
            said = log.read()
        return any(event in said for event in events)

    def _runs(self, name: str) -> bool:
        process = self._crew.processes.get(name)
        return process is not None and process.returncode is None and name not in self._stopped

    async def _until_ready(self, workers: int) -> None:
        """Wait for a gateway and some workers, for a while: blows strike also where they do not come."""
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + _READY_WITHIN_S
        while loop.time() < ends_s:
            ready = sum(self._is_ready(name) for name in WORKERS if name in self._crew.processes)
            if ready >= workers and self.sandbox.discord.gateway.ready_shards():
                return
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _strike(self, blows: Sequence[tuple[Blow, KillPoint]]) -> None:
        """Strike several times at the kill point of the first blow."""
        await self._until_ready(_READY_AT_LEAST)
        self._let_ask()
        await self._ask_beyond_cap()
        point = blows[0][1]
        victim = await self._victim(point)
        self.record.states.update(row["state"] for row in self._open_jobs())
        for blow, _ in blows:
            await self._hit(blow, victim)
            victim = self._any(WORKERS)
            self.record.kills += 1
            self.record.blows[blow] += 1
            self.record.kill_points[point] += 1
        speed_up(self.sandbox)

    async def _hit(self, blow: Blow, victim: str | None) -> None:
        match blow:
            case Blow.WORKER_KILLED | Blow.GATEWAY_KILLED:
                name = victim if blow is Blow.WORKER_KILLED else self._any(GATEWAYS)
                if name is not None:
                    self._note(name)
                    await self._crew.kill(name)
            case Blow.WORKER_STOPPED:
                if victim is not None:
                    self._stop(victim, _WORKER_STOPPED_S)
            case Blow.GATEWAY_STOPPED:
                name = self._any(GATEWAYS)
                if name is not None:
                    self._stop(name, _GATEWAY_STOPPED_S)
            case Blow.SERVER_CRASHED:
                await self._crash()

    async def _ask_beyond_cap(self) -> None:
        """Ask for the longest videos, several at once, for somebody who has had enough for today soon."""
        discord = self.sandbox.discord
        for _ in range(_CAPPED_AT_ONCE):
            if not discord.gateway.ready_shards() or not discord.commands:
                return
            prompt = f"run {self._seed} capped {len(self._capped):04}"
            options = {"prompt": prompt, "seconds": _CAPPED_S}
            self._capped[prompt] = await discord.invoke(
                "video", user=self._capped_user, channel=self._capped_channel, options=options
            )

    def _judge_capped(self) -> None:
        """Have those of these requests that were taken judged as all others."""
        for prompt, reply in self._capped.items():
            if _REFUSED in reply.text:
                self.record.refused.append(prompt)
            else:
                self.record.replies[prompt] = reply

    def _let_ask(self) -> None:
        self._asker.at_most = self.record.asked + max(1, _OPEN_AT_MOST - len(self._open_jobs()))

    async def _victim(self, point: KillPoint) -> str | None:
        """Wait for the kill point, or for some seconds where it does not come. Returns the worker that is there."""
        loop = asyncio.get_running_loop()
        submissions = self.sandbox.dimilinks.request_log.submissions
        bought = len(submissions)
        ends_s = loop.time() + (self._chance.uniform(0.0, 1.5) if point is KillPoint.RANDOM else _PATIENCE_S)
        slow_down(self.sandbox, point)
        while loop.time() < ends_s:
            await asyncio.sleep(_LOOK_EVERY_S)
            match point:
                case KillPoint.RANDOM:
                    continue
                case KillPoint.BOUGHT | KillPoint.ANSWERED:
                    found = [submissions[-1].prompt] if len(submissions) > bought else []
                    holders = [self._holder(row) for row in self._open_jobs() if row["prompt"] in found]
                case _:
                    holders = [self._holder(row) for row in self._open_jobs() if row["state"] == point]
            for name in holders:
                if name is not None:
                    return name
        return self._any(WORKERS)

    def _holder(self, row: dict[str, Any]) -> str | None:
        """The worker that runs a job, unless it has ended or is stopped."""
        pid = pid_of(row["claimed_by"])
        for name in WORKERS:
            if self._runs(name) and self._crew.processes[name].pid == pid:
                return name
        return None

    def _any(self, names: tuple[str, ...]) -> str | None:
        running = [name for name in names if self._runs(name)]
        return self._chance.choice(running) if running else None

    def _note(self, name: str) -> None:
        self.record.struck.append(Struck(time.time(), self._crew.processes[name].pid))

    def _stop(self, name: str, for_s: float) -> None:
        self._note(name)
        process = self._crew.processes[name]
        process.send_signal(signal.SIGSTOP)

        async def go_on() -> None:
            try:
                await asyncio.sleep(for_s)
            finally:
                process.send_signal(signal.SIGCONT)
                del self._stopped[name]

        self._stopped[name] = asyncio.create_task(go_on(), name=f"{name} is stopped")

    async def _crash(self) -> None:
        def crash() -> None:
            with self._server.killed():
                pass

        self._crashed_at_s = time.monotonic()
        await asyncio.to_thread(crash)

    def _open_jobs(self) -> list[dict[str, Any]]:
        return self.rows_seen.query(
            "SELECT prompt, state, claimed_by FROM jobs WHERE settled_at IS NULL AND parked_at IS NULL"
        )

    async def _end(self, asking: "asyncio.Task[None]") -> None:
        """Wait until all jobs are at rest, then stop all processes as an operator does."""
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + _END_WITHIN_S
        # What is waited for are other processes, which ring no bell.
        while self._stopped or not asking.done() or self._open_jobs() or self._unanswered():
            if loop.time() > ends_s:
                self.record.unexplained_endings.append(f"open at the end: {self._open_jobs()}")
                break
            await asyncio.sleep(_LOOK_EVERY_S)
        await self._until_ready(len(WORKERS))
        # While Python starts, a signal ends it as any program.
        await self._crew.until(
            lambda: all(self._said(name, b'"gateway_ready"') for name in GATEWAYS),
            "the gateways",
        )
        self._ending = True
        for name in (*WORKERS, *GATEWAYS):
            process = self._crew.processes[name]
            with contextlib.suppress(
                ProcessLookupError
            ):  # one that stood still may just have ended by itself
                process.send_signal(signal.SIGTERM)
            status = await self._crew.ended(name)
            if status not in {ExitStatus.DONE, ExitStatus.SUPERSEDED}:
                self.record.unexplained_endings.append(f"{name} ended at last with {status}")

    def _unanswered(self) -> bool:
        replies = (*self.record.replies.values(), *self._capped.values())
        return any(reply.acknowledged_at is None and not reply.failed for reply in replies)
