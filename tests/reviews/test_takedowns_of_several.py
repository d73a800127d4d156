"""Reported videos where several processes see to them: what one of them no longer has in hand is left to others."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.delivery.messages import DiscordUnavailableError, Post, ReplyAddress
from bot.reviews.case import VideoMessage
from bot.reviews.review import Review, ReviewState, ReviewSubject
from bot.reviews.takedowns import Takedowns
from bot.storage.advisory_locks import SoleWork
from bot.storage.database import Database
from bot.video import Preset
from tests.moderation.audited import alone
from tests.postgresql.server import PostgresqlServer
from tests.postgresql.sharing import shared
from tests.reviews.contested_request import (
    CHANNEL,
    MESSAGE,
    OWNER,
    USER,
    ContestedRequest,
    PlayedDiscord,
    asked,
)

pytestmark = pytest.mark.postgresql

REPORTED: dict[str, Any] = {
    "subject": ReviewSubject.REPORT,
    "preset": Preset.FUN,
    "user": USER,
    "quorum": 1,
}


@pytest.fixture
def name(postgresql: PostgresqlServer) -> Iterator[str]:
    with postgresql.new_database() as made:
        yield made


@pytest.fixture
async def database(postgresql: PostgresqlServer, name: str) -> AsyncGenerator[Database]:
    async with shared(postgresql.address(name)) as opened:
        yield opened


@dataclass
class Interrupted:
    """Discord, which is away for one edit, while which something happens."""

    discord: PlayedDiscord
    meanwhile: Callable[[], Awaitable[None]]
    edits: int = 0

    async def edit_as_bot(self, address: ReplyAddress, post: Post, *, opens_thread: bool = True) -> int:
        self.edits += 1
        if self.edits == 1:
            await self.meanwhile()
            raise DiscordUnavailableError("away for a moment")
        return await self.discord.edit_as_bot(address, post, opens_thread=opens_thread)


async def question(contested: ContestedRequest) -> Review:
    found = await contested.reviews.latest(contested.job_id, ReviewSubject.REPORT)
    assert found is not None
    return found


async def restore(contested: ContestedRequest) -> Review:
    """Have the video restored, by whoever applies that."""
    review, close = await question(contested), contested.reviews.close
    closed = await alone(contested.audit, close, review.id, ReviewState.APPROVED, contested.now(), by=OWNER)
    assert closed is not None
    return closed


async def remove(contested: ContestedRequest, takedowns: Takedowns) -> None:
    job = await contested.jobs.get(contested.job_id)
    decided = await alone(contested.audit, takedowns.decide, job, VideoMessage(CHANNEL, MESSAGE), by=OWNER)
    assert decided is not None
    await takedowns.apply(decided)


@pytest.mark.parametrize("late", ["hiding", "restoring"])
async def test_what_a_process_began_before_it_lost_its_session_changes_no_message(
    postgresql: PostgresqlServer, name: str, database: Database, tmp_path: Path, late: str
) -> None:
    async with asked(database, tmp_path, **REPORTED) as contested:
        other = contested.decisions.takedowns

        async def meanwhile() -> None:
            postgresql.end_sessions(name)
            await other.finish()
            if late == "hiding":
                await other.apply(await restore(contested))
            else:
                await remove(contested, other)

        discord: Any = Interrupted(contested.discord, meanwhile)
        one = replace(other, messages=discord)
        if late == "restoring":
            await other.finish()
            await restore(contested)
        await one.finish()
        assert discord.edits == 1
        assert contested.discord.shows_video is (late == "hiding")


@pytest.mark.slow
async def test_a_video_that_another_process_sees_to_holds_no_other_up(
    postgresql: PostgresqlServer, name: str, database: Database, tmp_path: Path
) -> None:
    async with (
        asked(database, tmp_path, **REPORTED) as busy,
        asked(database, tmp_path, **REPORTED) as contested,
        shared(postgresql.address(name)) as other,
        other.alone(SoleWork.TAKEDOWN, busy.job_id),
    ):
        takedowns = replace(contested.decisions.takedowns)
        await takedowns.finish()
        assert (await question(contested)).outstanding is None
        assert (await question(busy)).outstanding is not None
        assert contested.discord.shows_video is False
