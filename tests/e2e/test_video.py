"""`/video` from command to posted mp4, as the person, the moderators and the operator see it."""

import asyncio
import io
import re
from pathlib import Path

import av
import pytest
from PIL import Image

from bot.sandbox.dimilinks import TaskPace
from bot.video import REFERENCES_MAX
from tests.e2e.actors.harness import Harness
from tests.e2e.actors.pictures import picture


def seconds_of(path: Path) -> float:
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        return float(container.duration or 0) / 1_000_000


@pytest.mark.postgresql
async def test_a_prompt_becomes_a_video_in_the_same_reply(harness: Harness) -> None:
    reply = await harness.video("a paper boat in the rain")
    shown = await reply.wait_for_video(timeout_s=60)
    assert seconds_of(shown.videos[0].path) > 0.5
    assert shown.videos[0].filename.startswith("a-paper-boat-in-the-rain-")
    assert "Here is your video" in shown.text()
    assert "a paper boat in the rain" in shown.text()
    assert "6 s · 1280x720 · 720p · normal" in shown.text()
    assert "Made by AI" in shown.text()
    assert harness.bought == 1
    assert not reply.ephemeral


@pytest.mark.slow
async def test_the_reply_is_acknowledged_first_and_then_shows_progress(harness: Harness) -> None:
    # Long enough for several edits, whose pace Discord's limits and not ours decide.
    harness.sandbox.dimilinks.pace = TaskPace(queue_s=0.3, generate_s=3.0)
    reply = await harness.video()
    await reply.wait_for_video(timeout_s=60)
    assert reply.ack_delay_s is not None
    assert reply.ack_delay_s < 1.0
    texts = [version.text() for version in reply.versions]
    percentages = [int(found[1]) for text in texts if (found := re.search(r"(\d+)%", text))]
    assert percentages == sorted(percentages)
    assert any(0 < percentage < 100 for percentage in percentages)
    assert any("elapsed" in text for text in texts)
    assert any("left" in text for text in texts)
    assert len(texts) == len(set(texts))


async def test_every_option_and_seven_pictures_reach_the_service(harness: Harness) -> None:
    names = ["image", *(f"image{number}" for number in range(2, REFERENCES_MAX + 1))]
    pictures = {
        name: harness.sandbox.discord.upload(f"{name}.png", picture(size=(140 + index, 130)))
        for index, name in enumerate(names)
    }
    reply = await harness.video(
        "spin around", seconds="20", size="720x1280", resolution="480p", preset="fun", **pictures
    )
    shown = await reply.wait_for_video(timeout_s=60)
    (submission,) = harness.sandbox.dimilinks.request_log.submissions
    assert (submission.prompt, submission.seconds, submission.size) == ("spin around", "20", "720x1280")
    assert (submission.resolution, submission.preset, submission.group) == ("480p", "fun", None)
    assert [reference.width for reference in submission.references] == [140 + index for index in range(7)]
    assert "20 s · 720x1280 · 480p · fun · 7 pictures" in shown.text()


async def test_portrait_and_square_get_the_hint_about_the_subject(harness: Harness) -> None:
    reply = await harness.video(size="720x1280")
    await reply.wait_for(lambda version: "portrait frame" in version.text(), timeout_s=60)
    reply = await harness.video(size="1024x1024")
    await reply.wait_for(lambda version: "square frame" in version.text(), timeout_s=60)


async def test_a_private_video_is_seen_by_nobody_else(harness: Harness) -> None:
    reply = await harness.video(private=True)
    shown = await reply.wait_for_video(timeout_s=60)
    assert reply.ephemeral
    assert shown.ephemeral


async def test_what_a_person_would_notice_of_a_changed_picture_is_told(harness: Harness) -> None:
    dancing = io.BytesIO()
    frames = [Image.new("RGB", (120, 90), colour) for colour in ("red", "blue")]
    frames[0].save(dancing, "GIF", save_all=True, append_images=frames[1:])
    gif = harness.sandbox.discord.upload("dance.gif", dancing.getvalue())
    reply = await harness.video(image=gif)
    shown = await reply.wait_for_video(timeout_s=60)
    assert "Picture 1 is an animation; I used its first frame." in shown.text()
    (submission,) = harness.sandbox.dimilinks.request_log.submissions
    assert submission.references[0].mime in {"image/png", "image/jpeg", "image/webp"}


async def test_the_frame_is_that_of_the_picture_as_people_see_it(harness: Harness) -> None:
    lying, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (160, 90), "red").save(lying, "JPEG", exif=exif)
    # Discord tells the stored dimensions, 160 x 90.
    reply = await harness.video(image=harness.sandbox.discord.upload("tall.jpg", lying.getvalue()))
    shown = await reply.wait_for_video(timeout_s=60)
    (submission,) = harness.sandbox.dimilinks.request_log.submissions
    assert submission.size == "720x1280"
    assert (submission.references[0].width, submission.references[0].height) == (90, 160)
    assert "720x1280" in shown.text()


@pytest.mark.parametrize("preset", ["normal", "fun", "custom"])
async def test_other_presets_work_in_any_channel(harness: Harness, preset: str) -> None:
    reply = await harness.video(preset=preset)
    await reply.wait_for_video(timeout_s=60)


async def test_spicy_is_refused_outside_age_restricted_channels_before_anything_is_bought(
    harness: Harness,
) -> None:
    thread = harness.channel.add_thread("talk")
    for place in (harness.channel, thread, harness.sandbox.discord.dm(harness.user)):
        reply = await harness.video(channel=place, preset="spicy")
        shown = await harness.ended(reply)
        assert reply.ephemeral
        assert "age-restricted channel" in shown.text()
        assert "This cost nothing." in shown.text()
    assert harness.bought == 0


@pytest.mark.slow
async def test_spicy_in_an_age_restricted_channel_or_its_thread_is_posted_behind_a_spoiler(
    harness: Harness,
) -> None:
    thread = harness.adult_channel.add_thread("more")
    for place in (harness.adult_channel, thread):
        reply = await harness.video(channel=place, preset="spicy")
        shown = await reply.wait_for_video(timeout_s=60)
        galleries = [str(component) for component in shown.components]
        assert any("'spoiler': True" in gallery for gallery in galleries)
    assert harness.bought == 2


@pytest.mark.slow
async def test_twenty_people_at_once_get_a_video_each(harness: Harness) -> None:
    people = [harness.sandbox.discord.add_user(f"person{number}") for number in range(20)]
    for person in people:
        harness.guild.join(person)
    replies = await asyncio.gather(*(harness.video(f"video {person.name}", user=person) for person in people))
    for person, reply in zip(people, replies, strict=True):
        shown = await reply.wait_for_video(timeout_s=40)
        assert f"video {person.name}" in shown.text()
    assert harness.bought == 20
