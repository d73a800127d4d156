"""One run of the chaos test: a sandbox that lives on, and a bot that is killed in it again and again.

The bot is the real thing, `python -m bot run` in a process of its own, and ends by SIGKILL: at times drawn
from a seed, half of them chosen to strike while something is in flight.
"""

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.sandbox.dimilinks import (
    At,
    DropAfterAcceptance,
    DropAfterReading,
    DropBeforeReading,
    Endpoint,
    ErrorAfterAcceptance,
    FailedAtFirst,
    Html,
    HttpError,
    LateContent,
    SubmitStage,
    TaskPace,
    TaskShape,
    TornAnswer,
    Truncated,
    WithHeaders,
)
from bot.sandbox.discord import (
    DiscordFault,
    Drop,
    OddAnswer,
)
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.video_factory import SampleVideoFactory
from bot.settings import Settings
from tests.chaos.asking import Asking, RunRecord, add_people
from tests.chaos.fault_plan import FILE_POINTS, FaultPlan, KillPoint, slow_down, speed_up
from tests.chaos.picture_deaths import PictureDeaths
from tests.e2e.actors.videos import LARGE
from tests.postgresql.outside import rows_of
from tests.video_files.scenes import write

REPOSITORY = Path(__file__).parents[2]
_PACE = TaskPace(queue_s=0.2, generate_s=0.8, jitter=0.6)
_START_TIMEOUT_S = 60.0
_END_TIMEOUT_S = 180.0
_LOOK_EVERY_S = 0.01
_ASKED_AFTER_KILLS = 6


