"""The stage of the end-to-end tests: the sandbox, the real bot against it, a server with people in it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.app import App, Tuning, open_app
from bot.jobs import Patience, PollPace
from bot.sandbox.dimilinks import Pace
from bot.sandbox.dimilinks.books import Request
from bot.sandbox.discord import Attachment, CallbackKind, Channel, Guild, MessageVersion, Reply, User
from bot.sandbox.film import SampleStudio
from bot.sandbox.sandbox import Sandbox
from bot.settings import load

QUICK = Tuning(
    edit_interval_s=0.2,
    poll_pace=PollPace(shortest_s=0.05, longest_s=0.2),
    patience=Patience(
        submit_s=2.0, resubmit_first_s=0.1, resubmit_longest_s=0.5, generate_s=8.0, download_s=3.0
    ),
    stop_grace_s=5.0,
)
QUICK_PACE = Pace(queue_s=0.1, generate_s=0.5)
TIMEOUT_S = 20.0


ENDINGS = ("Here is your video", "No video this time")


def _is_refusal(reply: Reply) -> bool:
    return reply.ack_type is CallbackKind.MESSAGE


@dataclass
class Stage:
    """Everything an end-to-end test talks to."""

    sandbox: Sandbox
    app: App
    guild: Guild
    channel: Channel
    adult_channel: Channel
    user: User
    data_dir: Path

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
            lambda version: any(end in version.text() for end in ENDINGS) or _is_refusal(reply), TIMEOUT_S
        )
        await self.app.engine.idle()
        return shown

    @property
    def submissions_sent(self) -> list[Request]:
        """The requests that tried to buy, whatever came of them."""
        return [request for request in self.sandbox.dimilinks.books.requests if request.method == "POST"]

    @property
    def bought(self) -> int:
        """How many videos the operator has to pay for."""
        return len(self.sandbox.dimilinks.books.submissions)


@asynccontextmanager
async def open_stage(
    tmp_path: Path, *, tuning: Tuning = QUICK, pace: Pace = QUICK_PACE
) -> AsyncGenerator[Stage]:
    """Run sandbox and bot; afterwards neither service may have seen a malformed request."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    data_dir = tmp_path / "data"
    try:
        async with Sandbox(SampleStudio(tmp_path / "films"), pace=pace) as sandbox:
            overrides = {name.lower(): value for name, value in sandbox.environment.items()}
            settings = load({**overrides, "data_dir": data_dir}, env_file=None)
            guild = sandbox.discord.add_guild("Server")
            channel = guild.add_channel("general")
            adult_channel = guild.add_channel("after-dark", nsfw=True)
            user = sandbox.discord.add_user("ada")
            guild.join(user)
            async with open_app(settings, tuning=tuning) as app:
                running = asyncio.create_task(app.run())
                await sandbox.discord.wait_until_ready(timeout_s=TIMEOUT_S)
                await sandbox.discord.wait_for_commands(timeout_s=TIMEOUT_S)
                yield Stage(sandbox, app, guild, channel, adult_channel, user, data_dir)
                await app.stop()
                await running
            assert sandbox.discord.violations == []
            assert sandbox.dimilinks.books.violations == []
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, yarl.URL(str(gateway))
