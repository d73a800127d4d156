"""*Use first frame*: a video that was sent as a picture is refused, and one press makes it a picture."""

import asyncio

import pytest
from PIL import Image

from bot.sandbox.discord import Attachment, Reply
from bot.texts import jobs as words
from tests.e2e.actors.buttons import id_of, labels, message_of, press, press_unseen, told
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.records import states
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.videos import hold, upload
from tests.video_files.films import corners, encoded, quarters

PORTRAIT = (96, 160)
USE_FRAME = "Use first frame"


def clip(harness: Harness, name: str = "clip.mp4") -> Attachment:
    """A portrait film that begins black."""
    frames = [Image.new("RGB", PORTRAIT)] * 3 + [quarters(PORTRAIT)] * 3
    return harness.sandbox.discord.upload(name, encoded(frames))


async def refused(harness: Harness, **options: Attachment) -> Reply:
    """A request that ended because one of its pictures is a video."""
    reply = await harness.video("wake up", **options)
    shown = await harness.ended(reply)
    assert "is a video, but I need a picture." in shown.text()
    assert "This cost nothing." in shown.text()
    assert USE_FRAME in labels(shown)
    assert harness.submissions_sent == []
    return reply


@AT_ONCE_AND_AFTER_A_RESTART
async def test_the_first_frame_that_shows_something_becomes_the_picture(
    harness: Harness, *, restarted: bool
) -> None:
    reply = await refused(harness, image=upload(harness, size=(200, 96)), image2=clip(harness))
    assert "Picture 2 is a video" in reply.text
    await meanwhile(harness, restarted=restarted)
    hold(harness)
    made = await press(harness, reply, USE_FRAME)
    await made.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    (submission,) = harness.sandbox.dimilinks.request_log.submissions
    assert [(one.width, one.height) for one in submission.references] == [(200, 96), PORTRAIT]
    assert submission.size == "1280x720"  # of the first picture
    assert submission.prompt == "wake up"
    (kept,) = harness.data_dir.glob("spool/*/1.png")
    with Image.open(kept) as frame:
        for seen, right in zip(corners(frame.convert("RGB")), corners(quarters()), strict=True):
            assert seen == pytest.approx(right, abs=12)
    assert not list(harness.data_dir.glob("spool/*/*.video"))


async def test_one_press_makes_one_video_and_only_for_who_sent_it(harness: Harness) -> None:
    reply = await refused(harness, image=clip(harness))
    shown = message_of(reply).current
    bob = harness.member("bob")
    assert await told(await press(harness, reply, USE_FRAME, user=bob)) == words.NOT_YOURS.english
    forged = id_of(shown, USE_FRAME).replace(str(harness.user.id), str(bob.id))
    forgery = await press_unseen(harness, message_of(reply), forged, user=bob)
    assert await told(forgery) == words.NOT_YOURS.english
    pressed = [await press_unseen(harness, message_of(reply), id_of(shown, USE_FRAME)) for _ in range(2)]
    answers = await asyncio.gather(
        *(one.wait_for(lambda version: bool(version.text()), TIMEOUT_S) for one in pressed)
    )
    assert [answer.text() for answer in answers].count(words.ALREADY_REPEATED.english) == 1
    await harness.app.jobs.runner.idle()
    (submission,) = harness.sandbox.dimilinks.request_log.submissions
    assert submission.size == "720x1280"
    assert states(harness) == ["failed", "delivered"]


@pytest.mark.slow
async def test_of_two_videos_each_is_asked_about(harness: Harness) -> None:
    first = await refused(harness, image=clip(harness, "one.mp4"), image2=clip(harness, "two.mp4"))
    assert "Picture 1 is a video" in first.text
    second = await press(harness, first, USE_FRAME)
    shown = await harness.ended(second)
    assert "Picture 2 is a video" in shown.text()
    made = await press(harness, second, USE_FRAME)
    await made.wait_for_video(TIMEOUT_S)
    (submission,) = harness.sandbox.dimilinks.request_log.submissions
    assert [(one.width, one.height) for one in submission.references] == [PORTRAIT, PORTRAIT]


@pytest.mark.slow
async def test_a_video_without_a_frame_is_refused_and_not_offered_again(harness: Harness) -> None:
    broken = harness.sandbox.discord.upload("cut.mp4", b"\0\0\0\x18ftypisom" + bytes(500))
    reply = await refused(harness, image=broken)
    shown = await harness.ended(await press(harness, reply, USE_FRAME))
    assert "I could not get a frame from Picture 1." in shown.text()
    assert USE_FRAME not in labels(shown)
    assert harness.bought == 0
