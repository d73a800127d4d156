"""`python -m bot demo`: runs one `/video` in the sandbox, prints every version of the reply, saves the video."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from bot.app import App, open_app
from bot.cli.failure import CommandFailedError, ExitStatus
from bot.sandbox.dimilinks import TaskPace
from bot.sandbox.discord import Attachment, Reply
from bot.sandbox.discord.versions import VersionKind
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.video_factory import DrawnVideoFactory
from bot.services.order import VideoOrder
from bot.settings import load
from bot.texts import console
from bot.video import REFERENCES_MAX

_PACE: Final = TaskPace(queue_s=2.0, generate_s=12.0)
_START_TIMEOUT_S: Final = 30.0
_VIDEO_TIMEOUT_S: Final = 300.0
_LOOK_AGAIN_S: Final = 0.1
_WORKERS: Final = 1


@dataclass(frozen=True)
class DemoOptions:
    """The request, its pictures, and the folder where the video is saved."""

    order: VideoOrder
    images: tuple[Path, ...]
    out: Path


async def demo(options: DemoOptions) -> None:
    """Run the demo. Raises `CommandFailedError` if the bot refused the request or the job failed."""
    screen = Console()
    screen.print(console.DEMO_STARTING, style="dim")
    with tempfile.TemporaryDirectory(prefix="stillmotion-demo-") as scratch:
        folder = Path(scratch)
        async with (
            Sandbox(DrawnVideoFactory(folder / "films", workers=_WORKERS), pace=_PACE) as sandbox,
            _running_bot(sandbox, folder / "data") as app,
        ):
            reply = await _invoke(sandbox, options)
            video = await _follow(reply, app, screen)
            saved = await asyncio.to_thread(_save, video, options.out)
            screen.print(console.saved(str(saved), saved.stat().st_size), style="bold green")


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
            raise CommandFailedError(console.failed(console.NOT_STARTED), ExitStatus.FAILED) from None
        finally:
            await app.stop()
            await asyncio.wait([running])


async def _invoke(sandbox: Sandbox, options: DemoOptions) -> Reply:
    guild = sandbox.discord.add_guild("Demo server")
    channel = guild.add_channel("general")
    user = sandbox.discord.add_user("you")
    guild.join(user)
    order = options.order
    chosen = {
        "prompt": order.prompt,
        "seconds": order.options.seconds,
        "size": order.options.size,
        "resolution": order.options.resolution,
        "preset": order.options.preset,
    }
    typed: dict[str, str | int | bool | Attachment] = {
        name: value for name, value in chosen.items() if value is not None
    }
    if len(options.images) > REFERENCES_MAX:
        raise CommandFailedError(console.failed(console.too_many_images()), ExitStatus.FAILED)
    for number, path in enumerate(options.images, start=1):
        name = "image" if number == 1 else f"image{number}"
        try:
            typed[name] = await asyncio.to_thread(sandbox.discord.upload, path.name, path)
        except OSError as error:
            told = console.failed(f"{path}: {error.strerror}")
            raise CommandFailedError(told, ExitStatus.FAILED) from None
    # Forced: what Discord's own client would not even send is for the bot to answer.
    return await sandbox.discord.invoke("video", user=user, channel=channel, options=typed, force=True)


async def _follow(reply: Reply, app: App, screen: Console) -> Attachment:
    """Print every version of the reply until one has a video, and return that video."""
    printed = 0
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + _VIDEO_TIMEOUT_S
    while loop.time() < deadline_s:
        # The job starts a moment after the acknowledgement, so a reply that is still "thinking" has not ended.
        answered = bool(reply.versions) and reply.versions[-1].kind is not VersionKind.THINKING
        ended = answered and app.jobs.runner.running == 0
        for version in reply.versions[printed:]:
            printed += 1
            heading = console.reply_version(printed, version.at - reply.dispatched_at)
            screen.print(Panel(Text(version.render()), title=heading, title_align="left"))
            if version.videos:
                return version.videos[0]
        if ended:
            raise CommandFailedError(console.failed(console.NO_VIDEO_IN_REPLY), ExitStatus.FAILED)
        await asyncio.sleep(_LOOK_AGAIN_S)
    raise CommandFailedError(console.failed(console.NO_REPLY), ExitStatus.FAILED)


def _save(video: Attachment, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(video.path, folder / video.filename))
