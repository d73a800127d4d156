"""The buttons of a finished video: another one like it, a different one, what comes next."""

import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from bot.images.problems import ImageProblem
from bot.jobs.job_explanations import explain_picture
from bot.sandbox.discord import Reply
from bot.sandbox.discord.modals import fields_of
from bot.texts import explanations, forms, refusals
from bot.texts import jobs as words
from bot.texts.pictures import numbered
from tests.e2e.actors.buttons import id_of, labels, message_of, press, press_unseen, told
from tests.e2e.actors.faults import locked_disk
from tests.e2e.actors.forms import answers, hint, opens, parts, send, send_made_up
from tests.e2e.actors.harness import QUICK, TIMEOUT_S, Harness, open_harness
from tests.e2e.actors.references import first_reference, hashes
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import MovableClock
from tests.e2e.actors.videos import RESULT, delivered, finish, hold, shown, upload, widths

_PYAV: Any = av  # its annotations leave out half of what is used here


def follows(parent: Reply) -> str:
    return f"-# Made from [this video]({message_of(parent).url})"


def last_frame(content: bytes) -> Image.Image:
    with _PYAV.open(io.BytesIO(content)) as container:
        *_, last = container.decode(video=0)
        return last.to_image()


@pytest.mark.slow
@AT_ONCE_AND_AFTER_A_RESTART
async def test_again_is_the_same_request_with_the_same_pictures(harness: Harness, *, restarted: bool) -> None:
    pictures = [upload(harness, size=(width, 130)) for width in (140, 141)]
    options = {"seconds": "10", "size": "1024x1024", "resolution": "480p", "preset": "fun"}
    reply = await delivered(harness, image=pictures[0], image2=pictures[1], **options)
    before = message_of(reply).current.text()
    for attachment in pictures:
        attachment.delete()
    await meanwhile(harness, restarted=restarted)
    again = await press(harness, reply, "Again")
    seen = await shown(harness, again)
    assert follows(reply) in seen.text()
    assert not seen.ephemeral
    assert message_of(again) is not message_of(reply)
    assert message_of(reply).current.text() == before
    first, second = harness.sandbox.dimilinks.request_log.submissions
    for name in ("prompt", "seconds", "size", "resolution", "preset", "references"):
        assert getattr(first, name) == getattr(second, name)
    assert widths(harness) == [140, 141]
    assert [row["parent_url"] for row in harness.rows("parent_url")] == [None, message_of(reply).url]
    third = await press(harness, again, "Again")
    assert follows(again) in (await shown(harness, third)).text()
    assert widths(harness) == [140, 141]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_again_of_a_private_video_stays_private_and_links_to_nothing(
    harness: Harness, *, restarted: bool
) -> None:
    reply = await delivered(harness, private=True)
    await meanwhile(harness, restarted=restarted)
    again = await press(harness, reply, "Again")
    seen = await shown(harness, again)
    assert seen.ephemeral
    assert "Made from" not in seen.text()


@pytest.mark.slow
@AT_ONCE_AND_AFTER_A_RESTART
async def test_whoever_presses_again_pays_for_it(
    tmp_path: Path, database_url: str | None, *, restarted: bool
) -> None:
    async with open_harness(tmp_path, database_url, seconds_a_day_per_person=12) as harness:
        bob = harness.member("bob")
        reply = await delivered(harness)
        for _ in range(2):
            await shown(harness, await press(harness, reply, "Again", user=bob))
        await meanwhile(harness, restarted=restarted)
        refused = await press(harness, reply, "Again", user=bob)
        assert "You have 0 seconds of video left for today" in await told(refused)
        assert refused.ephemeral
        await shown(harness, await press(harness, reply, "Again"))
        people = [row["person_id"] for row in harness.rows("person_id")]
        assert people == [harness.user.id, bob.id, bob.id, harness.user.id]
        assert harness.bought == 4


