"""`/settings`, where a choice comes too late, from another version, or cannot be kept."""

import asyncio

import pytest

from bot.moderation.rules import Gate, Mode, ServerRules
from bot.texts import jobs as job_words
from bot.texts import settings_panel as words
from tests.e2e.actors.buttons import choose_unseen, message_of, press_unseen, told, whispered
from tests.e2e.actors.faults import locked_disk
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.settings import (
    ask_somewhere,
    asking_rules,
    boss,
    choose,
    form_of,
    log,
    preset,
    rules,
    settings,
)

pytestmark = pytest.mark.started_with(rules=None)


async def test_who_no_longer_manages_the_server_changes_nothing(harness: Harness) -> None:
    user = boss(harness)
    opened = await settings(harness, user)
    form = await form_of(harness, opened, "modes.spicy", "open")
    harness.guild.members[user.id].roles.clear()
    select = harness.sandbox.discord.select
    refused = (
        await harness.sandbox.discord.press(opened, "Limits", user=user),
        await select(opened, "sm-set:review_at", ["both"], user=user),
        await select(opened, "sm-set:modes.spicy", ["open"], user=user),
        await harness.sandbox.discord.submit(form, {words.CONFIRM_LABEL.english: True}),
    )
    for reply in refused:
        assert await told(reply) == words.NOT_ALLOWED.english
        assert reply.ephemeral
    assert rules(harness) == ServerRules()
    assert await log(harness) == []


async def test_changes_at_the_same_moment_do_not_undo_each_other(harness: Harness) -> None:
    await ask_somewhere(harness)
    one, other = boss(harness), boss(harness, "cy")
    numbers = await settings(harness, one, "Limits")
    presets = await settings(harness, other, "Other presets")
    await asyncio.gather(
        choose(harness, numbers, "quorum", "2"),
        choose(harness, presets, "modes.fun", "off"),
        choose(harness, numbers, "review_hours", "1"),
        choose(harness, presets, "modes.normal", "approval"),
        choose(harness, numbers, "strike_days", "7"),
        choose(harness, presets, "modes.custom", "trusted"),
    )
    async with asyncio.timeout(TIMEOUT_S):
        while len(await log(harness)) < 6:  # noqa: ASYNC110 - plain records
            await asyncio.sleep(0.02)
    modes = {Gate.FUN: Mode.OFF, Gate.NORMAL: Mode.APPROVAL, Gate.CUSTOM: Mode.TRUSTED}
    assert rules(harness) == asking_rules(harness, quorum=2, review_hours=1, strike_days=7, modes=modes)


async def test_what_cannot_be_stored_changes_nothing(harness: Harness) -> None:
    opened = await settings(harness, boss(harness), "Limits")
    async with locked_disk(harness):
        chosen = await choose(harness, opened, "quorum", "5")
        assert await whispered(chosen) == job_words.NOT_STORED.english
        assert preset(chosen.current, "quorum") == ["1"]
    assert rules(harness) == ServerRules()
    assert await log(harness) == []
    await choose(harness, opened, "quorum", "5")
    assert rules(harness) == ServerRules(quorum=5)


@pytest.mark.parametrize(
    "custom_id",
    [
        "sm-set",
        "sm-setup:1",
        "sm-set:",
        "sm-set:colour",
        "sm-set:spicy_pictures",
        "sm-set:modes",
        "sm-set:modes.gore",
        "sm-set:quorum.spicy",
        "sm-set:quorum",
        "sm-set-page:9",
        "sm-set-none:quorum",
        "sm-set-confirm:modes.fun:open",
    ],
)
async def test_ids_of_other_versions_get_an_answer(harness: Harness, custom_id: str) -> None:
    opened = await settings(harness, boss(harness))
    pressed = await press_unseen(harness, message_of(opened), custom_id, user=opened.user)
    assert await told(pressed) == words.OLD.english
    assert pressed.ephemeral
    assert rules(harness) == ServerRules()


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("quorum", ["99"]),
        ("quorum", ["many"]),
        ("quorum", ["1", "2"]),
        ("modes.spicy", ["ajar"]),
        ("modes.fun", ["server"]),
        ("review_at", []),
        ("review_channel_id", ["here"]),
        ("reviewer_roles", ["everyone"]),
    ],
)
async def test_values_of_other_versions_get_an_answer(harness: Harness, key: str, values: list[str]) -> None:
    opened = await settings(harness, boss(harness))
    if values == ["everyone"]:
        values = [str(harness.guild.id)]
    sent = await choose_unseen(harness, message_of(opened), f"sm-set:{key}", values, user=opened.user)
    assert await told(sent) == words.OLD.english
    assert rules(harness) == ServerRules()
