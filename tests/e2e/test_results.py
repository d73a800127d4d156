"""The buttons of a finished video: another one like it, a different one, what comes next."""

import hashlib
import io
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from bot.sandbox.discord import Attachment, Channel, MessageVersion, Reply, User
from bot.sandbox.discord.modals import fields_of
from bot.texts import explanations, forms
from bot.texts import jobs as words
from bot.texts import pictures as picture_words
from tests.e2e.presses import (
    AT_ONCE_AND_AFTER_A_RESTART,
    MovableClock,
    finish,
    hold,
    id_of,
    labels,
    meanwhile,
    message_of,
    press,
    press_unseen,
    told,
)
from tests.e2e.stage import QUICK, TIMEOUT_S, Stage, open_stage
from tests.e2e.test_durability import locked_disk
from tests.e2e.test_forms import answers, custom_id, hint, parts, send, send_made_up, upload, widths

_PYAV: Any = av  # its annotations leave out half of what is used here
RESULT = ["Again", "Change", "Use last frame", "Delete", "Report"]


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def clocked(tmp_path: Path, clock: MovableClock) -> AsyncGenerator[Stage]:
    async with open_stage(tmp_path, now=clock, keep_pictures_hours=24) as opened:
        yield opened


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


async def opens(stage: Stage, target: Reply, label: str, *, user: User | None = None) -> Reply:
    """The form behind a button."""
    pressed = await press(stage, target, label, user=user)
    await pressed.wait_for_modal(TIMEOUT_S)
    assert len(custom_id(pressed)) <= 100
    return pressed


def follows(parent: Reply) -> str:
    return f"-# Made from [this video]({message_of(parent).url})"


def hashes(stage: Stage) -> list[list[str]]:
    """The pictures of every video that was bought."""
    return [
        [one.sha256 for one in made.references] for made in stage.sandbox.dimilinks.request_log.submissions
    ]


def last_frame(content: bytes) -> Image.Image:
    with _PYAV.open(io.BytesIO(content)) as container:
        *_, last = container.decode(video=0)
        return last.to_image()


def first_reference(stage: Stage) -> tuple[str, Image.Image]:
    """The first picture of the newest job, as it is kept: its digest and what it shows."""
    newest = stage.rows("id")[-1]["id"]
    (path,) = (stage.data_dir / "spool" / newest).glob("0.*")
    content = path.read_bytes()
    return hashlib.sha256(content).hexdigest(), Image.open(io.BytesIO(content)).convert("RGB")


@AT_ONCE_AND_AFTER_A_RESTART
async def test_again_is_the_same_request_with_the_same_pictures(stage: Stage, *, restarted: bool) -> None:
    pictures = [upload(stage, size=(width, 30)) for width in (40, 41)]
    options = {"seconds": "10", "size": "1024x1024", "resolution": "480p", "preset": "fun"}
    reply = await delivered(stage, image=pictures[0], image2=pictures[1], **options)
    before = message_of(reply).current.text()
    for attachment in pictures:
        attachment.delete()
    await meanwhile(stage, restarted=restarted)
    again = await press(stage, reply, "Again", user=stage.member("bob"))
    seen = await shown(stage, again)
    assert follows(reply) in seen.text()
    assert not seen.ephemeral
    assert message_of(again) is not message_of(reply)
    assert message_of(reply).current.text() == before
    first, second = stage.sandbox.dimilinks.request_log.submissions
    for name in ("prompt", "seconds", "size", "resolution", "preset", "references"):
        assert getattr(first, name) == getattr(second, name)
    assert widths(stage) == [40, 41]
    assert [row["parent_url"] for row in stage.rows("parent_url")] == [None, message_of(reply).url]
    third = await press(stage, again, "Again")
    assert follows(again) in (await shown(stage, third)).text()
    assert widths(stage) == [40, 41]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_again_of_a_private_video_stays_private_and_links_to_nothing(
    stage: Stage, *, restarted: bool
) -> None:
    reply = await delivered(stage, private=True)
    await meanwhile(stage, restarted=restarted)
    again = await press(stage, reply, "Again")
    seen = await shown(stage, again)
    assert seen.ephemeral
    assert "Made from" not in seen.text()


