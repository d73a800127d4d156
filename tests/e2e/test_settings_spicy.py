"""`/settings`: *spicy* is switched on with its rules confirmed, for the server or in one channel."""

import asyncio

import pytest

from bot.moderation.audit import Deed
from bot.moderation.rules import Gate, Mode, ServerRules
from bot.texts import settings_panel as words
from cogs.settings import SettingsCog
from tests.e2e.actors.buttons import told, whispered
from tests.e2e.actors.harness import TIMEOUT_S, Stage
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.settings import boss, choose, confirm, form_of, log, preset, rules, settings, turn

pytestmark = pytest.mark.started_with(rules=None)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_spicy_is_switched_on_only_with_its_rules_confirmed(stage: Stage, *, restarted: bool) -> None:
    user = boss(stage)
    opened = await settings(stage, user)
    assert "nobody can make spicy videos" in opened.text
    assert preset(opened.current, "modes.spicy") == ["off"]
    form = await form_of(stage, opened, "modes.spicy", "trusted")
    assert form.modal is not None
    assert "under age" in str(form.modal["components"])
    await meanwhile(stage, restarted=restarted)
    unticked = await stage.sandbox.discord.submit(form, {})
    assert await whispered(unticked) == words.CONFIRM_MISSING.english
    assert rules(stage) == ServerRules()
    assert await log(stage) == []
    shown = await confirm(stage, opened, "modes.spicy", "trusted")
    assert rules(stage) == ServerRules(spicy_confirmed_by=user.id, modes={Gate.SPICY: Mode.TRUSTED})
    assert f"*Spicy* is **on**. {words.MODE_HINTS['trusted'].english} <@{user.id}> confirmed" in shown.text
    assert preset(shown.current, "modes.spicy") == ["trusted"]
    (entry,) = await log(stage)
    assert (entry.deed, entry.actor_id) == (Deed.SPICY_SWITCHED_ON, user.id)
    assert entry.details == {
        "field": "modes.spicy",
        "from": "off",
        "to": "trusted",
        "rules_version": words.SPICY_RULES_VERSION,
    }


async def test_spicy_off_ends_the_confirmation(stage: Stage) -> None:
    first, second = boss(stage), boss(stage, "cy")
    opened = await confirm(stage, await settings(stage, first), "modes.spicy", "open")
    opened = await choose(stage, await settings(stage, second), "modes.spicy", "approval")
    assert rules(stage).spicy_confirmed_by == first.id
    opened = await choose(stage, opened, "modes.spicy", "off")
    assert "nobody can make spicy videos" in opened.text
    assert rules(stage).spicy_confirmed_by is None
    assert rules(stage).mode(Gate.SPICY, None) is Mode.OFF
    await form_of(stage, opened, "modes.spicy", "open")
    assert [entry.deed for entry in await log(stage)] == [
        Deed.SPICY_SWITCHED_ON,
        Deed.RULES_CHANGED,
        Deed.SPICY_SWITCHED_OFF,
    ]


async def test_spicy_decides_about_videos_as_it_was_set(stage: Stage) -> None:
    await confirm(stage, await settings(stage, boss(stage)), "modes.spicy", "open")
    reply = await stage.video("x", channel=stage.adult_channel, preset="spicy")
    await reply.wait_for_video(TIMEOUT_S)
    refused = await stage.video("x", channel=stage.channel, preset="spicy")
    assert "age-restricted" in await told(refused)


async def test_a_channel_differs_from_its_server_and_its_threads_with_it(stage: Stage) -> None:
    user = boss(stage)
    thread = stage.adult_channel.add_thread("talk")
    opened = await settings(stage, user, "This channel", channel=thread)
    where = stage.adult_channel
    assert f"<#{where.id}>" in opened.text
    assert words.HERE_RESTRICTED.english in opened.text
    for gate in Gate:
        assert preset(opened.current, f"channel_modes.{gate}") == ["server"]
    opened = await choose(stage, opened, "channel_modes.fun", "off")
    opened = await choose(stage, opened, "channel_modes.pictures", "approval")
    own = {Gate.FUN: Mode.OFF, Gate.PICTURES: Mode.APPROVAL}
    assert rules(stage) == ServerRules(channel_modes={where.id: own})
    assert preset(opened.current, "channel_modes.fun") == ["off"]
    elsewhere = await settings(stage, user, "This channel")
    assert preset(elsewhere.current, "channel_modes.fun") == ["server"]
    assert words.HERE_NOT_RESTRICTED.english in elsewhere.text
    server = await turn(stage, elsewhere, "Other presets")
    assert f"Channels with modes of their own: <#{where.id}>" in server.text
    await stage.restart()
    assert rules(stage).mode(Gate.FUN, where.id) is Mode.OFF
    opened = await choose(stage, opened, "channel_modes.fun", "server")
    opened = await choose(stage, opened, "channel_modes.pictures", "server")
    assert rules(stage) == ServerRules()
    entries = [entry.details for entry in await log(stage)]
    assert entries[0] == {"field": f"channel_modes.{where.id}.fun", "from": None, "to": "off"}
    assert entries[-1] == {"field": f"channel_modes.{where.id}.pictures", "from": "approval", "to": None}


