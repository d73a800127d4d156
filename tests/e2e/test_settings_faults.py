"""`/settings`, where a choice comes too late, from another version, or cannot be kept."""

import asyncio

import pytest

from bot.moderation.rules import Gate, Mode, ServerRules
from bot.sandbox.discord.interactions import InteractionKind
from bot.storage import StorageUnavailableError
from bot.texts import jobs as job_words
from bot.texts import settings_panel as words
from tests.e2e.presses import message_of, press_unseen, told, whispered
from tests.e2e.settings_steps import boss, choose, form_of, log, preset, rules, settings, stage
from tests.e2e.stage import TIMEOUT_S, Stage
from tests.e2e.test_durability import locked_disk

__all__ = ["stage"]


async def test_who_no_longer_manages_the_server_changes_nothing(stage: Stage) -> None:
    user = boss(stage)
    opened = await settings(stage, user)
    form = await form_of(stage, opened, "modes.spicy", "open")
    stage.guild.members[user.id].roles.clear()
    select = stage.sandbox.discord.select
    refused = (
        await stage.sandbox.discord.press(opened, "Numbers", user=user),
        await select(opened, "sm-set:review_at", ["both"], user=user),
        await select(opened, "sm-set:modes.spicy", ["open"], user=user),
        await stage.sandbox.discord.submit(form, {words.CONFIRM_LABEL.english: True}),
    )
    for reply in refused:
        assert await told(reply) == words.NOT_ALLOWED.english
        assert reply.ephemeral
    assert rules(stage) == ServerRules()
    assert await log(stage) == []


async def test_changes_at_the_same_moment_do_not_undo_each_other(stage: Stage) -> None:
    one, other = boss(stage), boss(stage, "cy")
    numbers = await settings(stage, one, "Numbers")
    presets = await settings(stage, other, "Other presets")
    await asyncio.gather(
        choose(stage, numbers, "quorum", "2"),
        choose(stage, presets, "modes.fun", "off"),
        choose(stage, numbers, "review_hours", "1"),
        choose(stage, presets, "modes.normal", "approval"),
        choose(stage, numbers, "strike_days", "7"),
        choose(stage, presets, "modes.custom", "trusted"),
    )
    async with asyncio.timeout(TIMEOUT_S):
        while len(await log(stage)) < 6:  # noqa: ASYNC110 - plain records
            await asyncio.sleep(0.02)
    modes = {Gate.FUN: Mode.OFF, Gate.NORMAL: Mode.APPROVAL, Gate.CUSTOM: Mode.TRUSTED}
    assert rules(stage) == ServerRules(quorum=2, review_hours=1, strike_days=7, modes=modes)


async def test_what_cannot_be_stored_changes_nothing(stage: Stage) -> None:
    opened = await settings(stage, boss(stage), "Numbers")
    async with locked_disk(stage):
        chosen = await choose(stage, opened, "quorum", "5")
        assert await whispered(chosen) == job_words.NOT_STORED.english
        assert preset(chosen.current, "quorum") == ["1"]
    assert rules(stage) == ServerRules()
    assert await log(stage) == []
    await choose(stage, opened, "quorum", "5")
    assert rules(stage) == ServerRules(quorum=5)


async def test_a_change_that_cannot_be_logged_holds_all_the_same(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*entries: object) -> None:
        raise StorageUnavailableError("full")

    opened = await settings(stage, boss(stage), "Numbers")
    monkeypatch.setattr(stage.app.moderation.trail, "append", fail)
    chosen = await choose(stage, opened, "quorum", "5")
    assert preset(chosen.current, "quorum") == ["5"]
    assert chosen.followups == []
    assert rules(stage) == ServerRules(quorum=5)


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
async def test_ids_of_other_versions_get_an_answer(stage: Stage, custom_id: str) -> None:
    opened = await settings(stage, boss(stage))
    pressed = await press_unseen(stage, message_of(opened), custom_id, user=opened.user)
    assert await told(pressed) == words.OLD.english
    assert pressed.ephemeral
    assert rules(stage) == ServerRules()


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
async def test_values_of_other_versions_get_an_answer(stage: Stage, key: str, values: list[str]) -> None:
    opened = await settings(stage, boss(stage))
    if values == ["everyone"]:
        values = [str(stage.guild.id)]
    data = {"component_type": 3, "custom_id": f"sm-set:{key}", "values": values}
    clients, message = stage.sandbox.discord._clients, message_of(opened)
    sent = clients._send(
        InteractionKind.COMPONENT, opened.user, message.channel, data, label=key, source=message
    )
    assert await told(sent) == words.OLD.english
    assert rules(stage) == ServerRules()
