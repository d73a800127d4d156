"""Channels of every kind, in the server and elsewhere."""

from bot.sandbox.discord import Channel, ChannelKind
from tests.e2e.actors.harness import Harness


def thread(harness: Harness) -> Channel:
    return harness.channel.add_thread("ideas")


def post(harness: Harness) -> Channel:
    return harness.guild.add_channel("forum", kind=ChannelKind.FORUM).add_thread("a post")


def voice_chat(harness: Harness) -> Channel:
    return harness.guild.add_channel("voice", kind=ChannelKind.VOICE)


def private_thread(harness: Harness) -> Channel:
    return harness.channel.add_thread("secret", private=True)


def direct(harness: Harness) -> Channel:
    return harness.sandbox.discord.dm(harness.user)


def group(harness: Harness) -> Channel:
    return harness.sandbox.discord.add_group([harness.user, harness.sandbox.discord.add_user("bea")])


def foreign_server(harness: Harness) -> Channel:
    guild = harness.sandbox.discord.add_guild("Elsewhere", bot_installed=False)
    guild.join(harness.user)
    return guild.add_channel("general", nsfw=True)
