"""A local Discord: a real REST API, a real gateway and a CDN on 127.0.0.1, for a bot without an account.

It is as strict as the real one, and where DISCORD_OPENAPI names Discord's own API description, requests are
checked against that too. It shares no code with the bot it serves and does not know discord.py.
"""

from bot.sandbox.discord.cdn import Attachment
from bot.sandbox.discord.errors import InvalidInvocation
from bot.sandbox.discord.event_faults import EventFaults, RepeatedEvent
from bot.sandbox.discord.faults import DiscordFault, DiscordFaults, Drop, OddAnswer
from bot.sandbox.discord.guilds import Channel, Guild
from bot.sandbox.discord.interactions import CallbackKind
from bot.sandbox.discord.messages import Message
from bot.sandbox.discord.people import GuildMember, Role, User
from bot.sandbox.discord.permissions import Permission
from bot.sandbox.discord.ratelimits import BucketRule, RateLimits, Scope
from bot.sandbox.discord.reply import Reply
from bot.sandbox.discord.request_log import DiscordRequestLog, RequestRecord
from bot.sandbox.discord.sandbox import DiscordSandbox
from bot.sandbox.discord.stickers import Sticker, StickerFormat
from bot.sandbox.discord.versions import Button, MessageVersion, VersionKind
from bot.sandbox.discord.wire import ChannelKind, Intents

__all__ = [
    "Attachment",
    "BucketRule",
    "Button",
    "CallbackKind",
    "Channel",
    "ChannelKind",
    "DiscordFault",
    "DiscordFaults",
    "DiscordRequestLog",
    "DiscordSandbox",
    "Drop",
    "EventFaults",
    "Guild",
    "GuildMember",
    "Intents",
    "InvalidInvocation",
    "Message",
    "MessageVersion",
    "OddAnswer",
    "Permission",
    "RateLimits",
    "RepeatedEvent",
    "Reply",
    "RequestRecord",
    "Role",
    "Scope",
    "Sticker",
    "StickerFormat",
    "User",
    "VersionKind",
]