@AT_ONCE_AND_AFTER_A_RESTART
async def test_whoever_presses_again_pays_for_it(tmp_path: Path, *, restarted: bool) -> None:
    async with open_stage(tmp_path, seconds_a_day_per_person=12) as stage:
        bob = stage.member("bob")
        reply = await delivered(stage)
        for _ in range(2):
            await shown(stage, await press(stage, reply, "Again", user=bob))
        await meanwhile(stage, restarted=restarted)
        refused = await press(stage, reply, "Again", user=bob)
        assert "You have 0 seconds of video left for today" in await told(refused)
        assert refused.ephemeral
        await shown(stage, await press(stage, reply, "Again"))
        people = [row["person_id"] for row in stage.rows("person_id")]
        assert people == [stage.user.id, bob.id, bob.id, stage.user.id]
        assert stage.bought == 4


async def test_who_may_make_no_videos_makes_none_by_buttons(stage: Stage) -> None:
    reply = await delivered(stage, resolution="480p")
    await stage.restart(allowed_people=str(stage.user.id))
    bob = stage.member("bob")
    for label in ("Again", "In 720p"):
        pressed = await press(stage, reply, label, user=bob)
        assert await told(pressed) == explanations.NOT_AMONG_ALLOWED.english
        assert pressed.ephemeral
    for label in ("Change", "Use last frame"):
        sent = await send(stage, await opens(stage, reply, label, user=bob), {})
        assert await told(sent) == explanations.NOT_AMONG_ALLOWED.english
        assert sent.ephemeral
    assert stage.bought == 1


@AT_ONCE_AND_AFTER_A_RESTART
async def test_again_without_its_pictures_buys_nothing(
    clocked: Stage, clock: MovableClock, *, restarted: bool
) -> None:
    reply = await delivered(clocked, image=upload(clocked), resolution="480p")
    clock.offset = timedelta(hours=25)
    await clocked.app.housekeeping.tidy()
    await meanwhile(clocked, restarted=restarted)
    for label in ("Again", "In 720p"):
        pressed = await press(clocked, reply, label)
        assert await told(pressed) == explanations.PICTURES_NOT_KEPT.english
        assert pressed.ephemeral
    assert clocked.bought == 1
    assert len(clocked.rows()) == 1


@AT_ONCE_AND_AFTER_A_RESTART
async def test_nobody_builds_upon_a_private_video_of_somebody_else(stage: Stage, *, restarted: bool) -> None:
    bob = stage.member("bob")
    reply = await delivered(stage, private=True, resolution="480p")
    (row,) = stage.rows("id")
    await meanwhile(stage, restarted=restarted)
    for label in ("Again", "Change", "In 720p", "Use last frame"):
        made_up = id_of(message_of(reply).current, label).replace(str(stage.user.id), str(bob.id))
        pressed = await press_unseen(stage, message_of(reply), made_up, user=bob)
        assert await told(pressed) == words.NOT_YOURS.english
        assert pressed.ephemeral
    for kind in ("change", "without", "continue"):
        sent = await send_made_up(
            stage, f"sm-form:{kind}:{row['id']}:0", answers(prompt="x"), user=bob, source=message_of(reply)
        )
        assert await told(sent) == words.NOT_YOURS.english
        assert sent.ephemeral
    assert stage.bought == 1


