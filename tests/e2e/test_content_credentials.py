"""Content credentials of posted videos, in the running bot."""

import stat
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e.actors.buttons import message_of
from tests.e2e.actors.harness import QUICK, Harness, open_harness
from tests.e2e.actors.videos import delivered
from tests.video_files.credentials import NOT_INSTALLED, REASON, shown

pytestmark = pytest.mark.skipif(NOT_INSTALLED, reason=REASON)
SIGNING = replace(QUICK, signs_videos=True)


@pytest.fixture
async def signing(tmp_path: Path, database_url: str | None) -> AsyncGenerator[Harness]:
    async with open_harness(tmp_path, database_url, tuning=SIGNING) as opened:
        yield opened


async def test_a_posted_video_is_signed_with_a_key_that_the_first_start_made(signing: Harness) -> None:
    key = signing.data_dir / "marks" / "key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    reply = await delivered(signing)
    (video,) = message_of(reply).current.videos
    found = shown(video.path)
    assert found is not None
    assert found.state == "Valid"
    assert found.actions == [("c2pa.created", "trainedAlgorithmicMedia")]
    assert sorted(path.name for path in key.parent.iterdir()) == ["certificate.pem", "key.pem"]


async def test_with_a_certificate_that_cannot_be_read_videos_are_posted_unsigned(
    tmp_path: Path, database_url: str | None
) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("nonsense")
    async with open_harness(
        tmp_path, database_url, tuning=SIGNING, mark_key=wrong, mark_certificate=wrong
    ) as harness:
        (video,) = message_of(await delivered(harness)).current.videos
        assert shown(video.path) is None