class ChaosRun:
    """A sandbox and the bot in it. `run` is called once; `findings.compare` tells what came of it."""

    def __init__(
        self,
        folder: Path,
        *,
        seed: int,
        fault_plan: FaultPlan,
        jobs_at_most: int,
        database_url: str | None = None,
    ) -> None:
        self._folder = folder
        self._database_url = database_url
        self._chance = random.Random(seed)
        self._fault_plan = fault_plan
        self._jobs_at_most = jobs_at_most
        self.record = RunRecord()
        self.sandbox = Sandbox(
            SampleVideoFactory(folder / "films"),
            pace=_PACE,
            seed=seed,
            token_lifetime_s=fault_plan.token_lifetime_s,
        )
        self._discord = self.sandbox.discord
        self._asker = Asking(self._discord, fault_plan, self.record, seed=seed, at_most=jobs_at_most)
        self._asking: asyncio.Task[None] | None = None
        self.picture_deaths = PictureDeaths(fault_plan.picture_deaths, random.Random(seed + 2))

    @property
    def log(self) -> Path:
        """Everything that every process logged."""
        return self._folder / "bot.log"

    def log_lines(self) -> list[str]:
        """Everything that every process logged, by its lines."""
        return self.log.read_text(errors="replace").splitlines()

    async def run(self, kills: int) -> None:
        """Kill the bot that often while people ask for videos, then let it end all that it began, and six more.

        Without a kill it runs until everything was asked for that may be.
        """
        async with self.sandbox:
            self._set_faults()
            people, places = add_people(self._discord)
            if self._fault_plan.large_films:
                self._discord.core.world.default_upload_limit_bytes = LARGE.size_bytes // 3
                await asyncio.to_thread(self._make_large_film)
            self._asking = asking = asyncio.create_task(self._asker.run(people, places), name="asking")
            killing = asyncio.create_task(self.picture_deaths.run(), name="killing picture children")
            try:
                outage_at = self._chance.randrange(kills) if self._fault_plan.outage_s else -1
                for number, kill_point in enumerate(self._kill_points(kills)):
                    # A share before each kill: what nobody asked for yet is there to be interrupted by later ones.
                    self._asker.at_most = max(
                        self.record.asked + 1, self._jobs_at_most * (number + 1) // kills
                    )
                    if number == outage_at:
                        await self.sandbox.dimilinks.pause()
                        asyncio.get_running_loop().call_later(
                            self._fault_plan.outage_s, self._outage_over.set
                        )
                    await self._run_until_killed(kill_point)
                    if number > outage_at >= 0 and self._outage_over.is_set():
                        await self.sandbox.dimilinks.resume()
                if kills:
                    self._asker.at_most = self.record.asked + _ASKED_AFTER_KILLS
                self._asker.is_last = True
                if self._fault_plan.outage_s:
                    await self._outage_over.wait()
                    await self.sandbox.dimilinks.resume()
                await self._run_until_done()
            finally:
                asking.cancel()
                killing.cancel()
                await asyncio.wait([asking, killing])

    def _kill_points(self, kills: int) -> list[KillPoint]:
        """Each kill point as often as the others, in random order."""
        large = self._fault_plan.large_films
        points = FILE_POINTS if large else [one for one in KillPoint if one not in FILE_POINTS]
        kill_points = [*points] * -(-kills // len(points))
        self._chance.shuffle(kill_points)
        return kill_points[:kills]

    def _set_faults(self) -> None:
        self._outage_over = asyncio.Event()
        # Discord's edits are held to 5 in 2 s for a token; the bot honours that, the test need not wait for it.
        faults, rate = self.sandbox.dimilinks.faults, self._fault_plan.api_faults
        if rate:
            nothing_bought = [HttpError(500), DropBeforeReading(), DropAfterReading()]
            faults.rate(
                Endpoint.SUBMIT, rate, [*nothing_bought, DropAfterAcceptance(), ErrorAfterAcceptance()]
            )
            faults.rate(Endpoint.TASK, rate, [HttpError(500), DropBeforeReading()])
            faults.rate(Endpoint.CONTENT, rate, [HttpError(500), DropBeforeReading()])
        if self._fault_plan.discord_faults:
            self._discord.faults.rate(self._fault_plan.discord_faults, (429, 500))
        self._discord.event_faults.at_random(self._fault_plan.repeated_events)
        if self._fault_plan.odd_answers:
            self._set_odd_answers(self._fault_plan.odd_answers)

    def _set_odd_answers(self, rate: float) -> None:
        """Answers that hide what was done: torn, late, with an error beside success, or a page in their place."""
        api, discord = self.sandbox.dimilinks.faults, self._discord.faults
        api.rate(
            Endpoint.SUBMIT,
            rate,
            [TornAnswer(), ErrorAfterAcceptance(408), At(SubmitStage.AFTER_ACCEPTANCE, Html(504))],
        )
        beside = TaskShape(extra={"error": {"code": 0, "message": "success"}}, extra_on="completed")
        error = TaskShape(extra={"error": {"code": "upstream_error", "message": "x"}}, extra_on="completed")
        api.rate(Endpoint.TASK, rate, [beside, error, Html(502), HttpError(404, "task_not_found")])
        if self._fault_plan.day_long_retry_after:
            api.task.append(WithHeaders({"Retry-After": "86400"}, HttpError(429, "rate_limit", "x")))
        api.rate(Endpoint.CONTENT, rate, [HttpError(404, "content_not_found"), Truncated(0.5)])
        api.outcome_rate(rate, [FailedAtFirst(1), LateContent(1.0)])
        # The acknowledgement is carried out and its answer lost; so are answers to edits and uploads.
        odd = [
            DiscordFault(route, answer=answer)
            for route in ("POST /interactions/*", "PATCH /webhooks/*", "PATCH /channels/*")
            for answer in OddAnswer
        ]
        lost = DiscordFault("POST /interactions/*", drop=Drop.AFTER)
        discord.at_random(rate, [*odd, lost])

    async def _start(self) -> Process:
        inherited = {
            name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields
        }
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run"),
                cwd=self._folder,
                env={
                    **inherited,
                    **self.sandbox.environment,
                    "PYTHONPATH": str(REPOSITORY),
                    "DATA_DIR": str(self._folder / "data"),
                    "JOBS_AT_ONCE": "100",
                    "JOBS_AT_ONCE_PER_SERVER": "100",
                    "JOBS_AT_ONCE_PER_PERSON": "10",
                    "API_REQUESTS_PER_S": "1000",
                    "LOG_FORMAT": "json",
                    "DATABASE_URL": self._database_url or "",
                },
                stdin=DEVNULL,
                stdout=DEVNULL,
                stderr=log,
            )
        self.picture_deaths.bot_pid = process.pid
        return process

    async def _run_until_killed(self, kill_point: KillPoint) -> None:
        process = await self._start()
        ended = asyncio.create_task(process.wait(), name="process")
        try:
            await self._until(kill_point, ended)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            await ended
            speed_up(self.sandbox)
        self.record.kills += 1
        self.record.kill_points[kill_point] += 1
        self.record.states.update(self._states())

    async def _until(self, kill_point: KillPoint, ended: "asyncio.Task[int]") -> None:
        """Wait for the kill point, or for some seconds where it does not come."""
        caches = self.sandbox.dimilinks.request_log
        ready_at = await self._ready(ended)
        bought = len(caches.submissions)
        patience_s = self._chance.uniform(0.0, 1.5) if kill_point is KillPoint.RANDOM else 2.5
        conditions: dict[KillPoint, Callable[[], bool]] = {
            KillPoint.RANDOM: lambda: False,
            KillPoint.SUBMITTING: lambda: "submitting" in self._states(),
            KillPoint.BOUGHT: lambda: len(caches.submissions) > bought,
            KillPoint.ANSWERED: lambda: len(caches.submissions) > bought,
            KillPoint.GENERATING: lambda: "generating" in self._states(),
            KillPoint.READY: lambda: "ready" in self._states(),
            KillPoint.DELIVERING: lambda: "delivering" in self._states(),
            KillPoint.FINISHING: lambda: self._has_file("*.post.mp4.part"),
            KillPoint.UPLOADING: lambda: self._has_file("*.post.mp4"),
        }
        slow_down(self.sandbox, kill_point)
        loop = asyncio.get_running_loop()
        # What is waited for are plain records and another process, which ring no bell.
        while loop.time() < ready_at + patience_s and not ended.done() and not conditions[kill_point]():  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_EVERY_S)
        if kill_point is not KillPoint.ANSWERED:
            await asyncio.sleep(self._chance.uniform(0.0, 0.1))

    async def _ready(self, ended: "asyncio.Task[int]") -> float:
        """When the bot is connected; a kill now and then strikes before."""
        loop = asyncio.get_running_loop()
        early_s = self._chance.uniform(0.3, 2.0) if self._chance.random() < 0.15 else _START_TIMEOUT_S
        deadline_s = loop.time() + early_s
        while loop.time() < deadline_s and not ended.done() and not self._discord.gateway.ready_shards():  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_EVERY_S)
        return loop.time()

    async def _run_until_done(self) -> None:
        """Run the bot until every job has ended, then stop it as an operator would."""
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + _END_TIMEOUT_S
        status: int | None = None
        while loop.time() < deadline_s:
            process = await self._start()
            ended = asyncio.create_task(process.wait(), name="process")
            try:
                # A start may end because of a fault of Discord's; a supervisor would start it again.
                while loop.time() < deadline_s and not ended.done() and self._busy():  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
                if not ended.done():
                    process.send_signal(signal.SIGTERM)
                    status = await ended
                    break
            finally:
                if not ended.done():
                    process.kill()
                await ended
        assert status == 0, f"the last process ended with {status}; see {self.log}"

    def _busy(self) -> bool:
        still_asked = self._asking is not None and not self._asking.done()
        return still_asked or not self._discord.gateway.ready_shards() or self._has_open_jobs()

    def _has_open_jobs(self) -> bool:
        return bool(self._query("SELECT id FROM jobs WHERE settled_at IS NULL AND parked_at IS NULL")) or any(
            reply.acknowledged_at is None and not reply.failed for reply in self.record.replies.values()
        )

    def _states(self) -> set[str]:
        return {row["state"] for row in self._query("SELECT state FROM jobs WHERE settled_at IS NULL")}

    def _make_large_film(self) -> None:
        films = self._folder / "films"
        films.mkdir()
        write(LARGE, films / "sample-1280x720-6s.mp4")

    def _has_file(self, pattern: str) -> bool:
        return any((self._folder / "data" / "media").glob(pattern))

    def unexplained(self) -> list[str]:
        """The prompts of jobs of unknown outcome without anything for the operator to go by."""
        found = self._query("SELECT prompt FROM jobs WHERE state = 'unknown' AND raw_answer IS NULL")
        return [str(row["prompt"]) for row in found]

    def rows(self, prompt: str) -> list[dict[str, Any]]:
        """The job's row, for the report on a failure."""
        return [row for row in self._query("SELECT * FROM jobs") if row["prompt"] == prompt]

    def _query(self, statement: str) -> list[dict[str, Any]]:
        try:
            return rows_of(self._database_url, self._folder / "data", statement)
        except sqlite3.OperationalError:
            return []  # not there or not migrated yet, or just being replaced