async def test_spicy_videos_are_made_again_where_they_may_be(stage: Stage) -> None:
    reply = await delivered(stage, channel=stage.adult_channel, preset="spicy")
    change = await opens(stage, reply, "Change")
    stage.adult_channel.set_nsfw(False)
    for answer in (await press(stage, reply, "Again"), await send(stage, change, {})):
        assert "only works in age-restricted channels" in await told(answer)
        assert answer.ephemeral
    stage.adult_channel.set_nsfw(True)
    await shown(stage, await press(stage, reply, "Again"))
    assert stage.bought == 2


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_preview_is_made_anew_in_720p(stage: Stage, *, restarted: bool) -> None:
    reply = await delivered(stage, image=upload(stage, size=(70, 30)), resolution="480p", seconds="12")
    await meanwhile(stage, restarted=restarted)
    sharper = await press(stage, reply, "In 720p")
    seen = await shown(stage, sharper)
    assert labels(seen) == RESULT
    assert follows(reply) in seen.text()
    first, second = stage.sandbox.dimilinks.request_log.submissions
    assert (first.resolution, second.resolution) == ("480p", "720p")
    assert (first.prompt, first.seconds, first.size) == (second.prompt, second.seconds, second.size)
    assert first.references == second.references
    assert widths(stage) == [70]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_change_begins_with_what_was_and_keeps_the_pictures(stage: Stage, *, restarted: bool) -> None:
    pictures = [upload(stage, size=(width, 30)) for width in (40, 41)]
    options = {"seconds": "10", "size": "720x1280", "resolution": "480p", "preset": "fun"}
    reply = await delivered(stage, image=pictures[0], image2=pictures[1], **options)
    for attachment in pictures:
        attachment.delete()
    opened = await opens(stage, reply, "Change", user=stage.member("bob"))
    assert parts(opened) == {
        "prompt": "a paper boat",
        "pictures": None,
        "seconds": "10",
        "frame": "720x1280/480p",
        "preset": "fun",
    }
    assert opened.modal is not None
    assert opened.modal["title"] == forms.TITLE_CHANGE.english
    assert hint(opened, "pictures") == "Instead of the 2 pictures before."
    await meanwhile(stage, restarted=restarted)
    changed = await send(stage, opened, {"prompt": "a tin boat", "frame": "1280x720/720p"})
    seen = await shown(stage, changed)
    assert "a tin boat" in seen.text()
    assert follows(reply) in seen.text()
    assert message_of(changed) is not message_of(reply)
    (_, made) = stage.sandbox.dimilinks.request_log.submissions
    assert (made.prompt, made.size, made.resolution) == ("a tin boat", "1280x720", "720p")
    assert (made.seconds, made.preset) == ("10", "fun")
    first, second = hashes(stage)
    assert first == second
    assert len(first) == 2


@AT_ONCE_AND_AFTER_A_RESTART
async def test_pictures_in_the_form_of_a_change_take_the_place_of_all(
    stage: Stage, *, restarted: bool
) -> None:
    reply = await delivered(stage, image=upload(stage), image2=upload(stage), private=True)
    opened = await opens(stage, reply, "Change")
    await meanwhile(stage, restarted=restarted)
    changed = await send(stage, opened, {"pictures": [upload(stage, size=(77, 30))]})
    seen = await shown(stage, changed)
    assert seen.ephemeral
    assert "Made from" not in seen.text()
    assert widths(stage) == [77]


async def test_a_video_of_words_alone_can_be_given_pictures(stage: Stage) -> None:
    reply = await delivered(stage)
    opened = await opens(stage, reply, "Change")
    assert hint(opened, "pictures") == forms.FIRST_PICTURES.english
    await shown(stage, await send(stage, opened, {}))
    assert widths(stage) == []
    await shown(stage, await send(stage, opened, {"pictures": [upload(stage, size=(77, 30))]}))
    assert widths(stage) == [77]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_the_form_of_a_change_says_that_the_pictures_are_gone(
    clocked: Stage, clock: MovableClock, *, restarted: bool
) -> None:
    reply = await delivered(clocked, image=upload(clocked))
    before = await opens(clocked, reply, "Change")
    clock.offset = timedelta(hours=25)
    await clocked.app.housekeeping.tidy()
    opened = await opens(clocked, reply, "Change")
    assert hint(opened, "pictures") == forms.LOST_PICTURES.english
    await meanwhile(clocked, restarted=restarted)
    assert await told(await send(clocked, before, {})) == explanations.PICTURES_NOT_KEPT.english
    assert clocked.bought == 1
    await shown(clocked, await send(clocked, opened, {}))
    assert widths(clocked) == []
    await shown(clocked, await send(clocked, opened, {"pictures": [upload(clocked, size=(77, 30))]}))
    assert widths(clocked) == [77]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_what_comes_next_begins_with_the_last_frame(stage: Stage, *, restarted: bool) -> None:
    reply = await delivered(stage, image=upload(stage, size=(60, 30)), seconds="10")
    opened = await opens(stage, reply, "Use last frame", user=stage.member("bob"))
    assert opened.modal is not None
    assert opened.modal["title"] == forms.TITLE_CONTINUE.english
    assert fields_of(opened.modal)["pictures"]["max_values"] == 6
    assert (parts(opened)["prompt"], parts(opened)["seconds"]) == ("a paper boat", "10")
    assert hint(opened, "pictures") == forms.AFTER_LAST_FRAME.english
    await meanwhile(stage, restarted=restarted)
    more = [upload(stage, size=(width, 30)) for width in (71, 72)]
    following = await send(stage, opened, {"prompt": "it sinks", "pictures": more})
    seen = await shown(stage, following)
    assert follows(reply) in seen.text()
    assert "3 pictures" in seen.text()
    (posted,) = message_of(reply).current.videos
    wanted = last_frame(posted.path.read_bytes()).convert("RGB")
    digest, taken = first_reference(stage)
    assert hashes(stage)[-1][0] == digest
    assert widths(stage) == [wanted.width, 71, 72]
    assert taken.size == wanted.size
    assert max(ImageStat.Stat(ImageChops.difference(taken, wanted)).mean) < 1


