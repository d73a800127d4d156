"""`/settings`: what a server allows, changed page by page by those with *Manage Server*."""

import asyncio
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

import cogs.furnishing
from bot.moderation.audit import AuditFilter, Deed, Recorded
from bot.moderation.rules import Gate, Mode, ReviewAt, ServerRules, SpicyPictures
from bot.sandbox.discord import (
    Channel,
    ChannelKind,
    InvalidInvocation,
    MessageVersion,
    Reply,
    Role,
    User,
)
from bot.sandbox.discord.interactions import InteractionKind
from bot.sandbox.discord.versions import walk
from bot.storage import StorageUnavailableError
from bot.texts import jobs as job_words
from bot.texts import settings_panel as words
from bot.texts.sentences import Language, Sentence
from cogs.settings import SettingsCog
from tests.e2e.presses import (
    AT_ONCE_AND_AFTER_A_RESTART,
    labels,
    meanwhile,
    message_of,
    press_unseen,
    told,
    whispered,
)
from tests.e2e.stage import TIMEOUT_S, Stage, open_stage
from tests.e2e.test_durability import locked_disk

PAGES = [page.english for page in words.PAGE_NAMES.values()]
LATIN = re.compile(r"[A-Za-z]{4,}")


@pytest.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Stage]:
    if not hasattr(cogs.furnishing, "SettingsCog"):
        furnish = cogs.furnishing.furnish

        def furnish_more(bot: Any, services: Any) -> None:
            furnish(bot, services)
            moderating = services.moderating
            bot.start_with(SettingsCog(moderating.books.rules, moderating.trail, now=services.now))

        monkeypatch.setattr("bot.wiring.furnish", furnish_more)
    async with open_stage(tmp_path, rules=None) as opened:
        yield opened


def boss(stage: Stage, name: str = "bo", *, locale: str = "en-US") -> User:
    """Somebody with *Manage Server*."""
    user = stage.sandbox.discord.add_user(name, locale=locale)
    stage.guild.join(user, [stage.guild.add_role(f"{name}'s role", ["manage_guild"])])
    return user


async def settings(
    stage: Stage, user: User, page: str = PAGES[0], *, channel: Channel | None = None
) -> Reply:
    """Type `/settings`, and turn to a page."""
    where = channel or stage.channel
    opened = await stage.sandbox.discord.invoke("settings", user=user, channel=where)
    await opened.wait_for_answer(TIMEOUT_S)
    assert opened.ephemeral
    return opened if page == PAGES[0] else await turn(stage, opened, page)


async def turn(stage: Stage, opened: Reply, page: str) -> Reply:
    pressed = await stage.sandbox.discord.press(opened, page, user=opened.user)
    await pressed.wait_for_answer(TIMEOUT_S)
    return pressed


async def choose(stage: Stage, opened: Reply, key: str, *values: str | Role | Channel) -> Reply:
    """Choose in a select of the panel, and wait for the panel to be shown anew."""
    chosen = await stage.sandbox.discord.select(opened, f"sm-set:{key}", values, user=opened.user)
    await chosen.wait_for_answer(TIMEOUT_S)
    return chosen


async def form_of(stage: Stage, opened: Reply, key: str, value: str) -> Reply:
    """Choose what takes a confirmation first."""
    chosen = await stage.sandbox.discord.select(opened, f"sm-set:{key}", [value], user=opened.user)
    await chosen.wait_for_modal(TIMEOUT_S)
    return chosen


async def confirm(stage: Stage, opened: Reply, key: str, value: str) -> Reply:
    form = await form_of(stage, opened, key, value)
    sent = await stage.sandbox.discord.submit(form, {words.CONFIRM_LABEL.english: True})
    await sent.wait_for_answer(TIMEOUT_S)
    return sent


def cog(stage: Stage) -> SettingsCog:
    found = stage.app.bot.get_cog("SettingsCog")
    assert isinstance(found, SettingsCog)
    return found


def rules(stage: Stage) -> ServerRules:
    return cog(stage)._rules.of(stage.guild.id)


