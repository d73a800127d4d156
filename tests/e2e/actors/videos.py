"""Videos that are asked for: those that finish on command, that wait in line, that are delivered."""

from bot.sandbox.dimilinks import Outcome
from bot.sandbox.discord import Attachment, Channel, MessageVersion, Reply, User
from tests.e2e.actors.harness import TIMEOUT_S, Stage
from tests.e2e.actors.pictures import picture

RESULT = ["Again", "Change", "Use last frame", "Delete", "Report"]


def upload(stage: Stage, name: str = "cat.png", size: tuple[int, int] = (64, 48)) -> Attachment:
    """A picture to send; its size tells it from others."""
    return stage.sandbox.discord.upload(name, picture(size=size))


def hold(stage: Stage, videos: int = 1) -> None:
    """Have the next videos that are bought stay unfinished, until `finish`."""
    stage.sandbox.dimilinks.faults.outcomes.extend([Outcome.NEVER_FINISHES] * videos)


def finish(stage: Stage, prompt: str, outcome: Outcome | None = None) -> None:
    """Have a video that was held end now: well, or with `outcome`."""
    tasks = stage.sandbox.dimilinks._tasks  # pyright: ignore[reportPrivateUsage] - scripted by time alone
    held = [task for task in tasks.values() if task.submission.prompt == prompt]
    assert held, f"nothing was bought for {prompt!r}"
    for task in held:
        task.outcome = outcome


async def being_made(stage: Stage, prompt: str, *, user: User | None = None, private: bool = False) -> Reply:
    """A video that was bought and stays unfinished, until `finish`."""
    hold(stage)
    reply = await stage.video(prompt, user=user, private=private)
    await reply.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    return reply


async def in_line(
    stage: Stage, prompt: str, *, user: User | None = None, channel: Channel | None = None
) -> Reply:
    """A request that waits its turn."""
    reply = await stage.video(prompt, user=user, channel=channel)
    await reply.wait_for(lambda version: "in line" in version.text(), TIMEOUT_S)
    return reply


async def delivered(
    stage: Stage,
    *,
    channel: Channel | None = None,
    user: User | None = None,
    **options: str | bool | Attachment,
) -> Reply:
    """A finished video, with nothing left to do for it."""
    reply = await stage.video("a paper boat", channel=channel, user=user, **options)
    await shown(stage, reply)
    return reply


async def shown(stage: Stage, reply: Reply) -> MessageVersion:
    """The video of a reply, with nothing left to do for it."""
    seen = await reply.wait_for_video(TIMEOUT_S)
    await stage.app.engine.idle()
    return seen


def widths(stage: Stage) -> list[int]:
    """The pictures of the last video that was bought, by their widths."""
    return [reference.width for reference in stage.sandbox.dimilinks.books.submissions[-1].references]
