"""Pictures and videos in a bucket: what is missing here is fetched, and what is deleted goes there as well."""

from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.sandbox.dimilinks import TaskOutcome
from bot.sandbox.discord import Reply
from bot.texts import copies, files
from tests.e2e.actors import approvals
from tests.e2e.actors.approvals import moderator, question, spicy
from tests.e2e.actors.bucket import QUICK_STORE, elsewhere, empty_disk, with_bucket
from tests.e2e.actors.buttons import message_of, press, told
from tests.e2e.actors.damage import rewrite
from tests.e2e.actors.faults import close_every_way, reopen_every_way
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.privacy import deleted
from tests.e2e.actors.records import states
from tests.e2e.actors.reports import hidden, rule
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import being_made, delivered, finish, forget_originals, shown, upload, widths
from tests.files.s3_server import S3Server, StoredObject, Trouble

pytestmark = pytest.mark.started_with(tuning=QUICK_STORE)


@pytest.fixture
async def bucket(harness: Harness) -> AsyncGenerator[S3Server]:
    async with with_bucket(harness, jobs_at_once=1) as server:
        yield server


def downloads(harness: Harness) -> int:
    return harness.sandbox.dimilinks.request_log.downloads.total()


def noted(harness: Harness) -> list[str | None]:
    return [row["original_name"] for row in harness.rows("original_name")]


async def test_pictures_of_a_request_in_line_are_fetched_where_they_are_missing(
    harness: Harness, bucket: S3Server
) -> None:
    await being_made(harness)
    image = upload(harness, size=(120, 90))
    reply = await harness.video("a cat", image=image)
    await reply.wait_for(lambda version: "in line" in version.text(), TIMEOUT_S)
    assert [name.partition("/")[0] for name in bucket.names()] == ["spool"]
    image.delete()
    await elsewhere(harness)
    finish(harness)
    await shown(harness, reply)
    assert widths(harness) == [120]
    assert harness.bought == 2


async def test_a_finished_video_that_moderators_look_at_is_posted_from_an_empty_disk(
    harness: Harness, bucket: S3Server
) -> None:
    await approvals.rule(harness, modes={Gate.SPICY: Mode.APPROVAL}, review_at=ReviewAt.POSTING)
    reply = await spicy(harness)
    card = await question(harness, "May this video be posted?")
    assert states(harness) == ["delivering"]
    await elsewhere(harness)
    await press(harness, card, "Approve", user=moderator(harness))
    await shown(harness, reply)
    assert downloads(harness) == harness.bought == 1
    assert bucket.names() == [f"media/{noted(harness)[0]}"]


async def test_a_deleted_video_leaves_a_bucket_that_was_away(harness: Harness, bucket: S3Server) -> None:
    reply = await delivered(harness)
    (name,) = bucket.names()
    away = bucket.fail()
    await press(harness, reply, "Delete")
    await until(lambda: message_of(reply).deleted)
    await until(lambda: noted(harness) == [None])
    assert bucket.names() == [name]
    await harness.restart()
    away.times = 0
    await until(lambda: bucket.names() == [])


@pytest.mark.slow
async def test_a_ready_video_that_no_disk_has_is_fetched_again(harness: Harness, bucket: S3Server) -> None:
    puts = bucket.fail(Trouble.SLOW, method="PUT", key="bot/media/.*")
    reply = await harness.video()
    await until(lambda: downloads(harness) == 1)
    await elsewhere(harness)
    puts.times = 0
    await shown(harness, reply)
    assert harness.bought == 1
    assert bucket.names() == [f"media/{noted(harness)[0]}"]


@pytest.mark.slow
async def test_a_hidden_video_is_restored_from_an_empty_disk(harness: Harness, bucket: S3Server) -> None:
    await rule(harness)
    reply = await delivered(harness)
    card = await hidden(harness, reply)
    await until(lambda: [name for name in bucket.names() if "hidden-" in name] == bucket.names())
    await elsewhere(harness)
    await press(harness, card, "Restore", user=moderator(harness))
    await message_of(reply).wait_for(lambda version: bool(version.videos), TIMEOUT_S)
    assert downloads(harness) == 1
    await until(lambda: bucket.names() == [])


@pytest.mark.slow
async def test_a_video_is_hidden_also_while_the_bucket_is_away(
    harness: Harness, bucket: S3Server, clock: MovableClock
) -> None:
    await rule(harness)
    reply = await delivered(harness)
    away = bucket.fail()
    card = await hidden(harness, reply)
    assert not message_of(reply).current.videos
    # Moderators take their time: what should have become their copy is more than an original whose day is over.
    away.times = 0
    clock.offset = timedelta(hours=25)
    await harness.app.cleanup.run_once(harness.now())
    await press(harness, card, "Restore", user=moderator(harness))
    await message_of(reply).wait_for(lambda version: bool(version.videos), TIMEOUT_S)
    assert downloads(harness) == 1


@pytest.mark.slow
async def test_full_quality_is_fetched_and_says_when_it_cannot_be(harness: Harness, bucket: S3Server) -> None:
    reply = await delivered(harness)
    (row,) = harness.rows("id")
    job = await harness.app.jobs.store.get(row["id"])
    access = harness.app.copies.access
    await elsewhere(harness)
    access = harness.app.copies.access
    kept = await access.kept(job)
    assert kept is not None
    away = bucket.fail()
    answer = await press(harness, reply, "More")
    assert await told(answer)
    assert await told(await press(harness, answer, "As GIF")) == copies.NOT_SENT.english
    away.times = 0
    assert await access.in_full(kept) is not None


