"""`python -m bot demo`: runs one `/video` in the sandbox, shows every version of the reply, saves the video."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.app import App, open_app
from bot.cli.demo.events import DemoScreen, Saved, Typed
from bot.cli.demo.following import Following
from bot.cli.demo.screens import chosen_screen
from bot.cli.demo.server import DemoServer
from bot.cli.failure import CommandFailedError, ExitStatus
from bot.sandbox.dimilinks import TaskPace
from bot.sandbox.discord import Attachment
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.video_factory import DrawnVideoFactory
from bot.services.order import VideoOrder
from bot.settings import load
from bot.texts import console, console_demo

_PACE: Final = TaskPace(queue_s=2.0, generate_s=10.0)
_START_TIMEOUT_S: Final = 180.0
_ACK_DEADLINE_S: Final = 120.0
"""Discord's three seconds are for machines that do nothing else; a demo may run on a laptop that does."""


@dataclass(frozen=True)
class DemoOptions:
    """The request, its pictures, the folder where the video is saved, and whether scripts read the output."""

    order: VideoOrder
    images: tuple[Path, ...]
    out: Path
    as_json: bool = False


async def demo(options: DemoOptions) -> None:
    """Run the demo. Raises `CommandFailedError` if the bot refused the request or the job failed."""
    with (
        tempfile.TemporaryDirectory(prefix="stillmotion-demo-") as scratch,
        chosen_screen(as_json=options.as_json) as screen,
    ):
        folder = Path(scratch)
        films = DrawnVideoFactory(folder / "films", notice=console_demo.SIMULATED)
        async with (
            Sandbox(films, pace=_PACE, ack_deadline_s=_ACK_DEADLINE_S) as sandbox,
            _running_bot(sandbox, folder / "data") as app,
        ):
            await _play(sandbox, app, options, screen)


async def _play(sandbox: Sandbox, app: App, options: DemoOptions, screen: DemoScreen) -> None:
    server = DemoServer.made(sandbox.discord, options.order.options.preset)
    await server.set_rules(screen.show)
    reply, line = await server.type_video(options.order, options.images)
    screen.show(Typed("command", server.member.name, server.channel.name, line, 0.0))
    video = await Following(reply, app, server, screen).video()
    saved = await asyncio.to_thread(_save, video, options.out)
    at_s = asyncio.get_running_loop().time() - reply.dispatched_at
    screen.show(Saved(saved, saved.stat().st_size, at_s))


@asynccontextmanager
async def _running_bot(sandbox: Sandbox, data_dir: Path) -> AsyncGenerator[App]:
    # The demo owes nothing to the environment: every setting it depends on is given here.
    overrides = {name.lower(): value for name, value in sandbox.environment.items()}
    settings = load({**overrides, "data_dir": data_dir, "dimilinks_group": None}, env_file=None)
    async with open_app(settings) as app:
        running = asyncio.create_task(app.run(), name="bot")
        try:
            await sandbox.discord.wait_until_ready(timeout_s=_START_TIMEOUT_S)
            await sandbox.discord.wait_for_commands(timeout_s=_START_TIMEOUT_S)
            yield app
        except TimeoutError:
            raise CommandFailedError(console.failed(console_demo.NOT_STARTED), ExitStatus.FAILED) from None
        finally:
            await app.stop()
            await asyncio.wait([running])


def _save(video: Attachment, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(video.path, folder / video.filename))
