"""Draws the pictures of `docs/pictures` from what the real bot shows in the sandbox.

`python -m tests.docs.pictures` draws them anew. Names and times are those of the run, so two runs differ;
`tests/docs/test_pictures.py` says when a new one is due.
"""

import asyncio
import io
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import av

from bot.moderation.rules import Gate, Mode, ServerRules
from bot.sandbox.dimilinks import TaskPace
from bot.sandbox.discord import MessageVersion
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.video_factory import DrawnVideoFactory
from tests.docs.discord_look import Drawing, Typed, message_svg
from tests.e2e.actors.approvals import ask, moderator, question
from tests.e2e.actors.harness import QUICK, Harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.settings import boss, settings
from tests.e2e.actors.videos import hold
from tests.patience import ACK_DEADLINE_S

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures"
PROMPT = "a paper boat drifts through a flooded street at dusk, lanterns in the windows"
VIDEO_TIMEOUT_S = 180.0
FRAME_WIDTH = 640


@asynccontextmanager
async def harbour(folder: Path) -> AsyncGenerator[Harness]:
    """The real bot in a server of the sandbox, with films that are drawn for their prompts."""
    pace = TaskPace(queue_s=2.0, generate_s=8.0)
    async with Sandbox(
        DrawnVideoFactory(folder / "films", workers=1), pace=pace, ack_deadline_s=ACK_DEADLINE_S
    ) as sandbox:
        guild = sandbox.discord.add_guild("Harbour")
        channel, adult = guild.add_channel("general"), guild.add_channel("after-dark", nsfw=True)
        user = sandbox.discord.add_user("ada")
        guild.join(user)
        tuning = replace(QUICK, expire_after_s=600.0)
        harness = Harness(sandbox, guild, channel, adult, user, folder / "data", tuning)
        reviews = guild.add_channel("reviews", nsfw=True)
        owner = boss(harness)
        harness.rules = ServerRules(
            spicy_confirmed_by=owner.id, modes={Gate.SPICY: Mode.APPROVAL}, review_channel_id=reviews.id
        )
        try:
            await harness.start()
            yield harness
        finally:
            await harness.stop()


def middle_frame(film: Path) -> bytes:
    """A JPEG of the frame in the middle of a film."""
    with av.open(film) as container:
        frames = [frame for number, frame in enumerate(container.decode(video=0)) if number % 12 == 0]
    image = frames[len(frames) // 2].to_image()
    image.thumbnail((FRAME_WIDTH, FRAME_WIDTH))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=78, optimize=True)
    return out.getvalue()


def save(name: str, version: MessageVersion, title: str, typed: Typed | None) -> None:
    """Draw a state of a message into `docs/pictures`."""
    media = {video.filename: middle_frame(video.path) for video in version.videos}
    names = {mention.strip("<>"): shown for mention, shown in (version.mentions or {}).items()}
    drawing = Drawing(names, version.moment, media)
    svg = message_svg(version.components, drawing, title=title, typed=typed, private=version.ephemeral)
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.svg").write_text(svg, encoding="utf-8")


async def draw_all(folder: Path) -> None:
    """Draw every picture."""
    async with harbour(folder) as harness:
        reply = await harness.video(PROMPT, seconds="10")
        await reply.wait_for_video(VIDEO_TIMEOUT_S)
        finished = await harness.ended(reply)
        save("video", finished, "A finished video below its prompt, with buttons", Typed("ada", "/video"))

        hold(harness)
        moderator(harness)
        waiting = await harness.video("a lighthouse keeper waves from the gallery, slow zoom")
        await waiting.wait_for_answer(VIDEO_TIMEOUT_S)
        await ask(harness, "two dancers in a red room, candlelight")
        card = await question(harness)
        asked = card.versions[-1]
        save("question", asked, "Moderators are asked about a spicy request", None)

        listed = await list_jobs(harness)
        save("jobs", listed.versions[-1], "The list of one's own videos", Typed("ada", "/jobs"))

        owner = next(member.user for member in harness.guild.members.values() if member.user.name == "bo")
        panel = await settings(harness, owner)
        save("settings", panel.versions[-1], "The settings of a server", Typed("bo", "/settings"))


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="stillmotion-pictures-") as folder:
        asyncio.run(draw_all(Path(folder)))


if __name__ == "__main__":
    main()
