"""`/settings`: opening the panel, choosing in it, reading what came of it."""

from typing import Any

from bot.moderation.audit.entries import RecordedEntry
from bot.moderation.audit.store import AuditFilter
from bot.moderation.rules import ServerRules
from bot.sandbox.discord import Channel, MessageVersion, Reply, Role, User
from bot.sandbox.discord.versions import walk
from bot.texts import settings_panel as words
from tests.e2e.actors.harness import TIMEOUT_S, Harness

PAGES = [page.english for page in words.PAGE_NAMES.values()]


def boss(harness: Harness, name: str = "bo", *, locale: str = "en-US") -> User:
    """Add a member with *Manage Server*."""
    user = harness.sandbox.discord.add_user(name, locale=locale)
    harness.guild.join(user, [harness.guild.add_role(f"{name}'s role", ["manage_guild"])])
    return user


async def ask_somewhere(harness: Harness) -> None:
    """Have a channel where moderators can be asked about everything."""
    reviews = harness.guild.add_channel("reviews", nsfw=True)
    await harness.app.moderation.caches.rules.change(
        harness.guild.id, ServerRules(review_channel_id=reviews.id)
    )


def asking_rules(harness: Harness, **changes: Any) -> ServerRules:
    """The rules after `ask_somewhere` and these changes."""
    reviews = next(one for one in harness.guild.channels if one.name == "reviews")
    return ServerRules(review_channel_id=reviews.id, **changes)


async def settings(
    harness: Harness, user: User, page: str = PAGES[0], *, channel: Channel | None = None
) -> Reply:
    """Type `/settings`, and turn to a page."""
    where = channel or harness.channel
    opened = await harness.sandbox.discord.invoke("settings", user=user, channel=where)
    await opened.wait_for_answer(TIMEOUT_S)
    assert opened.ephemeral
    return opened if page == PAGES[0] else await turn(harness, opened, page)


async def turn(harness: Harness, opened: Reply, page: str) -> Reply:
    pressed = await harness.sandbox.discord.press(opened, page, user=opened.user)
    await pressed.wait_for_answer(TIMEOUT_S)
    return pressed


async def choose(harness: Harness, opened: Reply, key: str, *values: str | Role | Channel) -> Reply:
    """Choose in a select of the panel, and wait for the panel to be shown anew."""
    chosen = await harness.sandbox.discord.select(opened, f"sm-set:{key}", values, user=opened.user)
    await chosen.wait_for_answer(TIMEOUT_S)
    return chosen


async def form_of(harness: Harness, opened: Reply, key: str, value: str) -> Reply:
    """Choose what takes a confirmation first."""
    chosen = await harness.sandbox.discord.select(opened, f"sm-set:{key}", [value], user=opened.user)
    await chosen.wait_for_modal(TIMEOUT_S)
    return chosen


async def confirm(harness: Harness, opened: Reply, key: str, value: str) -> Reply:
    form = await form_of(harness, opened, key, value)
    sent = await harness.sandbox.discord.submit(form, {words.CONFIRM_LABEL.english: True})
    await sent.wait_for_answer(TIMEOUT_S)
    return sent


def rules(harness: Harness) -> ServerRules:
    return harness.app.moderation.caches.rules.of(harness.guild.id)


async def log(harness: Harness) -> list[RecordedEntry]:
    """What the audit log says of the server, oldest first."""
    found = await harness.app.moderation.audit_log.store.read(AuditFilter(harness.guild.id), limit=100)
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