async def test_who_may_make_no_videos_makes_none_by_buttons(harness: Harness) -> None:
    reply = await delivered(harness, resolution="480p")
    await harness.restart(allowed_people=str(harness.user.id))
    bob = harness.member("bob")
    for label in ("Again", "In 720p"):
        pressed = await press(harness, reply, label, user=bob)
        assert await told(pressed) == refusals.REFUSALS["not_among_allowed"].english
        assert pressed.ephemeral
    for label in ("Change", "Use last frame"):
        sent = await send(harness, await opens(harness, reply, label, user=bob), {})
        assert await told(sent) == refusals.REFUSALS["not_among_allowed"].english
        assert sent.ephemeral
    assert harness.bought == 1


@AT_ONCE_AND_AFTER_A_RESTART
@pytest.mark.started_with(keep_pictures_hours=24)
async def test_again_without_its_pictures_buys_nothing(
    harness: Harness, clock: MovableClock, *, restarted: bool
) -> None:
    reply = await delivered(harness, image=upload(harness), resolution="480p")
    clock.offset = timedelta(hours=25)
    await harness.app.cleanup.run_once(harness.now())
    await meanwhile(harness, restarted=restarted)
    for label in ("Again", "In 720p"):
        pressed = await press(harness, reply, label)
        assert await told(pressed) == explanations.PICTURES_NOT_KEPT.english
        assert pressed.ephemeral
    assert harness.bought == 1
    assert len(harness.rows()) == 1


@AT_ONCE_AND_AFTER_A_RESTART
async def test_nobody_builds_upon_a_private_video_of_somebody_else(
    harness: Harness, *, restarted: bool
) -> None:
    bob = harness.member("bob")
    reply = await delivered(harness, private=True, resolution="480p")
    (row,) = harness.rows("id")
    await meanwhile(harness, restarted=restarted)
    for label in ("Again", "Change", "In 720p", "Use last frame"):
        made_up = id_of(message_of(reply).current, label).replace(str(harness.user.id), str(bob.id))
        pressed = await press_unseen(harness, message_of(reply), made_up, user=bob)
        assert await told(pressed) == words.NOT_YOURS.english
        assert pressed.ephemeral
    for kind in ("change", "without", "continue"):
        sent = await send_made_up(
            harness, f"sm-form:{kind}:{row['id']}:0", answers(prompt="x"), user=bob, source=message_of(reply)
        )
        assert await told(sent) == words.NOT_YOURS.english
        assert sent.ephemeral
    assert harness.bought == 1


@pytest.mark.slow
async def test_spicy_videos_are_made_again_where_they_may_be(harness: Harness) -> None:
    reply = await delivered(harness, channel=harness.adult_channel, preset="spicy")
    change = await opens(harness, reply, "Change")
    harness.adult_channel.set_nsfw(False)
    for answer in (await press(harness, reply, "Again"), await send(harness, change, {})):
        assert "only works in age-restricted channels" in await told(answer)
        assert answer.ephemeral
    harness.adult_channel.set_nsfw(True)
    await shown(harness, await press(harness, reply, "Again"))
    assert harness.bought == 2


@pytest.mark.slow
@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_preview_is_made_anew_in_720p(harness: Harness, *, restarted: bool) -> None:
    reply = await delivered(harness, image=upload(harness, size=(170, 130)), resolution="480p", seconds="12")
    await meanwhile(harness, restarted=restarted)
    sharper = await press(harness, reply, "In 720p")
    seen = await shown(harness, sharper)
    assert labels(seen) == RESULT
    assert follows(reply) in seen.text()
    first, second = harness.sandbox.dimilinks.request_log.submissions
    assert (first.resolution, second.resolution) == ("480p", "720p")
    assert (first.prompt, first.seconds, first.size) == (second.prompt, second.seconds, second.size)
    assert first.references == second.references
    assert widths(harness) == [170]


