"""`/settings`: what a server allows, changed page by page by those with *Manage Server*."""

import re
from typing import Any

import pytest

from bot.moderation.audit.entries import AuditAction
from bot.moderation.rules import Gate, Mode, ReviewAt, ServerRules
from bot.sandbox.discord import ChannelKind, InvalidInvocation
from bot.sandbox.discord.versions import walk
from bot.texts import settings_panel as words
from bot.texts.messages import Language
from tests.e2e.actors.buttons import labels, told
from tests.e2e.actors.harness import Harness
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.settings import (
    PAGES,
    ask_somewhere,
    asking_rules,
    boss,
    choose,
    log,
    node,
    preset,
    rules,
    settings,
    turn,
)

pytestmark = pytest.mark.started_with(rules=None)

LATIN = re.compile(r"[A-Za-z]{4,}")


async def test_only_those_with_manage_server_are_offered_it(harness: Harness) -> None:
    (registered,) = [one for one in harness.sandbox.discord.commands if one["name"] == "settings"]
    assert registered["default_member_permissions"] == str(1 << 5)
    assert registered["contexts"] == [0]
    with pytest.raises(InvalidInvocation):
        await harness.sandbox.discord.invoke("settings", user=harness.user, channel=harness.channel)
    reply = await harness.sandbox.discord.invoke(
        "settings", user=harness.user, channel=harness.channel, force=True
    )
    assert await told(reply) == words.NOT_ALLOWED.english
    assert reply.ephemeral


async def test_it_is_for_servers_that_the_bot_is_in(harness: Harness) -> None:
    elsewhere = harness.sandbox.discord.add_guild("elsewhere", bot_installed=False)
    for user, channel in (
        (elsewhere.owner, elsewhere.add_channel("general")),
        (harness.user, harness.sandbox.discord.dm(harness.user)),
    ):
        reply = await harness.sandbox.discord.invoke("settings", user=user, channel=channel, force=True)
        assert await told(reply) == words.NOT_HERE.english
        assert reply.ephemeral


@AT_ONCE_AND_AFTER_A_RESTART
async def test_pages_are_turned_by_buttons(harness: Harness, *, restarted: bool) -> None:
    opened = await settings(harness, boss(harness))
    await meanwhile(harness, restarted=restarted)
    for page in (*PAGES[1:], PAGES[0]):
        opened = await turn(harness, opened, page)
        assert opened.text.startswith(f"### Settings of this server: {page}\n")
        assert opened.current is not None
        assert labels(opened.current) == PAGES
        assert sum(1 for _ in walk(opened.current.components)) <= 40
        assert [button.label for button in opened.current.buttons if button.disabled] == [page]


@pytest.mark.parametrize(
    ("page", "key", "value", "expected"),
    [
        ("Spicy", "review_at", "both", {"review_at": ReviewAt.BOTH}),
        ("Spicy", "review_at", "posting", {"review_at": ReviewAt.POSTING}),
        ("Other presets", "modes.normal", "approval", {"modes": {Gate.NORMAL: Mode.APPROVAL}}),
        ("Other presets", "modes.fun", "off", {"modes": {Gate.FUN: Mode.OFF}}),
        ("Other presets", "modes.custom", "trusted", {"modes": {Gate.CUSTOM: Mode.TRUSTED}}),
        ("Other presets", "modes.pictures", "approval", {"modes": {Gate.PICTURES: Mode.APPROVAL}}),
        ("Limits", "quorum", "3", {"quorum": 3}),
        ("Limits", "review_hours", "72", {"review_hours": 72}),
        ("Limits", "reports_to_hide", "10", {"reports_to_hide": 10}),
        ("Limits", "hidden_hours", "168", {"hidden_hours": 168}),
        ("Limits", "strikes_to_suspend", "1", {"strikes_to_suspend": 1}),
        ("Limits", "suspend_hours", "720", {"suspend_hours": 720}),
        ("Limits", "strike_days", "90", {"strike_days": 90}),
        ("People and channels", "new_member_hours", "168", {"new_member_hours": 168}),
        ("People and channels", "new_member_pause_minutes", "60", {"new_member_pause_minutes": 60}),
        ("People and channels", "new_member_daily", "1", {"new_member_daily": 1}),
    ],
)
async def test_a_choice_is_kept_and_logged(
    harness: Harness, page: str, key: str, value: str, expected: dict[str, Any]
) -> None:
    await ask_somewhere(harness)
    user = boss(harness)
    opened = await settings(harness, user, page)
    (before,) = preset(opened.current, key)
    shown = await choose(harness, opened, key, value)
    assert preset(shown.current, key) == [value]
    assert shown.text.startswith(f"### Settings of this server: {page}\n")
    assert rules(harness) == asking_rules(harness, **expected)
    (entry,) = await log(harness)
    assert (entry.action, entry.actor_id, entry.person_id) == (AuditAction.RULES_CHANGED, user.id, None)
    number = value.isdigit()
    told_values = (int(before), int(value)) if number else (before, value)
    assert entry.details == {"field": key, "from": told_values[0], "to": told_values[1]}
    await harness.restart()
    assert rules(harness) == asking_rules(harness, **expected)
    assert preset((await settings(harness, user, page)).current, key) == [value]


