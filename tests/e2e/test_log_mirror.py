"""The log channel: every entry of a server's log as one line, and nothing lost when it cannot be written."""

import asyncio

import pytest

from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.reporting import ReportReason
from bot.moderation.rules import ServerRules
from bot.sandbox.discord import Channel, DiscordFault, Guild, Message
from bot.storage.errors import StorageUnavailableError
from bot.texts import forms
from bot.texts.log_entries import action
from bot.texts.messages import Language
from tests.e2e.actors.forms import opens
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.records import audit
from tests.e2e.actors.reports import reported, seen
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import delivered

pytestmark = pytest.mark.started_with(rules=None)

SENDING = "POST /channels/*/messages"


async def log_channel(harness: Harness, guild: Guild | None = None) -> Channel:
    """A channel that a server wants its log in."""
    server = guild or harness.guild
    channel = server.add_channel("log")
    await until(lambda: _known(harness, server, channel))
    await harness.app.moderation.caches.rules.change(server.id, ServerRules(log_channel_id=channel.id))
    return channel


def _known(harness: Harness, server: Guild, channel: Channel) -> bool:
    guild = harness.app.bot.get_guild(server.id)
    return guild is not None and guild.get_channel(channel.id) is not None


async def note(
    harness: Harness, what: AuditAction = AuditAction.TRUSTED, reason: str = "", guild: Guild | None = None
) -> None:
    """Have something be in the log."""
    server = guild or harness.guild
    entry = AuditEntry(
        server.id, harness.now(), what, server.owner.id, harness.user.id, reason=reason, prompt="secret"
    )
    await harness.app.moderation.audit_log.append(entry)


async def line(channel: Channel, text: str) -> Message:
    return await channel.wait_for_message(lambda version: text in version.text(), TIMEOUT_S)


def lines(channel: Channel) -> list[str]:
    """What stands there; several lines may come in one message."""
    return [
        line
        for message in channel.messages
        for line in message.current.text().splitlines()
        if not line.startswith("-# ")
    ]


@pytest.mark.slow
async def test_what_is_done_is_told_in_order_one_line_each(harness: Harness) -> None:
    channel = await log_channel(harness)
    for number in range(100):
        await note(harness, reason=f"reason {number}.")
    await line(channel, "reason 99.")
    assert [text.rpartition("reason ")[2] for text in lines(channel)] == [f"{one}.”" for one in range(100)]
    assert all(len(message.current.content) <= 2000 for message in channel.messages)


async def test_a_report_is_told(harness: Harness) -> None:
    channel, bob = await log_channel(harness), harness.member("bob")
    opened = await opens(harness, await delivered(harness), "Report", user=bob)
    assert await reported(harness, opened, ReportReason.VIOLENT) == forms.REPORTED.english
    told = (await line(channel, "Video reported")).current.text()
    assert bob.mention in told
    assert harness.user.mention in told


def test_every_deed_has_a_name_in_every_language() -> None:
    for what in AuditAction:
        # Some names are the same in both scripts of Chinese.
        languages = set(Language) - {Language.TRADITIONAL_CHINESE}
        names = {action(what.value, {}).in_language(language) for language in languages}
        assert len(names) == len(languages), what


async def test_lines_are_in_the_servers_language(harness: Harness) -> None:
    guild = harness.sandbox.discord.add_guild("サーバー", locale="ja")
    channel = await log_channel(harness, guild)
    for what in AuditAction:
        await note(harness, what, guild=guild)
    await until(lambda: len(lines(channel)) == len(AuditAction))
    for what, text in zip(AuditAction, lines(channel), strict=True):
        assert f"**{action(what.value, {}).in_language(Language.JAPANESE)}**" in text


async def test_a_line_pings_nobody_is_one_line_and_holds_no_prompt(harness: Harness) -> None:
    channel = await log_channel(harness)
    everyone = f"@everyone {harness.guild.owner.mention}\n# **loud** [x](https://evil.example)\n" + "x" * 3000
    await note(harness, reason=everyone)
    message = await line(channel, "xxx")
    text = message.current.text()
    assert not message.pings.everyone
    assert not message.pings.users
    assert not message.pings.role_ids
    assert len(lines(channel)) == 1
    assert "**loud**" not in text
    assert "https://evil" not in text
    assert "secret" not in text
    assert len(text) < 1000


async def test_servers_read_their_own_log_alone(harness: Harness) -> None:
    channel = await log_channel(harness)
    other = harness.sandbox.discord.add_guild("Elsewhere")
    elsewhere = await log_channel(harness, other)
    await note(harness, reason="ours")
    await note(harness, reason="theirs", guild=other)
    await line(elsewhere, "theirs")
    await line(channel, "ours")
    assert len(lines(channel)) == len(lines(elsewhere)) == 1


