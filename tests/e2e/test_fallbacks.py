"""Answers that do not come as they were meant to: without a prompt that AutoMod refuses, or elsewhere; and why."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.sandbox.discord import DiscordFault, MessageVersion
from bot.texts import cards, jobs
from tests.e2e.actors.approvals import moderator
from tests.e2e.actors.buttons import message_of, press
from tests.e2e.actors.harness import QUICK, TIMEOUT_S, Harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.reports import hidden
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, finish, hold, shown

WITHOUT_PROGRESS = replace(QUICK, edit_interval_s=60.0)

GONE = DiscordFault("PATCH /channels/*", status=404, code=10008, message="Unknown Message", times=1000)
PROMPT = "a forbidden lighthouse"
LEFT_OUT = cards.PROMPT_LEFT_OUT.english


Refuse = Callable[[Harness], set[str]]
"""Gives the words that one of Discord's filters refuses."""


def by_automod(harness: Harness) -> set[str]:
    return harness.guild.automod_words


def by_its_links(harness: Harness) -> set[str]:
    return harness.sandbox.discord.world.harmful_words


EITHER_FILTER = pytest.mark.parametrize("refused", [by_automod, by_its_links])


def hides_the_prompt(version: MessageVersion) -> bool:
    """True if nothing of the prompt can be read, heard or downloaded, and the card says why."""
    read = [version.text(), *(f"{one.filename} {one.description}" for one in version.attachments)]
    return LEFT_OUT in version.text() and not any("forbidden" in text for text in read)


async def list_text(harness: Harness) -> str:
    await harness.app.jobs.runner.idle()
    return (await list_jobs(harness)).text


def told_route(harness: Harness) -> str:
    return str(harness.rows("fallback")[-1]["fallback"])


@EITHER_FILTER
async def test_a_prompt_that_discord_refuses_is_left_out_of_the_same_reply(
    harness: Harness, refused: Refuse
) -> None:
    reply = await being_made(harness, PROMPT)
    refused(harness).add("forbidden")
    finish(harness, PROMPT)
    seen = await reply.wait_for_video(TIMEOUT_S)
    assert hides_the_prompt(seen)
    assert seen.videos[0].filename.startswith("video-")
    listed = await list_text(harness)
    assert f"> …\n-# {jobs._UNQUOTED.english}" in listed
    assert jobs.PROMPTS_LEFT_OUT.english in listed
    refused(harness).clear()
    assert f"> {PROMPT}\n-# {jobs._UNQUOTED.english}" in await list_text(harness)
    assert [one for one in harness.channel.messages if one.current.videos] == [reply.message]


@pytest.mark.slow
@EITHER_FILTER
async def test_progress_is_shown_without_a_refused_prompt_too(harness: Harness, refused: Refuse) -> None:
    refused(harness).add("forbidden")
    reply = await being_made(harness, PROMPT)
    assert hides_the_prompt(reply.versions[-1])
    finish(harness, PROMPT)
    assert hides_the_prompt(await reply.wait_for_video(TIMEOUT_S))
    refusals = harness.sandbox.discord.request_log.counts[
        "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original", 400
    ]
    assert refusals == 1


@pytest.mark.slow
@EITHER_FILTER
async def test_a_new_message_is_refused_for_its_prompt_once(harness: Harness, refused: Refuse) -> None:
    reply = await being_made(harness, PROMPT)
    refused(harness).add("forbidden")
    reply.expire_token()
    harness.sandbox.discord.faults.append(GONE)
    finish(harness, PROMPT)
    message = await harness.channel.wait_for_message(lambda version: bool(version.videos), TIMEOUT_S)
    assert hides_the_prompt(message.current)
    listed = await list_text(harness)
    assert jobs._UNQUOTED.english in listed
    assert "The result came as a new message in the channel: its own message was gone." in listed


@pytest.mark.started_with(tuning=WITHOUT_PROGRESS)
@pytest.mark.parametrize(("status", "code"), [(404, 10015), (404, 10062), (401, 50027)])
async def test_a_private_reply_whose_token_is_refused_once_is_still_the_place_of_the_video(
    harness: Harness, status: int, code: int
) -> None:
    hold(harness)
    reply = await harness.video("a boat", private=True)
    await until(lambda: harness.rows("state") == [{"state": "generating"}])
    fault = harness.sandbox.discord.faults.append(
        DiscordFault("PATCH /webhooks/*", status=status, code=code, message="Unknown Webhook")
    )
    finish(harness, "a boat")
    assert (await reply.wait_for_video(TIMEOUT_S)).ephemeral
    assert fault.hits == 1
    await harness.app.jobs.runner.idle()
    assert told_route(harness) == "None"
    assert harness.sandbox.discord.dm(harness.user).messages == []


async def test_a_private_token_that_a_progress_card_found_refused_is_tried_again(harness: Harness) -> None:
    reply = await being_made(harness, "a boat", private=True)
    fault = harness.sandbox.discord.faults.append(
        DiscordFault("PATCH /webhooks/*", status=404, code=10015, message="Unknown Webhook")
    )
    await until(lambda: fault.hits == 1)
    finish(harness, "a boat")
    assert (await reply.wait_for_video(TIMEOUT_S)).ephemeral


async def test_a_private_reply_that_cannot_be_changed_any_more_says_so_in_the_list(
    harness: Harness, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = await being_made(harness, "a boat", private=True)
    reply.expire_token()
    finish(harness, "a boat")
    inbox = harness.sandbox.discord.dm(harness.user)
    await inbox.wait_for_message(lambda version: bool(version.videos), TIMEOUT_S)
    why = "The result came as a direct message: its own message could no longer be changed."
    assert f"> a boat\n-# {why}" in await list_text(harness)
    assert "token_tried_again" in (logged := capsys.readouterr().out)
    assert "fallback=token_expired" in logged
    await harness.restart()
    assert why in await list_text(harness)


async def test_an_edit_as_the_bot_is_no_difference_that_a_list_tells_of(harness: Harness) -> None:
    reply = await being_made(harness, "a boat")
    reply.expire_token()
    finish(harness, "a boat")
    await reply.wait_for_video(TIMEOUT_S)
    assert "The result came" not in await list_text(harness)
    assert '"route":"edit_as_bot"' in told_route(harness).replace(" ", "")


@pytest.mark.slow
async def test_a_closed_channel_is_the_reason_of_a_direct_message(harness: Harness) -> None:
    reply = await being_made(harness, "a boat")
    reply.expire_token()
    harness.channel.deny_bot("view_channel")
    finish(harness, "a boat")
    inbox = harness.sandbox.discord.dm(harness.user)
    await inbox.wait_for_message(lambda version: bool(version.videos), TIMEOUT_S)
    assert "as a direct message: Discord did not let me write there." in await list_text(harness)


@pytest.mark.slow
@pytest.mark.started_with(rules=None)
@pytest.mark.usefixtures("reports_are_reviewed")
@EITHER_FILTER
async def test_a_hidden_video_comes_back_without_a_refused_prompt(harness: Harness, refused: Refuse) -> None:
    reply = await harness.video(PROMPT)
    await shown(harness, reply)
    card = await hidden(harness, reply)
    refused(harness).add("forbidden")
    await press(harness, card, "Restore", user=moderator(harness))
    back = await message_of(reply).wait_for(lambda version: LEFT_OUT in version.text(), TIMEOUT_S)
    assert back.videos
    assert hides_the_prompt(back)
