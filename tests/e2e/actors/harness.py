"""Test harness of the end-to-end tests: the sandbox, the bot that runs against it, and a server with users."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.app import App, Role, Tuning, open_app
from bot.jobs.queue.poll_schedule import PollIntervals
from bot.lifecycle.pauses import ProbeIntervals
from bot.lifecycle.task_patience import PatienceLimits
from bot.lifecycle.timeouts import Timeouts
from bot.moderation.rules import Gate, Mode, ServerRules
from bot.reviews.report_waits import ReportWaits
from bot.sandbox.dimilinks import TaskPace
from bot.sandbox.dimilinks.request_log import Request
from bot.sandbox.discord import (
    Attachment,
    BucketRule,
    CallbackKind,
    Channel,
    Guild,
    Intents,
    MessageVersion,
    RateLimits,
    Reply,
    User,
)
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.video_factory import SampleVideoFactory
from bot.settings import load
from bot.texts import jobs
from cogs.shared.respond import LookUpTimes
from tests.patience import ACK_DEADLINE_S
from tests.postgresql.outside import rows_of
from tests.storage.new_database import place_new_database

QUICK = Tuning(
    edit_interval_s=0.2,
    poll_intervals=PollIntervals(shortest_s=0.05, longest_s=0.2),
    timeouts=Timeouts(
        submit_s=4.0,
        resubmit_first_s=0.1,
        resubmit_longest_s=0.5,
        clock_settles_s=0.5,
        look_again_s=4.0,
        patience=PatienceLimits(failure_pause_s=0.1, absent_s=2.5, content_pause_s=0.2),
        untold_s=1.0,
        download_s=4.0,
        storage_longest_s=0.3,
    ),
    probe_intervals=ProbeIntervals(first_s=0.8, longest_s=1.2, question_s=0.2, evidence_s=0.6),
    report_waits=ReportWaits(edit_s=1.5, away_s=0.0, refused_s=0.0),
    members_kept_s=0.0,
    segment_within_s=15.0,  # however busy other tests keep the machine
    # A machine that is busy with other tests is no fault of the bot; what is late is tested with the usual times.
    look_ups=LookUpTimes(all_s=4.0, page_s=2.5),
    deadline_wait_s=0.0,
    expire_after_s=120.0,
    signs_videos=False,
)
SPICY_ON = ServerRules(spicy_confirmed_by=1, modes={Gate.SPICY: Mode.OPEN})
"""As most tests want the server: spicy in age-restricted channels."""
QUICK_PACE = TaskPace(queue_s=0.1, generate_s=0.5)
QUICK_LIMITS = RateLimits(
    webhook=BucketRule("webhook", 5, 0.2),
    callback=BucketRule("callback", 5, 0.2),
    channel_messages=BucketRule("channel_messages", 5, 0.4),
    channel_edits=BucketRule("channel_edits", 5, 0.4),
)
"""As many requests as Discord lets pass, in times that are shorter as the waits between two edits are: the request
that uses a limit up waits, in discord.py, until its time is over."""
TIMEOUT_S = 60.0
STOP_GRACE_S = 5.0


def utc_now() -> datetime:
    return datetime.now(UTC)


BEING_STORED = jobs.BEING_STORED.english
"""Stands in a reply whose request the disk has not taken within a second."""
ENDINGS = ("Here is your video", "No video this time", "Cancelled", "Your video is ready\n")


def _is_refusal(reply: Reply) -> bool:
    return reply.ack_type is CallbackKind.MESSAGE and BEING_STORED not in reply.versions[0].text()


@dataclass
class Harness:
    """All that an end-to-end test talks to: the sandbox, the running bot, its data, and a server."""

    sandbox: Sandbox
    guild: Guild
    channel: Channel
    adult_channel: Channel
    user: User
    data_dir: Path
    tuning: Tuning
    now: Callable[[], datetime] = utc_now
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    database_url: str | None = None
    """The address of the database; None is the file in the data folder."""
    rules: ServerRules | None = None
    """What the server's moderators decided before the first start."""
    role: Role = Role.ALONE
    _running: App | None = None
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def app(self) -> App:
        """The bot that runs now."""
        assert self._running is not None, "the bot is stopped"
        return self._running

    async def start(self, **settings: Any) -> None:
        """Start the bot, with settings changed by name from now on."""
        self.settings |= settings
        app = await self.begin(self.role, self._stack)
        discord = self.sandbox.discord
        await discord.wait_until_ready(timeout_s=TIMEOUT_S)
        await discord.wait_for_commands(timeout_s=TIMEOUT_S)
        if self.rules is not None:
            await app.moderation.caches.rules.change(self.guild.id, self.rules)
            self.rules = None
        self._running = app

    async def begin(self, role: Role, stack: AsyncExitStack) -> App:
        """Have a process run on the same data, until the stack is left."""
        overrides = {name.lower(): value for name, value in self.sandbox.environment.items()}
        loaded = load(
            {**overrides, "data_dir": self.data_dir, "stop_grace_s": STOP_GRACE_S, **self.settings},
            env_file=None,
        )
        app = await stack.enter_async_context(open_app(loaded, tuning=self.tuning, now=self.now, role=role))
        running = asyncio.create_task(app.run())
        stack.push_async_callback(_ended, app, running)
        return app

    async def stop(self) -> None:
        """Stop the bot as SIGTERM does."""
        self._running = None
        await self._stack.aclose()

    async def restart(self, **settings: Any) -> None:
        """Stop it, then start it on the same data."""
        await self.stop()
        await self.start(**settings)

    def rows(self, columns: str = "*") -> list[dict[str, Any]]:
        """The jobs as they are stored, oldest first, read from outside the bot."""
        statement = f"SELECT {columns} FROM jobs ORDER BY created_at, lookup"  # noqa: S608 - ours
        return rows_of(self.database_url, self.data_dir, statement)

    def member(self, name: str, *, roles: list[Any] | None = None) -> User:
        """Add another member to the server."""
        user = self.sandbox.discord.add_user(name)
        self.guild.join(user, roles)
        return user

    async def video(
        self,
        prompt: str = "a paper boat",
        *,
        channel: Channel | None = None,
        user: User | None = None,
        **options: str | bool | Attachment,
    ) -> Reply:
        """Type `/video`, also with what Discord's client would not send."""
        return await self.sandbox.discord.invoke(
            "video",
            user=user or self.user,
            channel=channel or self.channel,
            options={"prompt": prompt, **options},
            force=True,
        )

    async def ended(self, reply: Reply) -> MessageVersion:
        """The last version of a reply: a refusal, a video, or the reason why there is none."""
        shown = await reply.wait_for(
            lambda version: any(end in version.text() for end in ENDINGS) or _is_refusal(reply),
            TIMEOUT_S,
        )
        await self.app.jobs.runner.idle()
        return shown

    @property
    def submissions_sent(self) -> list[Request]:
        """The requests that tried to buy, whatever came of them."""
        return [
            request for request in self.sandbox.dimilinks.request_log.requests if request.method == "POST"
        ]

    @property
    def bought(self) -> int:
        """How many videos the operator has to pay for."""
        return len(self.sandbox.dimilinks.request_log.submissions)


