"""Chinese and Japanese: private answers in the person's language, public ones in the server's."""

import re
from typing import Any

import pytest

from bot.delivery.card import Action
from bot.sandbox.discord import Channel, Guild, User
from bot.texts import jobs as job_words
from bot.texts import refusals
from bot.texts.buttons import LABELS
from bot.texts.cards import DELIVERED
from bot.texts.messages import Language
from tests.e2e.actors.buttons import labels, press, told
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.videos import being_made

LANGUAGES = pytest.mark.parametrize(
    "language", [Language.CHINESE, Language.TRADITIONAL_CHINESE, Language.JAPANESE]
)
LATIN = re.compile(r"[A-Za-z]{4,}")


def abroad(harness: Harness, language: Language) -> tuple[Guild, Channel, User]:
    """A server that speaks the language, with somebody in it who speaks English."""
    guild = harness.sandbox.discord.add_guild("abroad", locale=language.value)
    guild.join(harness.user)
    return guild, guild.add_channel("general"), harness.user


def speaker(harness: Harness, language: Language) -> User:
    """A member of the English server who speaks the language."""
    user = harness.sandbox.discord.add_user("ko", locale=language.value)
    harness.guild.join(user)
    return user


@LANGUAGES
async def test_a_public_card_is_in_the_servers_language(harness: Harness, language: Language) -> None:
    _, channel, _ = abroad(harness, language)
    reply = await harness.video("ポスター", channel=channel, preset="fun")
    await reply.wait_for_video(TIMEOUT_S)
    seen = [version for version in reply.versions if version.text()]
    for version in seen:
        english = set(LATIN.findall(version.text())) - {"ポスター"}
        assert english == set(), version.text()
    last = reply.versions[-1]
    assert DELIVERED.in_language(language) in last.text()
    assert labels(last)[0] == LABELS[Action.ANEW].in_language(language)


@LANGUAGES
async def test_a_private_card_is_in_the_persons_language(harness: Harness, language: Language) -> None:
    reply = await harness.video("x", user=speaker(harness, language), private=True)
    await reply.wait_for_video(TIMEOUT_S)
    assert DELIVERED.in_language(language) in reply.versions[-1].text()


@LANGUAGES
async def test_a_refusal_is_in_the_persons_language(harness: Harness, language: Language) -> None:
    reply = await harness.video("x", user=speaker(harness, language), preset="spicy")
    assert await told(reply) == refusals.REFUSALS["needs_age_restricted_channel"].in_language(language)
    _, channel, user = abroad(harness, language)
    refused = await harness.video("x", user=user, channel=channel, preset="spicy")
    assert await told(refused) == refusals.REFUSALS["spicy_off"].english


@LANGUAGES
async def test_answers_to_buttons_and_lists_are_in_the_persons_language(
    harness: Harness, language: Language
) -> None:
    user = speaker(harness, language)
    reply = await being_made(harness, "x", user=harness.user)
    pressed = await press(harness, reply, "Cancel", user=user)
    assert await told(pressed) == job_words.NOT_YOURS_TO_CANCEL.in_language(language)
    assert job_words.NONE.in_language(language) in (await list_jobs(harness, user=user)).text
    asked = await harness.sandbox.discord.invoke("defaults", user=user, channel=harness.channel)
    assert not LATIN.search(re.sub(r"`[^`]+`", "", await told(asked)))


@LANGUAGES
async def test_a_form_is_in_the_persons_language(harness: Harness, language: Language) -> None:
    user = speaker(harness, language)
    form = await harness.sandbox.discord.invoke(
        "video", user=user, channel=harness.channel, options={"prompt": "一", "more": True}
    )
    await form.wait_for_modal(TIMEOUT_S)
    modal = form.interaction.modal
    assert modal is not None
    shown = " ".join(
        str(part.get(key, "")) for part in modal["components"] for key in ("label", "description")
    )
    assert not LATIN.search(shown), shown
    assert not LATIN.search(str(modal["title"]))


def localized(command: dict[str, Any], language: Language) -> list[Any]:
    """Every localization that a command should have."""
    found = [
        command.get("name_localizations"),
        *([command.get("description_localizations")] if command["type"] == 1 else []),
    ]
    for option in _options(command):
        found += [option.get("name_localizations"), option.get("description_localizations")]
        # A choice that is the same in every language needs no translation.
        found += [choice.get("name_localizations") for choice in option.get("choices", [])]
    return [(entry or {}).get(language.value) for entry in found]


def _options(command: dict[str, Any]) -> list[dict[str, Any]]:
    """The options, those of sub-commands among them."""
    own = list(command.get("options", []))
    return own + [inner for option in own for inner in _options(option)]


@LANGUAGES
async def test_every_command_option_and_choice_is_registered_in_every_language(
    harness: Harness, language: Language
) -> None:
    commands = harness.sandbox.discord.commands
    assert sorted(str(command["name"]) for command in commands) == [
        "Animate",
        "about",
        "defaults",
        "help",
        "jobs",
        "privacy",
        "settings",
        "spicy",
        "video",
    ]
    for command in commands:
        entries = localized(command, language)
        assert all(entries), (command["name"], entries)


async def test_times_are_discords_own(harness: Harness) -> None:
    await being_made(harness, "x")
    assert re.search(r"<t:\d+:R>", (await list_jobs(harness)).text)
