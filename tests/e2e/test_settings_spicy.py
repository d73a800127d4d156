"""`/settings`: *spicy* is switched on with its rules confirmed, for the server or in one channel."""

import asyncio

import pytest

from bot.moderation.audit.entries import AuditAction
from bot.moderation.rules import Gate, Mode
from bot.texts import settings_panel as words
from tests.e2e.actors.buttons import told, whispered
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.settings import (
    ask_somewhere,
    asking_rules,
    boss,
    choose,
    confirm,
    form_of,
    log,
    preset,
    rules,
    settings,
    turn,
)

pytestmark = [pytest.mark.started_with(rules=None), pytest.mark.usefixtures("asked")]


@pytest.fixture
async def asked(harness: Harness) -> None:
    """Moderators can be asked."""
    await ask_somewhere(harness)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_spicy_is_switched_on_only_with_its_rules_confirmed(
    harness: Harness, *, restarted: bool
) -> None:
    user = boss(harness)
    opened = await settings(harness, user)
    assert "nobody can make spicy videos" in opened.text
    assert preset(opened.current, "modes.spicy") == ["off"]
    form = await form_of(harness, opened, "modes.spicy", "trusted")
    assert form.modal is not None
    assert "under age" in str(form.modal["components"])
    await meanwhile(harness, restarted=restarted)
    unticked = await harness.sandbox.discord.submit(form, {})
    assert await whispered(unticked) == words.CONFIRM_MISSING.english
    assert rules(harness) == asking_rules(harness)
    assert await log(harness) == []
    shown = await confirm(harness, opened, "modes.spicy", "trusted")
    assert rules(harness) == asking_rules(
        harness, spicy_confirmed_by=user.id, modes={Gate.SPICY: Mode.TRUSTED}
    )
    assert f"*Spicy* is **on**. {words.MODE_HINTS['trusted'].english} <@{user.id}> confirmed" in shown.text
    assert preset(shown.current, "modes.spicy") == ["trusted"]
    (entry,) = await log(harness)
    assert (entry.action, entry.actor_id) == (AuditAction.SPICY_SWITCHED_ON, user.id)
    assert entry.details == {
        "field": "modes.spicy",
        "from": "off",
        "to": "trusted",
        "rules_version": words.SPICY_RULES_VERSION,
    }


async def test_spicy_off_ends_the_confirmation(harness: Harness) -> None:
    first, second = boss(harness), boss(harness, "cy")
    opened = await confirm(harness, await settings(harness, first), "modes.spicy", "open")
    opened = await choose(harness, await settings(harness, second), "modes.spicy", "approval")
    assert rules(harness).spicy_confirmed_by == first.id
    opened = await choose(harness, opened, "modes.spicy", "off")
    assert "nobody can make spicy videos" in opened.text
    assert rules(harness).spicy_confirmed_by is None
    assert rules(harness).mode(Gate.SPICY, None) is Mode.OFF
    await form_of(harness, opened, "modes.spicy", "open")
    assert [entry.action for entry in await log(harness)] == [
        AuditAction.SPICY_SWITCHED_ON,
        AuditAction.RULES_CHANGED,
        AuditAction.SPICY_SWITCHED_OFF,
    ]


async def test_spicy_decides_about_videos_as_it_was_set(harness: Harness) -> None:
    await confirm(harness, await settings(harness, boss(harness)), "modes.spicy", "open")
    reply = await harness.video("x", channel=harness.adult_channel, preset="spicy")
    await reply.wait_for_video(TIMEOUT_S)
    refused = await harness.video("x", channel=harness.channel, preset="spicy")
    assert "age-restricted" in await told(refused)


async def test_a_channel_differs_from_its_server_and_its_threads_with_it(harness: Harness) -> None:
    user = boss(harness)
    thread = harness.adult_channel.add_thread("talk")
    opened = await settings(harness, user, "This channel", channel=thread)
    where = harness.adult_channel
    assert f"<#{where.id}>" in opened.text
    assert words.HERE_RESTRICTED.english in opened.text
    for gate in Gate:
        assert preset(opened.current, f"channel_modes.{gate}") == ["server"]
    opened = await choose(harness, opened, "channel_modes.fun", "off")
    opened = await choose(harness, opened, "channel_modes.pictures", "approval")
    own = {Gate.FUN: Mode.OFF, Gate.PICTURES: Mode.APPROVAL}
    assert rules(harness) == asking_rules(harness, channel_modes={where.id: own})
    assert preset(opened.current, "channel_modes.fun") == ["off"]
    elsewhere = await settings(harness, user, "This channel")
    assert preset(elsewhere.current, "channel_modes.fun") == ["server"]
    assert words.HERE_NOT_RESTRICTED.english in elsewhere.text
    server = await turn(harness, elsewhere, "Other presets")
    assert f"Channels with their own mode: <#{where.id}>" in server.text
    await harness.restart()
    assert rules(harness).mode(Gate.FUN, where.id) is Mode.OFF
    opened = await choose(harness, opened, "channel_modes.fun", "server")
    opened = await choose(harness, opened, "channel_modes.pictures", "server")
    assert rules(harness) == asking_rules(harness)
    entries = [entry.details for entry in await log(harness)]
    assert entries[0] == {"field": f"channel_modes.{where.id}.fun", "from": None, "to": "off"}
    assert entries[-1] == {"field": f"channel_modes.{where.id}.pictures", "from": "approval", "to": None}


