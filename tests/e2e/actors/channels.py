"""Channels of every kind in the server."""

from bot.sandbox.discord import Channel, ChannelKind
from tests.e2e.actors.harness import Stage


def thread(stage: Stage) -> Channel:
    return stage.channel.add_thread("ideas")


def post(stage: Stage) -> Channel:
    return stage.guild.add_channel("forum", kind=ChannelKind.FORUM).add_thread("a post")


def voice_chat(stage: Stage) -> Channel:
    return stage.guild.add_channel("voice", kind=ChannelKind.VOICE)