async def test_what_was_chosen_already_is_not_logged(harness: Harness) -> None:
    opened = await settings(harness, boss(harness), "Other presets")
    await choose(harness, opened, "modes.fun", "open")
    assert await log(harness) == []


async def test_a_number_of_another_version_is_a_choice_too(harness: Harness) -> None:
    await harness.app.moderation.caches.rules.change(harness.guild.id, ServerRules(quorum=7, review_hours=36))
    opened = await settings(harness, boss(harness), "Limits")
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
    await choose(harness, opened, "quorum", "2")
    assert rules(harness) == ServerRules(quorum=2, review_hours=36)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_roles_and_channels_are_chosen_and_taken_back(harness: Harness, *, restarted: bool) -> None:
    guild = harness.guild
    first, second = guild.add_role("mods"), guild.add_role("regulars")
    reviews = guild.add_channel("reviews")
    thread = reviews.add_thread("log")
    opened = await settings(harness, boss(harness), "People and channels")
    await meanwhile(harness, restarted=restarted)
    opened = await choose(harness, opened, "reviewer_roles", first, second)
    opened = await choose(harness, opened, "trusted_roles", second)
    opened = await choose(harness, opened, "review_channel_id", reviews)
    opened = await choose(harness, opened, "log_channel_id", thread)
    assert rules(harness) == ServerRules(
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
        opened = await choose(harness, opened, key)
        assert preset(opened.current, key) == []
    assert rules(harness) == ServerRules()
    entries = [entry.details for entry in await log(harness)]
    assert entries[0] == {"field": "reviewer_roles", "from": [], "to": [first.id, second.id]}
    assert entries[2] == {"field": "review_channel_id", "from": None, "to": reviews.id}
    assert entries[-1] == {"field": "log_channel_id", "from": thread.id, "to": None}


async def test_what_is_gone_is_not_preselected_and_can_be_taken_out(harness: Harness) -> None:
    post = harness.guild.add_channel("ideas", kind=ChannelKind.FORUM).add_thread("post")
    kept = ServerRules(reviewer_roles=frozenset({12345}), review_channel_id=67890, log_channel_id=post.id)
    await harness.app.moderation.caches.rules.change(harness.guild.id, kept)
    opened = await settings(harness, boss(harness), "People and channels")
    assert opened.current is not None
    assert "Now: <#67890>" in opened.text
    for key in ("reviewer_roles", "review_channel_id", "log_channel_id"):
        assert preset(opened.current, key) == []
        opened = await turn(harness, opened, f"sm-set-none:{key}")
    assert rules(harness) == ServerRules()
    assert labels(opened.current) == PAGES


@pytest.mark.parametrize("language", Language)
def test_words_fit_discord(language: Language) -> None:
    assert len(words.DESCRIPTION.in_language(language)) <= 100
    for text in (words.CONFIRM_TITLE, words.CONFIRM_LABEL):
        assert len(text.in_language(language)) <= 45
    options = [words.MODE_NAMES, words.MODE_HINTS, words.REVIEW_AT_NAMES, words.REVIEW_AT_HINTS]
    for mapping in options:
        for text in mapping.values():
            assert len(text.in_language(language)) <= 100
    for mode in words.MODE_NAMES.values():
        assert len(words.as_server(mode).in_language(language)) <= 100
    assert len(words.CONFIRM_HINT.in_language(language)) <= 100
    for label in (*words.PAGE_NAMES.values(), words.NOBODY, words.NOWHERE):
        assert len(label.in_language(language)) <= 80


@pytest.mark.parametrize("language", [Language.CHINESE, Language.JAPANESE])
async def test_it_is_in_the_persons_language(harness: Harness, language: Language) -> None:
    opened = await settings(harness, boss(harness, locale=language.value))
    for page in words.PAGE_NAMES.values():
        name = page.in_language(language)
        if page is not words.PAGE_NAMES["spicy"]:
            opened = await turn(harness, opened, name)
        assert opened.current is not None
        options = [option for one in walk(opened.current.components) for option in one.get("options", [])]
        # Where nothing is chosen, a person's own client says so in their language.
        shown = opened.text.replace("Make a selection", "") + "".join(
            f"{one['label']} {one.get('description', '')}" for one in options
        )
        assert set(LATIN.findall(shown)) <= {"Discord"}, shown