async def log(stage: Stage) -> list[Recorded]:
    """What the audit log says of the server, oldest first."""
    found = await cog(stage)._trail.store.read(AuditFilter(stage.guild.id), limit=100)
    return list(reversed(found))


def node(version: MessageVersion | None, key: str) -> dict[str, Any]:
    assert version is not None
    return next(one for one in walk(version.components) if one.get("custom_id") == f"sm-set:{key}")


def preset(version: MessageVersion | None, key: str) -> list[str]:
    """What a select shows as chosen."""
    select = node(version, key)
    if "options" in select:
        return [option["value"] for option in select["options"] if option.get("default")]
    return [str(value["id"]) for value in select.get("default_values", [])]


async def test_only_those_with_manage_server_are_offered_it(stage: Stage) -> None:
    (registered,) = [one for one in stage.sandbox.discord.commands if one["name"] == "settings"]
    assert registered["default_member_permissions"] == str(1 << 5)
    assert registered["contexts"] == [0]
    with pytest.raises(InvalidInvocation):
        await stage.sandbox.discord.invoke("settings", user=stage.user, channel=stage.channel)
    reply = await stage.sandbox.discord.invoke("settings", user=stage.user, channel=stage.channel, force=True)
    assert await told(reply) == words.NOT_ALLOWED.english
    assert reply.ephemeral


async def test_it_is_for_servers_that_the_bot_is_in(stage: Stage) -> None:
    elsewhere = stage.sandbox.discord.add_guild("elsewhere", bot_installed=False)
    for user, channel in (
        (elsewhere.owner, elsewhere.add_channel("general")),
        (stage.user, stage.sandbox.discord.dm(stage.user)),
    ):
        reply = await stage.sandbox.discord.invoke("settings", user=user, channel=channel, force=True)
        assert await told(reply) == words.NOT_HERE.english
        assert reply.ephemeral


@AT_ONCE_AND_AFTER_A_RESTART
async def test_pages_are_turned_by_buttons(stage: Stage, *, restarted: bool) -> None:
    opened = await settings(stage, boss(stage))
    await meanwhile(stage, restarted=restarted)
    for page in (*PAGES[1:], PAGES[0]):
        opened = await turn(stage, opened, page)
        assert opened.text.startswith(f"### Settings of this server: {page}\n")
        assert opened.current is not None
        assert labels(opened.current) == PAGES
        assert sum(1 for _ in walk(opened.current.components)) <= 40
        assert [button.label for button in opened.current.buttons if button.disabled] == [page]


@pytest.mark.parametrize(
    ("page", "key", "value", "expected"),
    [
        ("Spicy", "spicy_pictures", "approval", {"spicy_pictures": SpicyPictures.APPROVAL}),
        ("Spicy", "spicy_pictures", "as_mode", {"spicy_pictures": SpicyPictures.AS_MODE}),
        ("Spicy", "review_at", "both", {"review_at": ReviewAt.BOTH}),
        ("Spicy", "review_at", "posting", {"review_at": ReviewAt.POSTING}),
        ("Other presets", "modes.normal", "approval", {"modes": {Gate.NORMAL: Mode.APPROVAL}}),
        ("Other presets", "modes.fun", "off", {"modes": {Gate.FUN: Mode.OFF}}),
        ("Other presets", "modes.custom", "trusted", {"modes": {Gate.CUSTOM: Mode.TRUSTED}}),
        ("Other presets", "modes.pictures", "approval", {"modes": {Gate.PICTURES: Mode.APPROVAL}}),
        ("Numbers", "quorum", "3", {"quorum": 3}),
        ("Numbers", "review_hours", "72", {"review_hours": 72}),
        ("Numbers", "reports_to_hide", "10", {"reports_to_hide": 10}),
        ("Numbers", "hidden_hours", "168", {"hidden_hours": 168}),
        ("Numbers", "strikes_to_suspend", "1", {"strikes_to_suspend": 1}),
        ("Numbers", "suspend_hours", "720", {"suspend_hours": 720}),
        ("Numbers", "strike_days", "90", {"strike_days": 90}),
    ],
)
async def test_a_choice_is_kept_and_logged(
    stage: Stage, page: str, key: str, value: str, expected: dict[str, Any]
) -> None:
    user = boss(stage)
    opened = await settings(stage, user, page)
    (before,) = preset(opened.current, key)
    shown = await choose(stage, opened, key, value)
    assert preset(shown.current, key) == [value]
    assert shown.text.startswith(f"### Settings of this server: {page}\n")
    assert rules(stage) == ServerRules(**expected)
    (entry,) = await log(stage)
    assert (entry.deed, entry.actor_id, entry.person_id) == (Deed.RULES_CHANGED, user.id, None)
    number = value.isdigit()
    told_values = (int(before), int(value)) if number else (before, value)
    assert entry.details == {"field": key, "from": told_values[0], "to": told_values[1]}
    await stage.restart()
    assert rules(stage) == ServerRules(**expected)
    assert preset((await settings(stage, user, page)).current, key) == [value]