async def _ended(app: App, running: asyncio.Task[None]) -> None:
    await app.stop()
    await running


@asynccontextmanager
async def open_harness(
    tmp_path: Path,
    database_url: str | None,
    *,
    tuning: Tuning = QUICK,
    pace: TaskPace = QUICK_PACE,
    now: Callable[[], datetime] = utc_now,
    privileged_intents: Intents = Intents.NONE,
    limits: RateLimits = QUICK_LIMITS,
    rules: ServerRules | None = SPICY_ON,
    ack_deadline_s: float = ACK_DEADLINE_S,
    proxy_url: str | None = None,
    role: Role = Role.ALONE,
    **settings: Any,
) -> AsyncGenerator[Harness]:
    """Run sandbox and bot; afterwards neither service may have seen a malformed request.

    With `proxy_url` the bot reaches its database by that address.
    """
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    try:
        studio, intents = SampleVideoFactory(tmp_path / "films"), privileged_intents
        async with Sandbox(
            studio, pace=pace, privileged_intents=intents, limits=limits, ack_deadline_s=ack_deadline_s
        ) as sandbox:
            guild = sandbox.discord.add_guild("Server")
            channel = guild.add_channel("general")
            adult_channel = guild.add_channel("after-dark", nsfw=True)
            user = sandbox.discord.add_user("ada")
            guild.join(user)
            harness = Harness(sandbox, guild, channel, adult_channel, user, tmp_path / "data", tuning, now)
            harness.rules, harness.database_url, harness.role = rules, database_url, role
            if database_url is None:
                place_new_database(harness.data_dir)
            try:
                await harness.start(database_url=proxy_url or database_url, **settings)
                yield harness
            finally:
                await harness.stop()
            assert sandbox.discord.violations == []
            assert sandbox.dimilinks.request_log.violations == []
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, yarl.URL(str(gateway))