@pytest.mark.slow
@AT_ONCE_AND_AFTER_A_RESTART
async def test_change_begins_with_what_was_and_keeps_the_pictures(
    harness: Harness, *, restarted: bool
) -> None:
    pictures = [upload(harness, size=(width, 130)) for width in (140, 141)]
    options = {"seconds": "10", "size": "720x1280", "resolution": "480p", "preset": "fun"}
    reply = await delivered(harness, image=pictures[0], image2=pictures[1], **options)
    for attachment in pictures:
        attachment.delete()
    opened = await opens(harness, reply, "Change")
    assert parts(opened) == {
        "prompt": "a paper boat",
        "pictures": None,
        "seconds": "10",
        "frame": "720x1280/480p",
        "preset": "fun",
    }
    assert opened.modal is not None
    assert opened.modal["title"] == forms.TITLE_CHANGE.english
    assert hint(opened, "pictures") == "Replaces the 2 pictures from before."
    await meanwhile(harness, restarted=restarted)
    changed = await send(harness, opened, {"prompt": "a tin boat", "frame": "1280x720/720p"})
    seen = await shown(harness, changed)
    assert "a tin boat" in seen.text()
    assert follows(reply) in seen.text()
    assert message_of(changed) is not message_of(reply)
    (_, made) = harness.sandbox.dimilinks.request_log.submissions
    assert (made.prompt, made.size, made.resolution) == ("a tin boat", "1280x720", "720p")
    assert (made.seconds, made.preset) == ("10", "fun")
    first, second = hashes(harness)
    assert first == second
    assert len(first) == 2


@pytest.mark.slow
@AT_ONCE_AND_AFTER_A_RESTART
async def test_pictures_in_the_form_of_a_change_take_the_place_of_all(
    harness: Harness, *, restarted: bool
) -> None:
    reply = await delivered(harness, image=upload(harness), image2=upload(harness), private=True)
    opened = await opens(harness, reply, "Change")
    await meanwhile(harness, restarted=restarted)
    changed = await send(harness, opened, {"pictures": [upload(harness, size=(177, 130))]})
    seen = await shown(harness, changed)
    assert seen.ephemeral
    assert "Made from" not in seen.text()
    assert widths(harness) == [177]


@pytest.mark.slow
async def test_a_video_of_words_alone_can_be_given_pictures(harness: Harness) -> None:
    reply = await delivered(harness)
    opened = await opens(harness, reply, "Change")
    assert hint(opened, "pictures") == forms.FIRST_PICTURES.english
    await shown(harness, await send(harness, opened, {}))
    assert widths(harness) == []
    opened = await opens(harness, reply, "Change")
    await shown(harness, await send(harness, opened, {"pictures": [upload(harness, size=(177, 130))]}))
    assert widths(harness) == [177]


@pytest.mark.slow
@AT_ONCE_AND_AFTER_A_RESTART
@pytest.mark.started_with(keep_pictures_hours=24)
async def test_the_form_of_a_change_says_that_the_pictures_are_gone(
    harness: Harness, clock: MovableClock, *, restarted: bool
) -> None:
    reply = await delivered(harness, image=upload(harness))
    before = await opens(harness, reply, "Change")
    clock.offset = timedelta(hours=25)
    await harness.app.cleanup.run_once(harness.now())
    opened = await opens(harness, reply, "Change")
    assert hint(opened, "pictures") == forms.LOST_PICTURES.english
    await meanwhile(harness, restarted=restarted)
    assert await told(await send(harness, before, {})) == explanations.PICTURES_NOT_KEPT.english
    assert harness.bought == 1
    await shown(harness, await send(harness, opened, {}))
    assert widths(harness) == []
    opened = await opens(harness, reply, "Change")
    await shown(harness, await send(harness, opened, {"pictures": [upload(harness, size=(177, 130))]}))
    assert widths(harness) == [177]