async def test_what_was_chosen_already_is_not_logged(stage: Stage) -> None:
    opened = await settings(stage, boss(stage), "Other presets")
    await choose(stage, opened, "modes.fun", "open")
    assert await log(stage) == []


async def test_a_number_of_another_version_is_a_choice_too(stage: Stage) -> None:
    await cog(stage)._rules.change(stage.guild.id, ServerRules(quorum=7, review_hours=36))
    opened = await settings(stage, boss(stage), "Numbers")
    assert preset(opened.current, "quorum") == ["7"]
    assert preset(opened.current, "review_hours") == ["36"]
    options = node(opened.current, "review_hours")["options"]
    assert [option["label"] for option in options] == [
        "1 hour",
        "6 hours",
        "12 hours",
        "24 hours",
        "36 hours",
        "2 days",
        "3 days",
    ]
    await choose(stage, opened, "quorum", "2")
    assert rules(stage) == ServerRules(quorum=2, review_hours=36)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_roles_and_channels_are_chosen_and_taken_back(stage: Stage, *, restarted: bool) -> None:
    guild = stage.guild
    first, second = guild.add_role("mods"), guild.add_role("regulars")
    reviews = guild.add_channel("reviews")
    thread = reviews.add_thread("log")
    opened = await settings(stage, boss(stage), "People and channels")
    await meanwhile(stage, restarted=restarted)
    opened = await choose(stage, opened, "reviewer_roles", first, second)
    opened = await choose(stage, opened, "trusted_roles", second)
    opened = await choose(stage, opened, "review_channel_id", reviews)
    opened = await choose(stage, opened, "log_channel_id", thread)
    assert rules(stage) == ServerRules(
        reviewer_roles=frozenset({first.id, second.id}),
        trusted_roles=frozenset({second.id}),
        review_channel_id=reviews.id,
        log_channel_id=thread.id,
    )
    assert preset(opened.current, "reviewer_roles") == [str(first.id), str(second.id)]
    assert preset(opened.current, "trusted_roles") == [str(second.id)]
    assert preset(opened.current, "review_channel_id") == [str(reviews.id)]
    assert preset(opened.current, "log_channel_id") == [str(thread.id)]
    assert f"Now: <@&{first.id}> <@&{second.id}>" in opened.text
    for key in ("reviewer_roles", "trusted_roles", "review_channel_id", "log_channel_id"):
        opened = await choose(stage, opened, key)
        assert preset(opened.current, key) == []
    assert rules(stage) == ServerRules()
    entries = [entry.details for entry in await log(stage)]
    assert entries[0] == {"field": "reviewer_roles", "from": [], "to": [first.id, second.id]}
    assert entries[2] == {"field": "review_channel_id", "from": None, "to": reviews.id}
    assert entries[-1] == {"field": "log_channel_id", "from": thread.id, "to": None}


