"""`/help` and `/about`: what somebody can do here, by the rules that hold for them, and who runs the bot."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest

from bot import __version__
from bot.moderation.rules import Gate, Mode, ServerRules
from bot.sandbox.discord import Channel, DiscordFault, User
from bot.texts import guide as words
from bot.texts import refusals
from bot.texts.messages import Language, Message
from tests.e2e.actors.buttons import told
from tests.e2e.actors.channels import (
    direct,
    foreign_server,
    group,
    post,
    private_thread,
    thread,
    voice_chat,
)
from tests.e2e.actors.harness import SPICY_ON, Harness
from tests.e2e.actors.settings import boss

APPROVED = ServerRules(spicy_confirmed_by=1, modes={Gate.SPICY: Mode.APPROVAL})
OFF = ServerRules()


async def typed(
    harness: Harness, name: str, *, user: User | None = None, channel: Channel | None = None
) -> str:
    """Type a command whose answer only the user sees."""
    reply = await harness.sandbox.discord.invoke(
        name, user=user or harness.user, channel=channel or harness.channel
    )
    answer = await told(reply)
    assert reply.message is not None
    assert reply.message.ephemeral
    return answer


def mention(harness: Harness, name: str) -> str:
    """The mention of a command by its id."""
    ids = {command["name"]: command["id"] for command in harness.sandbox.discord.commands}
    return f"</{name}:{ids[name.split(maxsplit=1)[0]]}>"


async def test_help_names_commands_so_that_a_press_types_them(harness: Harness) -> None:
    answer = await typed(harness, "help")
    for name in ("video", "jobs", "defaults", "about"):
        assert mention(harness, name) in answer
    assert words.WHO_PAYS.english in answer
    assert words.REPORTING.english in answer


async def test_help_names_commands_after_a_restart_that_registers_none(harness: Harness) -> None:
    await harness.restart()
    assert mention(harness, "video") in await typed(harness, "help")


async def test_a_command_whose_id_discord_has_not_told_is_named_plainly(harness: Harness) -> None:
    await harness.stop()
    harness.sandbox.discord.faults.append(DiscordFault("GET /applications/*/commands", 403, times=100))
    await harness.start()
    answer = await typed(harness, "help")
    assert "`/video` makes a video" in answer
    assert "</" not in answer


@pytest.mark.parametrize(
    ("rules", "adult", "said"),
    [
        (SPICY_ON, True, words.SPICY_HERE),
        (APPROVED, True, words.SPICY_HERE_APPROVED),
        (SPICY_ON, False, words.SPICY_ELSEWHERE),
        (OFF, True, None),
    ],
)
async def test_help_speaks_of_spicy_where_it_is_possible(
    harness: Harness, rules: ServerRules, said: Message | None, *, adult: bool
) -> None:
    await harness.app.moderation.caches.rules.change(harness.guild.id, rules)
    channel = harness.adult_channel if adult else harness.channel
    answer = await typed(harness, "help", channel=channel)
    if said is None:
        assert "spicy" not in answer
    else:
        assert said.english in answer


async def test_help_shows_moderators_and_managers_their_commands_and_others_not(harness: Harness) -> None:
    answer = await typed(harness, "help")
    assert "/spicy" not in answer
    assert "/settings" not in answer
    manager = await typed(harness, "help", user=boss(harness))
    assert (
        words.for_moderators(mention(harness, "spicy queue"), mention(harness, "spicy log")).english
        in manager
    )
    assert words.for_managers(mention(harness, "settings")).english in manager
    role = harness.guild.add_role("moderators", ["manage_messages"])
    moderator = await typed(harness, "help", user=harness.member("mo", roles=[role]))
    assert mention(harness, "spicy queue") in moderator
    assert "/settings" not in moderator
    await harness.app.moderation.caches.rules.change(harness.guild.id, OFF)
    undecided = await typed(harness, "help", user=boss(harness, "cy"))
    assert words.spicy_is_off(mention(harness, "settings")).english in undecided


@pytest.mark.started_with(allowed_people=(1,))
async def test_help_says_to_whom_the_bot_is_closed_and_why(harness: Harness) -> None:
    answer = await typed(harness, "help", channel=harness.adult_channel)
    refused = refusals.REFUSALS["not_among_allowed"]
    assert words.not_here(refused.what, refused.then).english in answer
    assert "*spicy* preset works" not in answer


async def test_help_in_direct_messages_is_for_one_person(harness: Harness) -> None:
    manager = boss(harness)
    answer = await typed(harness, "help", user=manager, channel=harness.sandbox.discord.dm(manager))
    assert "*Report*" not in answer
    assert words.PICTURE_WAYS.english in answer
    assert "spicy" not in answer
    assert "/settings" not in answer


async def test_help_says_where_a_server_does_not_want_videos(harness: Harness) -> None:
    harness.sandbox.discord.integrations.deny(harness.guild, harness.channel, "video")
    refused = refusals.REFUSALS["command_not_here"]
    assert words.not_here(refused.what, refused.then).english in await typed(harness, "help")
    assert "You cannot" not in await typed(harness, "help", channel=harness.adult_channel)


@pytest.mark.parametrize("place", [group, foreign_server])
async def test_help_names_no_mentions_where_discord_tells_the_bot_of_no_messages(
    harness: Harness, place: Callable[[Harness], Channel]
) -> None:
    answer = await typed(harness, "help", channel=place(harness))
    assert words.PICTURE_BY_MENU.english in answer
    assert "mention me" not in answer
    assert (words.REPORTING_WITHOUT_MODERATORS.english in answer) is (place is foreign_server)


@pytest.mark.parametrize("language", [Language.CHINESE, Language.JAPANESE])
async def test_both_are_in_the_persons_language(harness: Harness, language: Language) -> None:
    user = harness.sandbox.discord.add_user("ko", locale=language.value)
    harness.guild.join(user)
    assert words.WHO_PAYS.in_language(language) in await typed(harness, "help", user=user)
    about = await typed(harness, "about", user=user)
    assert words.what_is_kept(24).in_language(language) in about


async def test_about_says_what_it_is_who_runs_it_and_what_is_kept(harness: Harness) -> None:
    harness.sandbox.discord.add_guild("Another")
    answer = await typed(harness, "about")
    assert f"Stillmotion {__version__}" in answer
    assert "MIT licence" in answer
    assert words.run_by("operator").english in answer
    assert words.what_is_kept(24).english in answer
    assert re.search(r"Running since <t:\d+:f>, in 2 servers\.", answer)


async def test_about_mentions_privacy_only_where_there_is_such_a_command(harness: Harness) -> None:
    answer = await typed(harness, "about")
    names = {command["name"] for command in harness.sandbox.discord.commands}
    assert ("/privacy" in answer) is ("privacy" in names)
    assert (words.PRIVACY_BY_OPERATOR.english in answer) is ("privacy" not in names)


def change_application(harness: Harness, **fields: Any) -> None:
    """Change what the developer portal says of the application."""
    harness.sandbox.discord.core.application_changes |= fields


async def test_about_names_a_team_and_links_what_the_portal_names(harness: Harness) -> None:
    team = {"id": "5", "name": "Night_shift", "icon": None, "owner_user_id": "7", "members": []}
    change_application(
        harness,
        team=team,
        privacy_policy_url="https://example.org/privacy",
        terms_of_service_url="javascript:alert(1)",
    )
    answer = await typed(harness, "about")
    assert words.run_by_team("Night_shift").english in answer
    assert "[Privacy policy](<https://example.org/privacy>)" in answer
    assert "javascript" not in answer


async def test_about_works_while_discord_does_not_tell_who_runs_it_and_asks_once_when_it_does(
    harness: Harness,
) -> None:
    route = "GET /oauth2/applications/@me"
    harness.sandbox.discord.faults.append(DiscordFault(route, 403))
    assert words.OPERATOR_NOT_TOLD.english in await typed(harness, "about")
    assert words.run_by("operator").english in await typed(harness, "about")
    counts = harness.sandbox.discord.request_log.counts
    asked = sum(number for (name, _), number in counts.items() if name == route)
    assert words.run_by("operator").english in await typed(harness, "about")
    assert sum(number for (name, _), number in counts.items() if name == route) == asked


@pytest.mark.slow
async def test_who_waits_for_an_answer_that_another_one_does_not_get_is_told_at_once(
    harness: Harness,
) -> None:
    fault = harness.sandbox.discord.faults.append(
        DiscordFault("GET /oauth2/applications/@me", 403, delay_s=3.0, times=3)
    )
    users = [harness.member(name) for name in ("ann", "ben", "cem")]
    answers = await asyncio.gather(*(typed(harness, "about", user=user) for user in users))
    assert all(words.OPERATOR_NOT_TOLD.english in answer for answer in answers)
    assert fault.hits == 1


@pytest.mark.slow
@pytest.mark.parametrize("place", [thread, private_thread, post, voice_chat, direct, group, foreign_server])
async def test_both_are_answered_everywhere(harness: Harness, place: Callable[[Harness], Channel]) -> None:
    channel = place(harness)
    assert words.WHO_PAYS.english in await typed(harness, "help", channel=channel)
    assert words.run_by("operator").english in await typed(harness, "about", channel=channel)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [{"owner": None}, {"team": {"id": "5", "name": "", "icon": None, "owner_user_id": None, "members": []}}],
)
async def test_about_answers_whatever_discord_says_of_the_application(
    harness: Harness, changes: dict[str, Any]
) -> None:
    change_application(harness, **changes)
    assert "MIT licence" in await typed(harness, "about")