@AT_ONCE_AND_AFTER_A_RESTART
async def test_without_the_video_there_is_no_last_frame(stage: Stage, *, restarted: bool) -> None:
    reply = await delivered(stage)
    opened = await opens(stage, reply, "Use last frame")
    (posted,) = message_of(reply).current.videos
    posted.delete()
    await meanwhile(stage, restarted=restarted)
    following = await send(stage, opened, {"prompt": "it sinks"})
    ended = await stage.ended(following)
    explanation = picture_words.gone(posted.filename)
    for told_part in (explanation.what, explanation.money.sentence, explanation.then):
        assert told_part.english in ended.text()
    assert stage.bought == 1


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_video_that_is_too_damaged_for_a_last_frame_is_named(
    stage: Stage, *, restarted: bool
) -> None:
    reply = await delivered(stage, private=True)
    opened = await opens(stage, reply, "Use last frame")
    (posted,) = message_of(reply).current.videos
    posted.path.write_bytes(b"no film at all")
    await meanwhile(stage, restarted=restarted)
    ended = await stage.ended(await send(stage, opened, {"prompt": "it sinks"}))
    assert ended.ephemeral
    assert picture_words.without_frame(posted.filename).what.english in ended.text()
    assert stage.bought == 1


@pytest.mark.parametrize("label", ["Change", "Use last frame"])
async def test_forms_of_videos_are_answered_while_the_database_is_slow_or_broken(
    stage: Stage, label: str
) -> None:
    reply = await delivered(stage, image=upload(stage))
    opened = await opens(stage, reply, label)
    database = stage.app.database
    async with database.read(), database.read():
        slow = await send(stage, opened, {})
        assert await told(slow) == words.NOT_STORED.english
    async with locked_disk(stage):
        locked = await send(stage, opened, {})
        assert await told(locked) == explanations.NOT_KEPT.english
    await database.close()
    broken = await send(stage, opened, {})
    assert await told(broken) == words.NOT_STORED.english
    assert all(answer.ephemeral for answer in (slow, locked, broken))
    assert stage.bought == 1


async def test_a_video_that_was_looked_for_again_keeps_its_pictures(tmp_path: Path) -> None:
    async with open_stage(tmp_path, tuning=replace(QUICK, expire_after_s=0.6)) as stage:
        hold(stage)
        reply = await stage.video("late", image=upload(stage, size=(66, 30)))
        await reply.wait_for(lambda version: "did not become ready" in version.text(), TIMEOUT_S)
        await stage.app.engine.idle()
        finish(stage, "late")
        await press(stage, reply, "Look again")
        await shown(stage, reply)
        await stage.ended(await press(stage, reply, "Again"))
        assert stage.bought == 2
        assert widths(stage) == [66]