async def test_what_is_gone_is_not_preselected_and_can_be_taken_out(stage: Stage) -> None:
    post = stage.guild.add_channel("ideas", kind=ChannelKind.FORUM).add_thread("post")
    kept = ServerRules(reviewer_roles=frozenset({12345}), review_channel_id=67890, log_channel_id=post.id)
    await cog(stage)._rules.change(stage.guild.id, kept)
    opened = await settings(stage, boss(stage), "People and channels")
    assert opened.current is not None
    assert "Now: <#67890>" in opened.text
    for key in ("reviewer_roles", "review_channel_id", "log_channel_id"):
        assert preset(opened.current, key) == []
        opened = await turn(stage, opened, f"sm-set-none:{key}")
    assert rules(stage) == ServerRules()
    assert labels(opened.current) == PAGES


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
    await cog(stage)._rules.change(stage.guild.id, stale)
    opened = await settings(stage, boss(stage), "This channel", channel=stage.adult_channel)
    await confirm(stage, opened, "channel_modes.spicy", "approval")
    assert rules(stage).mode(Gate.SPICY, None) is Mode.OFF
    assert rules(stage).mode(Gate.SPICY, 99) is Mode.OFF
    assert rules(stage).mode(Gate.SPICY, stage.adult_channel.id) is Mode.APPROVAL


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


async def test_spicy_is_not_switched_on_again_by_a_choice_that_came_too_late(stage: Stage) -> None:
    one, other = boss(stage), boss(stage, "cy")
    await confirm(stage, await settings(stage, one), "modes.spicy", "open")
    first, second = await settings(stage, one), await settings(stage, other)
    lock = cog(stage)._locks.setdefault(stage.guild.id, asyncio.Lock())
    async with lock:
        off = await stage.sandbox.discord.select(first, "sm-set:modes.spicy", ["off"], user=one)
        await off.wait_for_ack(TIMEOUT_S)
        late = await stage.sandbox.discord.select(second, "sm-set:modes.spicy", ["trusted"], user=other)
        await late.wait_for_ack(TIMEOUT_S)
        await asyncio.sleep(0.1)
    assert await whispered(late) == words.CHANGED_MEANWHILE.english
    assert rules(stage).mode(Gate.SPICY, None) is Mode.OFF
    assert rules(stage).spicy_confirmed_by is None


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
    monkeypatch.setattr(cog(stage)._trail, "append", fail)
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


def spoken() -> list[Sentence]:
    """Every sentence of the panel that is not made with a number."""
    found: list[Sentence] = []
    for value in vars(words).values():
        if isinstance(value, Sentence):
            found.append(value)
        elif isinstance(value, dict):
            found.extend(one for one in value.values() if isinstance(one, Sentence))
    return found


@pytest.mark.parametrize("language", Language)
def test_words_fit_discord(language: Language) -> None:
    assert len(words.DESCRIPTION.in_language(language)) <= 100
    for text in (words.CONFIRM_TITLE, words.CONFIRM_LABEL):
        assert len(text.in_language(language)) <= 45
    options = [words.MODE_NAMES, words.MODE_HINTS, words.SPICY_PICTURES_NAMES, words.SPICY_PICTURES_HINTS]
    options += [words.REVIEW_AT_NAMES, words.REVIEW_AT_HINTS]
    for mapping in options:
        for text in mapping.values():
            assert len(text.in_language(language)) <= 100
    for mode in words.MODE_NAMES.values():
        assert len(words.as_server(mode).in_language(language)) <= 100
    assert len(words.CONFIRM_HINT.in_language(language)) <= 100
    for label in (*words.PAGE_NAMES.values(), words.NOBODY, words.NOWHERE):
        assert len(label.in_language(language)) <= 80


@pytest.mark.parametrize("language", [Language.CHINESE, Language.JAPANESE])
async def test_it_is_in_the_persons_language(stage: Stage, language: Language) -> None:
    opened = await settings(stage, boss(stage, locale=language.value))
    for page in words.PAGE_NAMES.values():
        name = page.in_language(language)
        if page is not words.PAGE_NAMES["spicy"]:
            opened = await turn(stage, opened, name)
        assert opened.current is not None
        options = [option for one in walk(opened.current.components) for option in one.get("options", [])]
        # Where nothing is chosen, a person's own client says so in their language.
        shown = opened.text.replace("Make a selection", "") + "".join(
            f"{one['label']} {one.get('description', '')}" for one in options
        )
        assert set(LATIN.findall(shown)) <= {"Discord"}, shown
