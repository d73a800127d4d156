"""Channels of every kind in the server."""

from bot.sandbox.discord import Channel, ChannelKind
from tests.e2e.actors.harness import Harness


def thread(harness: Harness) -> Channel:
    return harness.channel.add_thread("ideas")


def post(harness: Harness) -> Channel:
    return harness.guild.add_channel("forum", kind=ChannelKind.FORUM).add_thread("a post")


def voice_chat(harness: Harness) -> Channel:
    return harness.guild.add_channel("voice", kind=ChannelKind.VOICE)