async def test_spicy_in_one_channel_takes_the_confirmation_too(harness: Harness) -> None:
    user = boss(harness)
    where = harness.adult_channel
    opened = await settings(harness, user, "This channel", channel=where)
    assert words.SPICY_OFF_IN_SERVER.english in opened.text
    opened = await confirm(harness, opened, "channel_modes.spicy", "open")
    assert rules(harness).mode(Gate.SPICY, where.id) is Mode.OPEN
    assert rules(harness).mode(Gate.SPICY, harness.channel.id) is Mode.OFF
    server = await turn(harness, opened, "Spicy")
    assert "but on in some channels" in server.text
    assert preset(server.current, "modes.spicy") == []
    opened = await turn(harness, server, "This channel")
    opened = await choose(harness, opened, "channel_modes.spicy", "server")
    assert rules(harness).spicy_confirmed_by is None
    assert [entry.action for entry in await log(harness)] == [
        AuditAction.SPICY_SWITCHED_ON,
        AuditAction.SPICY_SWITCHED_OFF,
    ]


async def test_spicy_off_is_off_in_every_channel_and_does_not_come_back_there(harness: Harness) -> None:
    user = boss(harness)
    where = harness.adult_channel
    opened = await confirm(harness, await settings(harness, user, channel=where), "modes.spicy", "approval")
    here = await turn(harness, opened, "This channel")
    await choose(harness, here, "channel_modes.spicy", "open")
    there = await settings(harness, user, "This channel")
    await choose(harness, there, "channel_modes.spicy", "off")
    opened = await choose(harness, await turn(harness, here, "Spicy"), "modes.spicy", "off")
    assert rules(harness).mode(Gate.SPICY, where.id) is Mode.OFF
    await confirm(harness, opened, "modes.spicy", "approval")
    assert rules(harness).mode(Gate.SPICY, where.id) is Mode.APPROVAL
    assert rules(harness).mode(Gate.SPICY, harness.channel.id) is Mode.OFF


async def test_what_was_on_unconfirmed_is_not_confirmed_along_with_a_channel(harness: Harness) -> None:
    stale = asking_rules(harness, modes={Gate.SPICY: Mode.OPEN}, channel_modes={99: {Gate.SPICY: Mode.OPEN}})
    await harness.app.moderation.caches.rules.change(harness.guild.id, stale)
    opened = await settings(harness, boss(harness), "This channel", channel=harness.adult_channel)
    await confirm(harness, opened, "channel_modes.spicy", "approval")
    assert rules(harness).mode(Gate.SPICY, None) is Mode.OFF
    assert rules(harness).mode(Gate.SPICY, 99) is Mode.OFF
    assert rules(harness).mode(Gate.SPICY, harness.adult_channel.id) is Mode.APPROVAL


async def test_spicy_is_not_switched_on_again_by_a_choice_that_came_too_late(harness: Harness) -> None:
    one, other = boss(harness), boss(harness, "cy")
    await confirm(harness, await settings(harness, one), "modes.spicy", "open")
    first, second = await settings(harness, one), await settings(harness, other)
    async with harness.app.moderation.audit_log.transaction():  # both wait for its end
        off = await harness.sandbox.discord.select(first, "sm-set:modes.spicy", ["off"], user=one)
        await off.wait_for_ack(TIMEOUT_S)
        late = await harness.sandbox.discord.select(second, "sm-set:modes.spicy", ["trusted"], user=other)
        await late.wait_for_ack(TIMEOUT_S)
        await asyncio.sleep(0.1)
    assert await whispered(late) == words.CHANGED_MEANWHILE.english
    assert rules(harness).mode(Gate.SPICY, None) is Mode.OFF
    assert rules(harness).spicy_confirmed_by is None