@pytest.mark.slow
@AT_ONCE_AND_AFTER_A_RESTART
async def test_what_comes_next_begins_with_the_last_frame(harness: Harness, *, restarted: bool) -> None:
    reply = await delivered(harness, image=upload(harness, size=(160, 130)), seconds="10")
    opened = await opens(harness, reply, "Use last frame", user=harness.member("bob"))
    assert opened.modal is not None
    assert opened.modal["title"] == forms.TITLE_CONTINUE.english
    assert fields_of(opened.modal)["pictures"]["max_values"] == 6
    assert (parts(opened)["prompt"], parts(opened)["seconds"]) == ("a paper boat", "10")
    assert hint(opened, "pictures") == forms.AFTER_LAST_FRAME.english
    await meanwhile(harness, restarted=restarted)
    more = [upload(harness, size=(width, 130)) for width in (71, 72)]
    following = await send(harness, opened, {"prompt": "it sinks", "pictures": more})
    seen = await shown(harness, following)
    assert follows(reply) in seen.text()
    assert "3 pictures" in seen.text()
    (posted,) = message_of(reply).current.videos
    wanted = last_frame(posted.path.read_bytes()).convert("RGB")
    digest, taken = first_reference(harness)
    assert hashes(harness)[-1][0] == digest
    assert widths(harness) == [wanted.width, 71, 72]
    assert taken.size == wanted.size
    assert max(ImageStat.Stat(ImageChops.difference(taken, wanted)).mean) < 1


@pytest.mark.slow
@AT_ONCE_AND_AFTER_A_RESTART
async def test_without_the_video_there_is_no_last_frame(harness: Harness, *, restarted: bool) -> None:
    reply = await delivered(harness)
    opened = await opens(harness, reply, "Use last frame")
    (posted,) = message_of(reply).current.videos
    posted.delete()
    await meanwhile(harness, restarted=restarted)
    following = await send(harness, opened, {"prompt": "it sinks"})
    ended = await harness.ended(following)
    explanation = explain_picture(numbered(1), ImageProblem.GONE)
    for told_part in (explanation.what, explanation.money.sentence, explanation.then):
        assert told_part.english in ended.text()
    assert harness.bought == 1


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_video_that_is_too_damaged_for_a_last_frame_is_named(
    harness: Harness, *, restarted: bool
) -> None:
    reply = await delivered(harness, private=True)
    opened = await opens(harness, reply, "Use last frame")
    (posted,) = message_of(reply).current.videos
    posted.path.write_bytes(b"no film at all")
    await meanwhile(harness, restarted=restarted)
    ended = await harness.ended(await send(harness, opened, {"prompt": "it sinks"}))
    assert ended.ephemeral
    assert explain_picture(posted.filename, ImageProblem.NO_FRAME).what.english in ended.text()
    assert harness.bought == 1


@pytest.mark.slow
@pytest.mark.parametrize("label", ["Change", "Use last frame"])
async def test_forms_of_videos_are_answered_while_the_database_is_slow_or_broken(
    harness: Harness, label: str
) -> None:
    reply = await delivered(harness, image=upload(harness))
    opened = await opens(harness, reply, label)
    database = harness.app.database
    async with database.read(), database.read():
        slow = await send(harness, opened, {})
        assert await told(slow) == words.NOT_STORED.english
    async with locked_disk(harness):
        locked = await send(harness, opened, {})
        assert await told(locked) == explanations.NOT_KEPT.english
    await database.close()
    broken = await send(harness, opened, {})
    assert await told(broken) == words.NOT_STORED.english
    assert all(answer.ephemeral for answer in (slow, locked, broken))
    assert harness.bought == 1


@pytest.mark.slow
async def test_a_video_that_was_looked_for_again_keeps_its_pictures(
    tmp_path: Path, database_url: str | None
) -> None:
    async with open_harness(tmp_path, database_url, tuning=replace(QUICK, expire_after_s=0.6)) as harness:
        hold(harness)
        reply = await harness.video("late", image=upload(harness, size=(166, 130)))
        await reply.wait_for(lambda version: "was not ready" in version.text(), TIMEOUT_S)
        await harness.app.jobs.runner.idle()
        finish(harness, "late")
        await press(harness, reply, "Look again")
        await shown(harness, reply)
        await harness.ended(await press(harness, reply, "Again"))
        assert harness.bought == 2
        assert widths(harness) == [166]
