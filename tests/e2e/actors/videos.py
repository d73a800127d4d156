"""Videos that are asked for: those that finish on command, that wait in line, that are delivered."""

from pathlib import Path

from bot.sandbox.dimilinks import TaskOutcome
from bot.sandbox.discord import Attachment, Channel, MessageVersion, Reply, User
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.pictures import picture
from tests.video_files.scenes import Scene, write

LARGE = Scene("photograph", 640, 360, 6, 1_500_000, grain=2, sound=False)
"""A film that can be made a third of its size."""
RESULT = ["Again", "Change", "Use last frame", "Delete", "Report", "More"]


def upload(harness: Harness, name: str = "cat.png", size: tuple[int, int] = (96, 72)) -> Attachment:
    """A picture to send; its size tells it from others."""
    return harness.sandbox.discord.upload(name, picture(size=size))


def film_that_comes(harness: Harness, scene: Scene = LARGE) -> Path:
    """Have all further videos of 6 s in 1280x720 be this film."""
    folder = harness.data_dir.parent / "films"
    folder.mkdir(exist_ok=True)
    return write(scene, folder / "sample-1280x720-6s.mp4")


def media(harness: Harness) -> list[str]:
    """The names of the files in the media folder."""
    return sorted(path.name for path in (harness.data_dir / "media").iterdir())


def forget_originals(harness: Harness) -> None:
    """Delete the originals of delivered videos, as when their time is over."""
    for path in (harness.data_dir / "media").glob("*.mp4"):
        path.unlink()


def limit_files(harness: Harness, limit_bytes: int) -> None:
    """Have Discord allow no larger files from now on, and say so."""
    harness.sandbox.discord.core.world.default_upload_limit_bytes = limit_bytes


def hold(harness: Harness, videos: int = 1) -> None:
    """Have the next videos that are bought stay unfinished, until `finish`."""
    harness.sandbox.dimilinks.faults.outcomes.extend([TaskOutcome.NEVER_FINISHES] * videos)


def finish(harness: Harness, prompt: str = "a paper boat", outcome: TaskOutcome | None = None) -> None:
    """Have a video that was held end now: well, or with `outcome`."""
    tasks = harness.sandbox.dimilinks._tasks  # pyright: ignore[reportPrivateUsage] - scripted by time alone
    held = [task for task in tasks.values() if task.submission.prompt == prompt]
    assert held, f"nothing was bought for {prompt!r}"
    for task in held:
        task.outcome = outcome


async def being_made(
    harness: Harness,
    prompt: str = "a paper boat",
    *,
    user: User | None = None,
    **options: str | bool | Attachment,
) -> Reply:
    """A video that was bought and stays unfinished, until `finish`."""
    hold(harness)
    reply = await harness.video(prompt, user=user, **options)
    await reply.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    return reply


async def in_line(
    harness: Harness, prompt: str, *, user: User | None = None, channel: Channel | None = None
) -> Reply:
    """A request that waits its turn."""
    reply = await harness.video(prompt, user=user, channel=channel)
    await reply.wait_for(lambda version: "in line" in version.text(), TIMEOUT_S)
    return reply


async def delivered(
    harness: Harness,
    *,
    channel: Channel | None = None,
    user: User | None = None,
    **options: str | bool | Attachment,
) -> Reply:
    """A finished video, with nothing left to do for it."""
    reply = await harness.video("a paper boat", channel=channel, user=user, **options)
    await shown(harness, reply)
    return reply


async def shown(harness: Harness, reply: Reply) -> MessageVersion:
    """The video of a reply, with nothing left to do for it."""
    seen = await reply.wait_for_video(TIMEOUT_S)
    await harness.app.jobs.runner.idle()
    return seen


def widths(harness: Harness) -> list[int]:
    """The pictures of the last video that was bought, by their widths."""
    return [reference.width for reference in harness.sandbox.dimilinks.request_log.submissions[-1].references]
