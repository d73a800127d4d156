"""Originals: kept for a day after delivery, and gone at once when the video is hidden, removed or deleted."""

from datetime import timedelta

import pytest

from bot.sandbox.discord import DiscordFault, Drop, Reply
from tests.e2e.actors.approvals import moderator
from tests.e2e.actors.buttons import message_of, press
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.reports import REMOVED, hidden, kept, report, rule, seen, why
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import being_made, delivered, film_that_comes, finish, limit_files, media

SMALL_LIMIT = 500_000


def noted(harness: Harness) -> list[str | None]:
    return [row["original_name"] for row in harness.rows("original_name")]


def downloads(harness: Harness) -> int:
    return harness.sandbox.dimilinks.request_log.downloads.total()


async def test_an_original_is_kept_for_a_day_across_restarts(harness: Harness, clock: MovableClock) -> None:
    await delivered(harness)
    (name,) = noted(harness)
    clock.offset = timedelta(hours=23)
    await harness.restart()
    await harness.app.cleanup.run_once(harness.now())
    assert media(harness) == [name]
    clock.offset = timedelta(hours=25)
    await harness.app.cleanup.run_once(harness.now())
    assert (media(harness), noted(harness)) == ([], [None])


async def test_an_original_becomes_the_copy_of_a_hidden_video_without_a_download(harness: Harness) -> None:
    await rule(harness)
    reply = await delivered(harness)
    await hidden(harness, reply)
    (copy,) = kept(harness)
    assert (media(harness), noted(harness)) == ([copy.name], [None])
    assert downloads(harness) == 1


async def test_an_original_is_out_of_reach_before_discord_hides_the_video(harness: Harness) -> None:
    await rule(harness)
    reply = await delivered(harness)
    fault = harness.sandbox.discord.faults.append(
        DiscordFault("PATCH /channels/*", status=403, code=50001, message="Missing Access", times=1000)
    )
    await report(harness, reply, moderator(harness))
    await until(lambda: bool(fault.hits))
    (copy,) = kept(harness)
    assert media(harness) == [copy.name]
    assert message_of(reply).current.videos


@pytest.mark.slow
async def test_a_restored_video_is_small_enough_again(harness: Harness) -> None:
    limit_files(harness, SMALL_LIMIT)
    film_that_comes(harness)
    await rule(harness)
    reply = await delivered(harness)
    card = await hidden(harness, reply)
    await press(harness, card, "Restore", user=moderator(harness))
    shown = await message_of(reply).wait_for(lambda version: bool(version.videos), TIMEOUT_S)
    assert shown.videos[0].path.stat().st_size <= SMALL_LIMIT
    assert "Compressed from" in shown.text()
    await until(lambda: not media(harness))


async def test_the_original_goes_when_its_owner_deletes_the_video(harness: Harness) -> None:
    reply = await delivered(harness)
    await press(harness, reply, "Delete")
    await until(lambda: message_of(reply).deleted)
    assert (media(harness), noted(harness)) == ([], [None])


@pytest.mark.slow
async def test_the_original_goes_when_a_moderator_deletes_the_video(harness: Harness) -> None:
    reply = await delivered(harness)
    await press(harness, reply, "Delete", user=moderator(harness))
    await until(lambda: message_of(reply).deleted)
    assert (media(harness), noted(harness)) == ([], [None])


@pytest.mark.slow
async def test_the_original_goes_when_moderators_remove_the_video(harness: Harness) -> None:
    await rule(harness)
    reply = await delivered(harness)
    card = await hidden(harness, reply)
    await why(harness, card, "Remove…", moderator(harness))
    await seen(message_of(reply), REMOVED)
    await until(lambda: not media(harness))


@pytest.mark.slow
async def test_the_originals_go_when_a_purge_is_decided_although_discord_refuses(harness: Harness) -> None:
    replies: list[Reply] = [await delivered(harness), await delivered(harness)]
    harness.sandbox.discord.faults.append(
        DiscordFault("PATCH /channels/*", status=403, code=50001, message="Missing Access", times=1000)
    )
    await spicy(harness, "purge", moderator(harness), person=harness.user)
    await until(lambda: not media(harness))
    assert noted(harness) == [None, None]
    assert all(message_of(reply).current.videos for reply in replies)


async def seen_before_it_is_stored(harness: Harness) -> Reply:
    """A video that Discord shows, while the bot does not know yet that it arrived."""
    reply = await being_made(harness, "a paper boat")
    # The answer to the upload is lost: the bot tries again after a pause.
    harness.sandbox.discord.faults.append(DiscordFault("PATCH /webhooks/*", drop=Drop.AFTER))
    finish(harness, "a paper boat")
    await reply.wait_for_video(TIMEOUT_S)
    assert noted(harness) == [None]
    return reply


async def test_a_video_that_is_deleted_before_its_delivery_is_stored_leaves_no_original(
    harness: Harness,
) -> None:
    reply = await seen_before_it_is_stored(harness)
    await press(harness, reply, "Delete")
    await until(lambda: message_of(reply).deleted)
    await harness.app.jobs.runner.idle()
    assert (media(harness), noted(harness)) == ([], [None])
    assert "deleted_by_owner" in str(harness.rows("failure")[0]["failure"])


async def test_a_video_that_is_reported_before_its_delivery_is_stored_is_hidden(harness: Harness) -> None:
    await rule(harness)
    await hidden(harness, await seen_before_it_is_stored(harness))
    (copy,) = kept(harness)
    assert (media(harness), noted(harness)) == ([copy.name], [None])