async def test_spicy_in_one_channel_takes_the_confirmation_too(stage: Stage) -> None:
    user = boss(stage)
    where = stage.adult_channel
    opened = await settings(stage, user, "This channel", channel=where)
    assert words.SPICY_OFF_IN_SERVER.english in opened.text
    opened = await confirm(stage, opened, "channel_modes.spicy", "open")
    assert rules(stage).mode(Gate.SPICY, where.id) is Mode.OPEN
    assert rules(stage).mode(Gate.SPICY, stage.channel.id) is Mode.OFF
    server = await turn(stage, opened, "Spicy")
    assert "but on in some channels" in server.text
    assert preset(server.current, "modes.spicy") == []
    opened = await turn(stage, server, "This channel")
    opened = await choose(stage, opened, "channel_modes.spicy", "server")
    assert rules(stage).spicy_confirmed_by is None
    assert [entry.deed for entry in await log(stage)] == [Deed.SPICY_SWITCHED_ON, Deed.SPICY_SWITCHED_OFF]


async def test_spicy_off_is_off_in_every_channel_and_does_not_come_back_there(stage: Stage) -> None:
    user = boss(stage)
    where = stage.adult_channel
    opened = await confirm(stage, await settings(stage, user, channel=where), "modes.spicy", "approval")
    here = await turn(stage, opened, "This channel")
    await choose(stage, here, "channel_modes.spicy", "open")
    there = await settings(stage, user, "This channel")
    await choose(stage, there, "channel_modes.spicy", "off")
    opened = await choose(stage, await turn(stage, here, "Spicy"), "modes.spicy", "off")
    assert rules(stage).mode(Gate.SPICY, where.id) is Mode.OFF
    await confirm(stage, opened, "modes.spicy", "approval")
    assert rules(stage).mode(Gate.SPICY, where.id) is Mode.APPROVAL
    assert rules(stage).mode(Gate.SPICY, stage.channel.id) is Mode.OFF


async def test_what_was_on_unconfirmed_is_not_confirmed_along_with_a_channel(stage: Stage) -> None:
    stale = ServerRules(modes={Gate.SPICY: Mode.OPEN}, channel_modes={99: {Gate.SPICY: Mode.OPEN}})
    await stage.app.moderation.books.rules.change(stage.guild.id, stale)
    opened = await settings(stage, boss(stage), "This channel", channel=stage.adult_channel)
    await confirm(stage, opened, "channel_modes.spicy", "approval")
    assert rules(stage).mode(Gate.SPICY, None) is Mode.OFF
    assert rules(stage).mode(Gate.SPICY, 99) is Mode.OFF
    assert rules(stage).mode(Gate.SPICY, stage.adult_channel.id) is Mode.APPROVAL


async def test_spicy_is_not_switched_on_again_by_a_choice_that_came_too_late(stage: Stage) -> None:
    one, other = boss(stage), boss(stage, "cy")
    await confirm(stage, await settings(stage, one), "modes.spicy", "open")
    first, second = await settings(stage, one), await settings(stage, other)
    cog = stage.app.bot.get_cog("SettingsCog")
    assert isinstance(cog, SettingsCog)
    locks = cog._changes._locks  # pyright: ignore[reportPrivateUsage] - both wait for one moment
    lock = locks.setdefault(stage.guild.id, asyncio.Lock())
    async with lock:
        off = await stage.sandbox.discord.select(first, "sm-set:modes.spicy", ["off"], user=one)
        await off.wait_for_ack(TIMEOUT_S)
        late = await stage.sandbox.discord.select(second, "sm-set:modes.spicy", ["trusted"], user=other)
        await late.wait_for_ack(TIMEOUT_S)
        await asyncio.sleep(0.1)
    assert await whispered(late) == words.CHANGED_MEANWHILE.english
    assert rules(stage).mode(Gate.SPICY, None) is Mode.OFF
    assert rules(stage).spicy_confirmed_by is None
