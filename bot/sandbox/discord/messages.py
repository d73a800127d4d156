"""Messages: their states, who they ping, and how the API and the gateway write them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from bot.sandbox.discord.composing import Composition, referenced
from bot.sandbox.discord.contents import (
    FORWARDS,
    REPLIES_TO,
    MessageReference,
    Snapshot,
    content_fields,
    emptied_fields,
)
from bot.sandbox.discord.errors import UNKNOWN_MESSAGE, ApiError
from bot.sandbox.discord.events import Event
from bot.sandbox.discord.guilds import Channel
from bot.sandbox.discord.people import User
from bot.sandbox.discord.pings import Pings, pings_of
from bot.sandbox.discord.signals import Signal
from bot.sandbox.discord.snowflakes import moment_of
from bot.sandbox.discord.versions import Button, MessageVersion, VersionKind
from bot.sandbox.discord.wire import Intents, JsonObject, MessageFlags, iso, now

PLAIN, REPLY, SLASH_RESPONSE, MENU_RESPONSE = 0, 19, 20, 23
"""Message types of the API."""
_WEBHOOK_AUTHOR: JsonObject = {"bot": True, "discriminator": "0000", "global_name": None}


class MessageOrigin(Protocol):
    """The interaction that made a message, as far as messages need to know it."""

    user: User
    payload: JsonObject

    def message_fields(self, message: Message) -> JsonObject:
        """The fields that a message carries because an interaction made it."""
        ...


@dataclass(eq=False)
class Message:
    """One message. `versions` are the states users saw, oldest first; the last is the present."""

    channel: Channel
    id: int
    author: User
    body: Composition
    kind: int = PLAIN
    loading: bool = False
    interaction: MessageOrigin | None = None
    nonce: str | None = None
    reply_to: Message | None = None
    edited_at: datetime | None = None
    deleted: bool = False
    pings_replied: bool = False
    snapshot: Snapshot | None = None
    webhook: bool = False
    versions: list[MessageVersion] = field(default_factory=list[MessageVersion])
    pings: Pings = field(default_factory=Pings)
    changed: Signal = field(default_factory=Signal)

    @property
    def ephemeral(self) -> bool:
        """True if only the user who asked sees it."""
        return MessageFlags.EPHEMERAL in self.body.flags

    @property
    def current(self) -> MessageVersion:
        """The state seen now."""
        return self.versions[-1]

    @property
    def url(self) -> str:
        """The link that "Copy Message Link" gives."""
        guild = self.channel.guild.id if self.channel.guild else "@me"
        return f"https://discord.com/channels/{guild}/{self.channel.id}/{self.id}"

    @property
    def reference(self) -> MessageReference:
        """The ids by which replies and forwards point here."""
        guild = self.channel.guild
        return MessageReference(self.id, self.channel.id, guild.id if guild is not None else None)

    def copied(self) -> Snapshot:
        """The copy for a forward, as the message is now; a forward is passed on as the copy that it holds."""
        if self.snapshot is not None:
            return replace(self.snapshot, source=self.reference)
        sent_at = moment_of(self.id)
        return Snapshot(self.reference, sent_at, self.kind, self.body, self.pings, self.edited_at)

    def button(self, wanted: str) -> Button | None:
        """The button with this custom_id, or else with this label."""
        buttons = self.current.buttons
        return next(
            (b for b in buttons if b.custom_id == wanted),
            next((b for b in buttons if b.label == wanted), None),
        )

    def show(self, kind: VersionKind) -> MessageVersion:
        """Record the present state as a new version and wake whoever waits for it."""
        body = self.body
        shown = referenced(body.components, body.attachments) if body.v2 else body.attachments
        version = MessageVersion(
            kind=kind,
            at=asyncio.get_running_loop().time(),
            moment=now(),
            content=body.content,
            embeds=body.embeds,
            components=body.components,
            attachments=shown,
            flags=body.flags,
            mentions=None,
        )
        names = self.channel.world.names_in(version.text())
        if names:
            version = MessageVersion(
                **{name: getattr(version, name) for name in MessageVersion.__slots__ if name != "mentions"},
                mentions=names,
            )
        self.versions.append(version)
        self.changed.ring()
        self.channel.changed.ring()
        return version

    async def wait_for(self, predicate: Callable[[MessageVersion], bool], timeout_s: float) -> MessageVersion:
        """The first version, past or coming, that satisfies `predicate`."""

        def found() -> MessageVersion | None:
            return next((version for version in self.versions if predicate(version)), None)

        return await self.changed.until(found, timeout_s, f"a state of message {self.id}")

    @property
    def open_to_bot(self) -> bool:
        """True if the bot reads this without the message content intent: its own, in private, or a mention."""
        bot = self.channel.world.bot
        return self.author is bot or self.channel.guild is None or bot in self.pings.users

    def payload(self, *, redacted: bool = False, nested: bool = True) -> JsonObject:
        """The message object; `redacted` as apps without the message content intent get it."""
        body = self.body
        flags = body.flags | (MessageFlags.LOADING if self.loading else MessageFlags.NONE)
        closed = redacted and not self.open_to_bot
        data: JsonObject = {
            "id": str(self.id),
            "type": self.kind,
            "channel_id": str(self.channel.id),
            "author": self.author.payload(),
            "timestamp": iso(moment_of(self.id)),
            "edited_timestamp": iso(self.edited_at),
            "tts": False,
            "mention_everyone": self.pings.everyone,
            "mentions": [user.payload() for user in self.pings.users],
            "mention_roles": [str(role) for role in self.pings.role_ids],
            "pinned": False,
            "flags": int(flags | (MessageFlags.HAS_SNAPSHOT if self.snapshot else MessageFlags.NONE)),
        }
        data |= emptied_fields() if closed else content_fields(body)
        if self.webhook:
            data |= {"webhook_id": str(self.author.id), "author": data["author"] | _WEBHOOK_AUTHOR}
        if self.interaction is not None:
            data |= self.interaction.message_fields(self)
        if self.snapshot is not None:
            data["message_reference"] = self.snapshot.source.payload(FORWARDS)
            data |= {} if closed else {"message_snapshots": [self.snapshot.payload()]}
        elif self.reply_to is not None:
            data["message_reference"] = self.reply_to.reference.payload(REPLIES_TO)
            data |= self._referenced(self.reply_to, redacted=redacted) if nested else {}
        return data

    def _referenced(self, target: Message, *, redacted: bool) -> JsonObject:
        """The message replied to, as far as this one opens it."""
        opened = self.open_to_bot and self.channel.world.referenced_shown_on_mention
        return {"referenced_message": target.payload(redacted=redacted and not opened, nested=False)}


class MessageStore:
    """Keeps messages and tells the bot about them."""

    def __init__(self) -> None:
        self._by_id: dict[int, Message] = {}
        self._nonces: dict[tuple[int, str], Message] = {}

    def find(self, channel: Channel, message_id: int) -> Message:
        """The message as the bot's own token sees it. Raises 404/10008, for private replies too."""
        message = self._by_id.get(message_id)
        if message is None or message.deleted or message.ephemeral or message.channel is not channel:
            raise ApiError(UNKNOWN_MESSAGE)
        return message

    def with_nonce(self, channel: Channel, nonce: str) -> Message | None:
        """The message already sent with this nonce, when the sender asked for that to be enforced."""
        return self._nonces.get((channel.id, nonce))

    def post(self, message: Message) -> Message:
        """Put a new message into its channel."""
        self._by_id[message.id] = message
        message.channel.messages.append(message)
        if message.nonce is not None:
            self._nonces[message.channel.id, message.nonce] = message
        message.pings = pings_of(message.body, message.channel.world.users, _pinged_by_reply(message))
        message.show(VersionKind.THINKING if message.loading else VersionKind.POSTED)
        self._tell("MESSAGE_CREATE", message)
        return message

    def edit(self, message: Message, body: Composition) -> Message:
        """Show a new state; the first answer after "thinking" counts as posted."""
        kind = VersionKind.POSTED if message.loading else VersionKind.EDITED
        message.body = body
        message.loading = False
        message.edited_at = now()
        message.show(kind)
        self._tell("MESSAGE_UPDATE", message)
        return message

    def delete(self, message: Message) -> None:
        """Take a message away."""
        message.deleted = True
        message.show(VersionKind.DELETED)
        if message.ephemeral:
            return
        channel = message.channel
        data: JsonObject = {"id": str(message.id), "channel_id": str(channel.id)}
        if channel.guild is not None:
            data["guild_id"] = str(channel.guild.id)
        if channel.bot_present:
            channel.world.announce(_addressed("MESSAGE_DELETE", channel, data))

    def _tell(self, name: str, message: Message) -> None:
        if message.channel.bot_present and not message.ephemeral:
            message.channel.world.announce(self.event(name, message))

    def event(self, name: str, message: Message) -> Event:
        """The gateway event of this name about a message."""
        channel = message.channel
        extra: JsonObject = {}
        if channel.guild is not None:
            extra["guild_id"] = str(channel.guild.id)
            member = channel.guild.members.get(message.author.id)
            if member is not None and not message.webhook:
                extra["member"] = member.payload(with_user=False)
        alike = message.open_to_bot and message.reply_to is None
        redacted = None if alike else message.payload(redacted=True) | extra
        return _addressed(name, channel, message.payload() | extra, redacted)


def _addressed(name: str, channel: Channel, data: JsonObject, redacted: JsonObject | None = None) -> Event:
    guild = channel.guild
    needs = Intents.GUILD_MESSAGES if guild else Intents.DIRECT_MESSAGES
    return Event(name, data, guild.id if guild else None, needs, redacted)


def _pinged_by_reply(message: Message) -> User | None:
    """The user a reply pings: none by answers to interactions and by webhooks (API docs, issue 5395)."""
    target = message.reply_to
    if target is None or not message.pings_replied or target.interaction is not None or target.webhook:
        return None
    return target.author
