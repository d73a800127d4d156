"""Rights in a server, which roles and the Integrations page give, and rights in one of its channels."""

import pytest

from bot.sandbox.discord import DiscordFault, InvalidInvocation, User
from bot.texts import jobs, moderation
from bot.texts import spicy as spicy_words
from tests.e2e.actors.approvals import ask, change_rules, deny, moderator, question, rule
from tests.e2e.actors.buttons import message_of, press, told, whispered
from tests.e2e.actors.harness import Harness
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, delivered

MODERATORS_ONLY = spicy_words.MODERATORS_ONLY.english
PAGE = "GET /applications/*/guilds/*/commands/permissions"


def channel_moderator(harness: Harness) -> User:
    """A member with *Manage Messages* in every channel that there is, but by no role of theirs."""
    user = harness.member("channel moderator")
    for channel in harness.guild.channels:
        channel.allow(user, "manage_messages")
    return user


async def queue(harness: Harness, user: User) -> bool:
    """Type `/spicy queue`; True if it shows the queue."""
    answer = await told(
        await harness.sandbox.discord.invoke("spicy queue", user=user, channel=harness.channel)
    )
    assert (answer == MODERATORS_ONLY) is (spicy_words.QUEUE_EMPTY.english not in answer)
    return answer != MODERATORS_ONLY


async def test_manage_messages_in_channels_moderates_no_server(harness: Harness) -> None:
    await rule(harness)
    await ask(harness)
    card = await question(harness)
    user = channel_moderator(harness)
    assert await told(await press(harness, card, "Approve", user=user)) == moderation.VOTE_NOT_YOURS.english
    assert await told(await deny(harness, card, user)) == moderation.VOTE_NOT_YOURS.english
    for command in ("queue", "log"):
        assert await told(await spicy(harness, command, user)) == MODERATORS_ONLY
    refused = await spicy(harness, "suspend", user, person=harness.user, hours=1, reason="spam")
    assert await told(refused) == MODERATORS_ONLY
    assert harness.rows("state") == [{"state": "held"}]


@pytest.mark.slow
async def test_manage_messages_in_a_channel_clears_that_channel(harness: Harness) -> None:
    user = harness.member("channel moderator")
    harness.channel.allow(user, "manage_messages")
    elsewhere = await delivered(harness, channel=harness.adult_channel)
    reply = await delivered(harness)
    said = await whispered(await press(harness, elsewhere, "Delete", user=user))
    assert said == jobs.NOT_YOURS_TO_DELETE.english
    assert not message_of(elsewhere).deleted
    await press(harness, reply, "Delete", user=user)
    await until(lambda: reply.deleted)


async def test_a_right_in_the_server_that_a_channel_takes_away_is_none_over_its_messages(
    harness: Harness,
) -> None:
    user = moderator(harness)
    harness.channel.deny(user, "manage_messages")
    reply = await being_made(harness, "a boat")
    assert await told(await press(harness, reply, "Cancel", user=user)) == jobs.NOT_YOURS_TO_CANCEL.english
    harness.channel.allow(user, "manage_messages")
    asked = await press(harness, reply, "Cancel", user=user)
    assert jobs.STOP_OR_KEEP.english in await told(asked)


async def test_the_integrations_page_gives_and_takes(harness: Harness) -> None:
    page, guild = harness.sandbox.discord.integrations, harness.guild
    helper, role = harness.member("helper"), guild.add_role("helpers")
    mod = moderator(harness)
    with pytest.raises(InvalidInvocation):
        await queue(harness, helper)
    page.allow(guild, helper, "spicy")
    assert await queue(harness, helper)
    page.deny(guild, helper, "spicy")
    guild.members[helper.id].roles.append(role)
    page.allow(guild, role, "spicy")
    with pytest.raises(InvalidInvocation):
        await queue(harness, helper)
    assert await told(await spicy(harness, "queue", helper, force=True)) == MODERATORS_ONLY
    assert await queue(harness, mod)
    page.deny(guild, guild.roles[0])
    assert await told(await spicy(harness, "queue", mod, force=True)) == MODERATORS_ONLY
    assert await queue(harness, guild.owner)
    page.allow(guild, mod, "spicy")
    assert await queue(harness, mod)


async def test_who_is_denied_the_command_does_not_vote(harness: Harness) -> None:
    await rule(harness)
    reply = await ask(harness)
    card, mod = await question(harness), moderator(harness)
    harness.sandbox.discord.integrations.deny(harness.guild, mod, "spicy")
    assert await told(await press(harness, card, "Approve", user=mod)) == moderation.VOTE_NOT_YOURS.english
    reviewers = harness.guild.add_role("reviewers")
    await change_rules(harness, reviewer_roles=frozenset({reviewers.id}))
    reviewer = harness.member("reviewer", roles=[reviewers])
    assert await told(await press(harness, card, "Approve", user=reviewer)) == moderation.VOTE_DECIDED.english
    assert (await harness.ended(reply)).videos


async def test_what_the_page_says_is_not_asked_for_every_press(harness: Harness) -> None:
    mod = moderator(harness)
    for _ in range(3):
        assert await queue(harness, mod)
    assert _asked(harness) == 1


async def test_while_the_page_is_not_told_only_administrators_moderate(harness: Harness) -> None:
    mod = moderator(harness)
    fault = DiscordFault(PAGE, status=400, code=0, message="no", times=1)
    harness.sandbox.discord.faults.append(fault)
    assert await told(await spicy(harness, "queue", mod)) == moderation.RIGHTS_NOT_TOLD.english
    assert await queue(harness, mod)
    harness.sandbox.discord.faults.append(DiscordFault(PAGE, status=400, code=0, message="no", times=9))
    harness.sandbox.discord.integrations.allow(harness.guild, harness.user, "video")
    assert await told(await spicy(harness, "queue", mod)) == moderation.RIGHTS_NOT_TOLD.english
    assert await queue(harness, harness.guild.owner)


def _asked(harness: Harness) -> int:
    counts = harness.sandbox.discord.request_log.counts
    name = "GET /applications/{application_id}/guilds/{guild_id}/commands/permissions"
    return sum(number for (route, _), number in counts.items() if route == name)
