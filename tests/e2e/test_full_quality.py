"""*Full quality*: the original with its marks, for everybody who may see the video, while it may be seen."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.delivery.card import Action
from bot.sandbox.discord import Reply, User
from bot.texts import copies, jobs
from tests.e2e.actors.buttons import labels, message_of, press, press_unseen, told
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.reports import hidden, rule
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import MovableClock
from tests.e2e.actors.videos import delivered, film_that_comes, limit_files, media
from tests.video_files.comparing import extent, tags_of

SMALL_LIMIT = 500_000
FULL = "Full quality"


async def compressed(harness: Harness, *, private: bool = False) -> Reply:
    """A video that was compressed for its reply."""
    limit_files(harness, SMALL_LIMIT)
    film_that_comes(harness)
    return await delivered(harness, private=private)


def with_nitro(harness: Harness) -> User:
    """A member whose own limit is large."""
    user = harness.sandbox.discord.add_user("ben", nitro=True)
    harness.guild.join(user)
    return user


def media_file(harness: Harness) -> Path:
    """The copy of the only hidden video."""
    (copy,) = (harness.data_dir / "media").glob("hidden-*")
    return copy


async def pressed_by_id(harness: Harness, reply: Reply, user: User) -> Reply:
    """A press on a button that the card does not show any more."""
    (row,) = harness.rows("id, private")
    custom_id = f"sm:{Action.FULL_QUALITY}:{row['id']}:{harness.user.id}:{int(row['private'])}"
    return await press_unseen(harness, message_of(reply), custom_id, user=user)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_who_has_a_higher_limit_gets_the_marked_original(harness: Harness, *, restarted: bool) -> None:
    reply = await compressed(harness)
    assert labels(message_of(reply).current)[-2:] == [FULL, "More"]
    await meanwhile(harness, restarted=restarted)
    answer = await press(harness, reply, FULL, user=with_nitro(harness))
    shown = await answer.wait_for_video(TIMEOUT_S)
    assert message_of(answer).ephemeral
    (video,) = shown.videos
    (row,) = harness.rows("id, original_name")
    original = harness.data_dir / "media" / row["original_name"]
    assert extent(video.path) == extent(original)
    assert video.path.stat().st_size > 2 * SMALL_LIMIT
    assert row["id"] in tags_of(video.path)["AIGC"]
    assert media(harness) == sorted([row["original_name"], f"{row['id']}.full.mp4"])
    assert harness.bought == harness.sandbox.dimilinks.request_log.downloads.total() == 1


@pytest.mark.slow
async def test_a_file_that_does_not_fit_is_said_with_its_size(harness: Harness) -> None:
    reply = await compressed(harness)
    answer = await told(await press(harness, reply, FULL))
    assert "In full quality this video has 1." in answer
    assert "Discord lets me send you 0.5 MB" in answer
    assert "http" not in answer


@pytest.mark.slow
async def test_what_was_not_compressed_has_no_such_button(harness: Harness) -> None:
    assert FULL not in labels(message_of(await delivered(harness)).current)


@pytest.mark.slow
async def test_a_private_video_is_its_owner_s_alone(harness: Harness) -> None:
    reply = await compressed(harness, private=True)
    assert await told(await pressed_by_id(harness, reply, with_nitro(harness))) == jobs.NOT_YOURS.english


@pytest.mark.slow
async def test_a_press_from_another_channel_gets_nothing(harness: Harness) -> None:
    await compressed(harness)
    elsewhere = await delivered(harness, channel=harness.guild.add_channel("elsewhere"))
    first = harness.rows("id")[0]["id"]
    custom_id = f"sm:{Action.FULL_QUALITY}:{first}:{harness.user.id}:0"
    forged = await press_unseen(harness, message_of(elsewhere), custom_id, user=with_nitro(harness))
    assert await told(forged) == jobs.NOT_YOURS.english


async def test_a_hidden_video_is_given_to_nobody(harness: Harness) -> None:
    await rule(harness)
    reply = await compressed(harness)
    await (await press(harness, reply, FULL, user=with_nitro(harness))).wait_for_video(TIMEOUT_S)
    await hidden(harness, reply)
    assert await told(await pressed_by_id(harness, reply, harness.user)) == jobs.PUT_AWAY.english
    assert all(name.startswith("hidden-") for name in media(harness))


@pytest.mark.slow
async def test_a_video_that_is_hidden_while_its_file_is_made_leaves_none(harness: Harness) -> None:
    await rule(harness)
    reply = await compressed(harness)
    (row,) = harness.rows("id")
    job = await harness.app.jobs.store.get(row["id"])
    access = harness.app.copies.access
    kept = await access.kept(job)
    assert kept is not None
    await hidden(harness, reply)
    kept.path.write_bytes(media_file(harness).read_bytes())  # as if it was being read when it went
    assert await access.in_full(kept) is None
    assert not [name for name in media(harness) if ".full." in name]


@pytest.mark.slow
async def test_an_original_that_is_gone_is_said_to_be_gone(harness: Harness, clock: MovableClock) -> None:
    reply = await compressed(harness)
    user = with_nitro(harness)
    await (await press(harness, reply, FULL, user=user)).wait_for_video(TIMEOUT_S)
    clock.offset = timedelta(hours=25)
    assert await told(await press(harness, reply, FULL, user=user)) == copies.NOT_KEPT.english
    await harness.app.cleanup.run_once(harness.now())
    assert media(harness) == []


@pytest.mark.slow
async def test_a_spicy_original_needs_an_age_restricted_channel_and_a_spoiler(harness: Harness) -> None:
    limit_files(harness, SMALL_LIMIT)
    film_that_comes(harness)
    reply = await delivered(harness, channel=harness.adult_channel, preset="spicy")
    user = with_nitro(harness)
    shown = await (await press(harness, reply, FULL, user=user)).wait_for_video(TIMEOUT_S)
    assert "'spoiler': True" in str(shown.components)
    harness.adult_channel.set_nsfw(False)
    assert await told(await press(harness, reply, FULL, user=user)) == copies.NOT_HERE.english


@pytest.mark.slow
@pytest.mark.started_with(file_mark=False)
async def test_without_marks_it_is_the_file_as_it_came(harness: Harness) -> None:
    reply = await compressed(harness)
    shown = await (await press(harness, reply, FULL, user=with_nitro(harness))).wait_for_video(TIMEOUT_S)
    (row,) = harness.rows("original_name")
    assert (
        shown.videos[0].path.read_bytes() == (harness.data_dir / "media" / row["original_name"]).read_bytes()
    )
    assert media(harness) == [row["original_name"]]
