"""A Discord that misbehaves: the video still arrives, and a command without an answer buys nothing."""

import pytest

from bot.sandbox.discord import DiscordFault
from tests.e2e.actors.harness import Harness
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, finish


@pytest.mark.slow
@pytest.mark.parametrize("status", [429, 500, 502])
async def test_faults_of_edits_do_not_keep_the_video_away(harness: Harness, status: int) -> None:
    harness.sandbox.discord.faults.append(DiscordFault("PATCH /webhooks/*", status=status, times=2))
    reply = await harness.video()
    await reply.wait_for_video(timeout_s=60)
    assert harness.bought == 1


async def test_an_interaction_that_discord_no_longer_knows_buys_nothing(harness: Harness) -> None:
    unknown = DiscordFault("POST /interactions/*", status=404, code=10062, message="Unknown interaction")
    harness.sandbox.discord.faults.append(unknown)
    await harness.video()
    await until(lambda: unknown.hits > 0)
    probe = await harness.video("second")
    await probe.wait_for_video(timeout_s=60)
    assert [submission.prompt for submission in harness.sandbox.dimilinks.request_log.submissions] == [
        "second"
    ]


async def test_an_acknowledgement_that_fails_at_first_but_arrived_counts(harness: Harness) -> None:
    harness.sandbox.discord.faults.append(DiscordFault("POST /interactions/*", status=500))
    reply = await harness.video()
    await reply.wait_for_video(timeout_s=60)
    assert harness.bought == 1


@pytest.mark.parametrize("status", [401, 404])
async def test_with_an_expired_token_the_same_message_is_edited_as_the_bot(
    harness: Harness, status: int
) -> None:
    reply = await being_made(harness)
    reply.expire_token(status)
    finish(harness)
    shown = await reply.wait_for_video(timeout_s=60)
    assert "Here is your video" in shown.text()


async def test_a_private_reply_with_an_expired_token_goes_to_direct_messages_never_to_the_channel(
    harness: Harness,
) -> None:
    reply = await being_made(harness, private=True)
    reply.expire_token()
    finish(harness)
    inbox = harness.sandbox.discord.dm(harness.user)
    await inbox.wait_for_message(lambda version: bool(version.videos), timeout_s=60)
    assert not any(version.videos for version in reply.versions)


async def test_where_the_message_is_gone_too_a_new_one_answers_and_mentions_the_person(
    harness: Harness,
) -> None:
    reply = await being_made(harness)
    reply.expire_token()
    harness.sandbox.discord.faults.append(
        DiscordFault("PATCH /channels/*", status=404, code=10008, message="Unknown Message", times=10)
    )
    finish(harness)
    message = await harness.channel.wait_for_message(lambda version: bool(version.videos), timeout_s=60)
    assert f"<@{harness.user.id}>" in message.versions[-1].text()


async def test_without_the_permission_to_attach_files_nothing_is_bought(harness: Harness) -> None:
    harness.channel.deny_bot("attach_files")
    reply = await harness.video()
    shown = await harness.ended(reply)
    assert "Attach Files" in shown.text()
    assert reply.ephemeral
    assert harness.bought == 0


async def test_a_lost_gateway_does_not_lose_a_running_job(harness: Harness) -> None:
    reply = await being_made(harness)
    await harness.sandbox.discord.drop_gateway(resumable=True)
    finish(harness)
    await reply.wait_for_video(timeout_s=60)


@pytest.mark.parametrize("told_limit_bytes", [1000, 10_000_000])
async def test_a_video_that_is_too_large_for_discord_is_kept_and_told(
    harness: Harness, told_limit_bytes: int
) -> None:
    harness.sandbox.discord.core.world.default_upload_limit_bytes = told_limit_bytes
    reply = await being_made(harness)
    reply.interaction.upload_limit_bytes = 1000
    finish(harness)
    shown = await harness.ended(reply)
    assert "Discord takes no file this large here" in shown.text()
    assert "The bot's operator has paid for this video." in shown.text()
    (kept,) = (harness.data_dir / "media").glob("*.mp4")
    assert kept.stat().st_size > 1000
