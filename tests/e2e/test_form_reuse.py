"""A form that is sent twice makes one video; one of which nothing came can be sent again."""

import asyncio

import pytest

from bot.sandbox.discord import DiscordFault, Reply
from bot.texts import forms
from tests.e2e.actors.buttons import told
from tests.e2e.actors.forms import animated, drafts, opens, send
from tests.e2e.actors.harness import BEING_STORED, TIMEOUT_S, Harness
from tests.e2e.actors.records import used_s
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import delivered, shown, upload


async def opened_on_a_picture(harness: Harness) -> Reply:
    message = await harness.sandbox.discord.say(
        harness.user, harness.channel, "look", attachments=[upload(harness)]
    )
    return await animated(harness, message)


async def test_a_form_that_is_sent_twice_at_once_buys_once(harness: Harness) -> None:
    opened = await opened_on_a_picture(harness)
    replies = await asyncio.gather(*(send(harness, opened, {"prompt": "one boat"}) for _ in range(2)))
    await until(lambda: any(reply.text == forms.DRAFT_USED.english for reply in replies))
    (refused,) = [reply for reply in replies if reply.text == forms.DRAFT_USED.english]
    # Where the disk takes more than a second, both are told so first, where everybody sees it.
    assert refused.ephemeral or refused.versions[0].text() == BEING_STORED
    (made,) = [reply for reply in replies if reply is not refused]
    await shown(harness, made)
    assert (len(harness.rows()), harness.bought) == (1, 1)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_form_that_is_sent_once_more_later_is_told_so_and_charged_nothing(
    harness: Harness, *, restarted: bool
) -> None:
    opened = await harness.video("a paper boat", more=True)
    await opened.wait_for_modal(TIMEOUT_S)
    await until(lambda: drafts(harness) == 1)
    await shown(harness, await send(harness, opened, {"prompt": "a boat"}))
    await meanwhile(harness, restarted=restarted)
    before_s = used_s(harness)
    again = await send(harness, opened, {"prompt": "two boats"})
    assert await told(again) == forms.DRAFT_USED.english
    assert again.ephemeral
    assert used_s(harness) == before_s
    assert (len(harness.rows()), harness.bought) == (1, 1)


async def test_a_form_that_was_refused_can_be_sent_again(harness: Harness) -> None:
    opened = await opened_on_a_picture(harness)
    refused = await send(harness, opened, {"prompt": "hot", "preset": "spicy"})
    assert "This cost nothing." in await told(refused)
    await shown(harness, await send(harness, opened, {"prompt": "cool"}))
    assert harness.bought == 1


async def test_a_form_whose_sending_discord_did_not_take_can_be_sent_again(harness: Harness) -> None:
    opened = await opened_on_a_picture(harness)
    harness.sandbox.discord.faults.append(
        DiscordFault("POST /interactions/*", status=404, code=10062, message="Unknown interaction")
    )
    await send(harness, opened, {"prompt": "lost"})
    await harness.sandbox.discord.wait_for_request(
        "POST /interactions/{interaction_id}/{interaction_token}/callback", TIMEOUT_S, count=2
    )
    await until(lambda: not harness.rows())
    await shown(harness, await send(harness, opened, {"prompt": "found"}))
    assert [made.prompt for made in harness.sandbox.dimilinks.request_log.submissions] == ["found"]


@pytest.mark.slow
async def test_a_sent_form_that_discord_delivers_again_is_not_told_that_it_was_used(harness: Harness) -> None:
    opened = await opened_on_a_picture(harness)
    reply = await send(harness, opened, {"prompt": "one boat"})
    await shown(harness, reply)
    await harness.restart()
    before = [version.text() for version in reply.versions]
    harness.sandbox.discord.redeliver(reply)
    await shown(harness, await harness.video("another"))
    assert [version.text() for version in reply.versions] == before
    assert not reply.followups
    assert harness.bought == 2


@pytest.mark.slow
@pytest.mark.parametrize("label", ["Change", "Use last frame"])
@AT_ONCE_AND_AFTER_A_RESTART
async def test_the_form_of_an_earlier_video_buys_once_too(
    harness: Harness, label: str, *, restarted: bool
) -> None:
    opened = await opens(harness, await delivered(harness), label)
    await shown(harness, await send(harness, opened, {"prompt": "one more"}))
    await meanwhile(harness, restarted=restarted)
    again = await send(harness, opened, {"prompt": "one more"})
    assert await told(again) == forms.DRAFT_USED.english
    assert harness.bought == 2
    another = await opens(harness, await delivered(harness), label)
    await shown(harness, await send(harness, another, {"prompt": "another form"}))
    assert harness.bought == 4
