"""A spool of reference images for tests, and what it makes of one file, in the words of the corpus."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from bot.children.pool import ChildPool
from bot.children.process import ChildSpec
from bot.files.local_files import LocalFiles
from bot.images.model import ImageRefusedError
from bot.images.preparation import PicturePreparation
from bot.images.spool import ReferenceSpool
from bot.settings import Settings
from bot.video_files.frames import VideoFrames, video_pool
from tests.images.corpus.judge import Answer, Declined, Sent

_JOB = "job"
DEFAULT_MEMORY_MB = int(Settings.model_fields["child_memory_mb"].default)


@asynccontextmanager
async def open_spool(folder: Path, memory_mb: int = DEFAULT_MEMORY_MB) -> AsyncGenerator[ReferenceSpool]:
    """Open a spool in a folder that exists, whose children may take so much memory each."""
    memory_bytes = memory_mb * 1024 * 1024
    # More time than in production: on a machine that runs tests side by side a large picture takes longer.
    pictures = ChildPool(ChildSpec("bot.images.decoding.main", memory_bytes), at_once=2, within_s=60)
    async with aiohttp.ClientSession() as session, pictures, video_pool(memory_bytes) as videos:
        yield ReferenceSpool(
            session,
            files=LocalFiles(folder),
            allowed_hosts=["127.0.0.1"],
            pictures=PicturePreparation(pictures),
            frames=VideoFrames(videos),
        )


async def answer_to(spool: ReferenceSpool, content: bytes, folder: Path) -> Answer:
    """Return what the spool makes of a file that is attached with this content."""
    attached = folder / "attached"
    attached.write_bytes(content)
    try:
        (reference,) = await spool.adopt(_JOB, [attached])
    except ImageRefusedError as refused:
        return Declined(str(refused.problem), refused.detail)
    sent = Sent(reference.path.read_bytes(), str(reference.mime), reference.width_px, reference.height_px)
    await spool.discard(_JOB)
    return sent