@pytest.mark.slow
async def test_pictures_that_a_bucket_does_not_take_end_the_request_and_cost_nothing(
    harness: Harness, bucket: S3Server
) -> None:
    away = bucket.fail()
    reply = await harness.video("a cat", image=upload(harness))
    await reply.wait_for(lambda version: files.STORE_AWAY.what.english in version.text(), TIMEOUT_S)
    ended = await harness.ended(reply)
    assert files.PICTURES_NOT_STORED.what.english in ended.text()
    assert harness.bought == 0
    away.times = 0
    await shown(harness, await press(harness, reply, "Try again"))
    assert harness.bought == 1


@pytest.mark.slow
async def test_a_finished_video_that_a_bucket_does_not_take_waits_to_be_fetched(
    harness: Harness, bucket: S3Server
) -> None:
    away = bucket.fail()
    reply = await harness.video()
    await reply.wait_for(lambda version: "where I keep files does not answer" in version.text(), TIMEOUT_S)
    await until(lambda: harness.rows("parked_at")[0]["parked_at"] is not None)
    away.times = 0
    listed = await list_jobs(harness)
    await shown(harness, await press(harness, listed, "Fetch the video"))
    assert harness.bought == 1
    assert len(bucket.names()) == 1


@pytest.mark.slow
async def test_personal_data_that_is_deleted_leaves_the_bucket(harness: Harness, bucket: S3Server) -> None:
    await delivered(harness, image=upload(harness))
    assert len(bucket.names()) == 2
    await deleted(harness)
    await until(lambda: bucket.names() == [])


@pytest.mark.slow
async def test_leftovers_and_unused_copies_go(harness: Harness, bucket: S3Server) -> None:
    await delivered(harness)
    (name,) = bucket.names()
    bucket.objects["bot/media/00000000000000000000000000000000.mp4"] = bucket.objects[f"bot/{name}"]
    for key in ("bot/media/00000000000000000000000000000000.mp4", f"bot/{name}"):
        bucket.objects[key].changed_at = bucket.objects[key].changed_at.replace(year=2020)
    await harness.stop()
    rewrite(harness, "UPDATE heartbeats SET beat_at = 0 WHERE process_id = 'first start'")
    await harness.start()
    await harness.app.cleanup.run_once(harness.now())
    assert bucket.names() == [name]
    empty_disk(harness)


async def video_that_waits(harness: Harness) -> None:
    """A video that could not be posted. It is in the bucket alone, and the service has it no more."""
    reply = await being_made(harness)
    close_every_way(harness, reply)
    finish(harness)
    await until(lambda: harness.rows("parked_at")[0]["parked_at"] is not None)
    reopen_every_way(harness)
    forget_originals(harness)
    finish(harness, outcome=TaskOutcome.MISSING_VIDEO)


async def fetched(harness: Harness) -> Reply:
    return await press(harness, await list_jobs(harness), "Fetch the video")


@pytest.mark.slow
async def test_a_bucket_that_is_away_for_a_moment_loses_no_video_that_waits(
    harness: Harness, bucket: S3Server
) -> None:
    await video_that_waits(harness)
    away = bucket.fail(method="GET", key="bot/media/.*")
    reply = await fetched(harness)
    await reply.wait_for(
        lambda version: files.laid_aside_not_stored("").what.english in version.text(), TIMEOUT_S
    )
    assert states(harness) == ["delivering"]
    away.times = 0
    await shown(harness, await fetched(harness))
    assert downloads(harness) == harness.bought == 1


@pytest.mark.slow
async def test_a_video_that_waits_comes_once_the_bucket_is_back(harness: Harness, bucket: S3Server) -> None:
    await video_that_waits(harness)
    away = bucket.fail(method="GET", key="bot/media/.*")
    reply = await fetched(harness)
    await reply.wait_for(lambda version: files.STORE_AWAY.what.english in version.text(), TIMEOUT_S)
    away.times = 0
    await shown(harness, reply)


@pytest.mark.slow
async def test_a_video_that_neither_bucket_nor_service_has_is_lost(
    harness: Harness, bucket: S3Server
) -> None:
    await video_that_waits(harness)
    bucket.objects.clear()
    ended = await harness.ended(await fetched(harness))
    assert "No video this time" in ended.text()
    assert states(harness) == ["failed"]


@pytest.mark.slow
async def test_a_video_that_another_machine_has_is_waited_for(harness: Harness, bucket: S3Server) -> None:
    await being_made(harness)
    away = bucket.fail()
    finish(harness)
    await until(lambda: harness.rows("parked_at")[0]["parked_at"] is not None)
    away.times = 0
    (path,) = (harness.data_dir / "media").glob("*.mp4")
    content = path.read_bytes()
    forget_originals(harness)
    finish(harness, outcome=TaskOutcome.MISSING_VIDEO)
    reply = await fetched(harness)
    await reply.wait_for(
        lambda version: files.laid_aside_not_stored("").what.english in version.text(), TIMEOUT_S
    )
    bucket.objects[f"bot/media/{path.name}"] = StoredObject(content, harness.now())
    await shown(harness, await fetched(harness))