@pytest.mark.parametrize("why", ["deleted", "unseen", "mute"])
async def test_a_channel_that_cannot_be_written_loses_nothing_else_and_is_not_tried(
    harness: Harness, why: str
) -> None:
    channel = await log_channel(harness)
    other = harness.sandbox.discord.add_guild("Elsewhere")
    elsewhere = await log_channel(harness, other)
    match why:
        case "deleted":
            channel.delete()
        case "unseen":
            channel.deny_bot("view_channel")
        case _:
            channel.deny_bot("send_messages")
    await asyncio.sleep(0.1)
    for number in range(5):
        await note(harness, reason=f"ours {number}")
    await note(harness, reason="theirs", guild=other)
    await line(elsewhere, "theirs")
    assert lines(channel) == []
    assert audit(harness, "action") == ["trusted"] * 6
    counts = harness.sandbox.discord.request_log.counts
    refused = {key: count for key, count in counts.items() if key[1] in {403, 404}}
    # Such requests count towards Discord's ban. An archived thread is not in memory either, so it is asked once.
    asked = {("GET /channels/{channel_id}", 404): 1}
    assert refused == (asked if why == "deleted" else {})
    if why == "mute":
        channel.allow_bot("send_messages")
        await asyncio.sleep(0.1)
        await note(harness, reason="again")
        await line(channel, "again")


async def test_a_channel_that_refuses_is_left_alone_for_a_while(harness: Harness) -> None:
    channel = await log_channel(harness)
    other = harness.sandbox.discord.add_guild("Elsewhere")
    elsewhere = await log_channel(harness, other)
    fault = DiscordFault(SENDING, status=403, code=50013, message="Missing Permissions", times=1)
    harness.sandbox.discord.faults.append(fault)
    for number in range(5):
        await note(harness, reason=f"ours {number}")
    await note(harness, reason="theirs", guild=other)
    await line(elsewhere, "theirs")
    assert fault.hits == 1
    assert lines(channel) == []


async def test_a_fault_of_discord_costs_no_line(harness: Harness) -> None:
    channel = await log_channel(harness)
    harness.sandbox.discord.faults.append(DiscordFault(SENDING, status=503, message="Unavailable", times=1))
    await note(harness, reason="first")
    await note(harness, reason="second")
    await line(channel, "second")
    assert ["first" in one for one in lines(channel)] == [True, False]


@pytest.mark.slow
async def test_lines_wait_where_discord_does_not_tell_of_their_channel(harness: Harness) -> None:
    channel = await log_channel(harness)
    await harness.sandbox.discord.gateway.stay_away(600.0)
    await until(lambda: not harness.app.bot.connected)
    fault = DiscordFault("GET /guilds/*", status=503, message="Unavailable", times=1000)
    harness.sandbox.discord.faults.append(fault)
    await note(harness, reason="meanwhile")
    await until(lambda: fault.hits > 0)
    harness.sandbox.discord.faults.clear()
    await line(channel, "meanwhile")


async def test_a_log_channel_changes_at_once_and_can_be_switched_off(harness: Harness) -> None:
    first = await log_channel(harness)
    await note(harness, reason="one")
    await line(first, "one")
    second = await log_channel(harness)
    await note(harness, reason="two")
    await line(second, "two")
    await harness.app.moderation.caches.rules.change(harness.guild.id, ServerRules())
    await note(harness, reason="three")
    await asyncio.sleep(0.2)
    assert (len(lines(first)), len(lines(second))) == (1, 1)
    assert len(audit(harness, "action")) == 3


async def test_after_a_restart_the_log_goes_on(harness: Harness) -> None:
    channel = await log_channel(harness)
    await harness.restart()
    await note(harness, reason="after")
    await line(channel, "after")


async def test_what_was_not_kept_is_not_told(harness: Harness) -> None:
    channel = await log_channel(harness)
    await harness.app.database.close()
    with pytest.raises(StorageUnavailableError):
        await note(harness, reason="lost")
    await asyncio.sleep(0.1)
    assert lines(channel) == []


async def test_a_thread_can_be_the_log(harness: Harness) -> None:
    thread = harness.channel.add_thread("log")
    await until(lambda: harness.app.bot.get_channel(thread.id) is not None)
    await harness.app.moderation.caches.rules.change(harness.guild.id, ServerRules(log_channel_id=thread.id))
    await note(harness, reason="here")
    await seen(await line(thread, "here"), "here")
