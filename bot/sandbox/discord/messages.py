"""Messages: their states, who they ping, and how the API and the gateway write them."""

from __future__ import annotations

import asyncio
import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.sandbox.discord.composing import Composition, media_of, referenced
from bot.sandbox.discord.errors import UNKNOWN_MESSAGE, ApiError
from bot.sandbox.discord.events import Event
from bot.sandbox.discord.pings import Pings, pings_of
from bot.sandbox.discord.signals import Signal
from bot.sandbox.discord.snowflakes import moment_of
from bot.sandbox.discord.versions import Button, MessageVersion, VersionKind
from bot.sandbox.discord.wire import Intents, JsonObject, MessageFlags, iso, now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.sandbox.discord.interactions import Interaction
    from bot.sandbox.discord.people import User
    from bot.sandbox.discord.places import Channel

PLAIN, REPLY, SLASH_RESPONSE, MENU_RESPONSE = 0, 19, 20, 23
"""Message types of the API."""


@dataclass(eq=False)
class Message:
    """One message. `versions` are the states people saw, oldest first; the last is the present."""

    channel: Channel
    id: int
    author: User
    body: Composition
    kind: int = PLAIN
    loading: bool = False
    interaction: Interaction | None = None
    nonce: str | None = None
    reply_to: Message | None = None
    edited_at: datetime | None = None
    deleted: bool = False
    pings_replied: bool = False
    versions: list[MessageVersion] = field(default_factory=list[MessageVersion])
    pings: Pings = field(default_factory=Pings)
    changed: Signal = field(default_factory=Signal)

    @property
    def ephemeral(self) -> bool:
        """Whether only the person who asked sees it."""
        return MessageFlags.EPHEMERAL in self.body.flags

    @property
    def current(self) -> MessageVersion:
        """What is seen now."""
        return self.versions[-1]

    @property
    def url(self) -> str:
        """The link that "Copy Message Link" gives."""
        guild = self.channel.guild.id if self.channel.guild else "@me"
        return f"https://discord.com/channels/{guild}/{self.channel.id}/{self.id}"

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

    def payload(self, *, redacted: bool = False, nested: bool = True) -> JsonObject:
        """The message object; `redacted` as apps without the message content intent get other people's."""
        body = self.body
        flags = body.flags | (MessageFlags.LOADING if self.loading else MessageFlags.NONE)
        hidden = body.v2 or redacted
        data: JsonObject = {
            "id": str(self.id),
            "type": self.kind,
            "channel_id": str(self.channel.id),
            "author": self.author.payload(),
            "content": "" if redacted else body.content,
            "timestamp": iso(moment_of(self.id)),
            "edited_timestamp": iso(self.edited_at),
            "tts": False,
            "mention_everyone": self.pings.everyone,
            "mentions": [user.payload() for user in self.pings.users],
            "mention_roles": [str(role) for role in self.pings.role_ids],
            "attachments": [] if hidden else [a.payload() for a in body.attachments],
            "embeds": [] if redacted else list(body.embeds),
            "components": [] if redacted else self._components(),
            "pinned": False,
            "flags": int(flags),
        }
        if self.interaction is not None:
            data |= self.interaction.message_fields(self)
        if self.reply_to is not None:
            data["message_reference"] = self._reference(self.reply_to)
            if nested:
                mine = self.reply_to.author is self.channel.world.bot
                data["referenced_message"] = self.reply_to.payload(
                    redacted=redacted and not mine, nested=False
                )
        return data

    def _reference(self, target: Message) -> JsonObject:
        reference: JsonObject = {
            "type": 0,
            "message_id": str(target.id),
            "channel_id": str(target.channel.id),
        }
        if target.channel.guild is not None:
            reference["guild_id"] = str(target.channel.guild.id)
        return reference

    def _components(self) -> list[JsonObject]:
        """The components with freshly signed links to hosted files."""
        components = list(self.body.components)
        if not self.body.v2 or not self.body.attachments:
            return components
        media = {str(attachment.id): media_of(attachment) for attachment in self.body.attachments}
        components = copy.deepcopy(components)

        def sign(value: Any) -> None:  # noqa: ANN401  # JSON of any depth
            if isinstance(value, dict):
                fresh = media.get(str(value.get("attachment_id")))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  # JSON
                value.update(fresh or {})  # pyright: ignore[reportUnknownMemberType]  # JSON
                for inner in value.values():  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # JSON
                    sign(inner)
            elif isinstance(value, list):
                for inner in value:  # pyright: ignore[reportUnknownVariableType]  # JSON
                    sign(inner)

        sign(components)
        return components


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
        replied = message.reply_to.author if message.reply_to and message.pings_replied else None
        message.pings = pings_of(message.body, message.channel, replied)
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
        self._announce(channel, Event("MESSAGE_DELETE", data))

    def _tell(self, name: str, message: Message) -> None:
        if message.ephemeral:
            return
        channel, bot = message.channel, message.channel.world.bot
        extra: JsonObject = {}
        if channel.guild is not None:
            extra["guild_id"] = str(channel.guild.id)
            if (member := channel.guild.members.get(message.author.id)) is not None:
                extra["member"] = member.payload(with_user=False)
        open_to_all = message.author is bot or channel.guild is None or bot in message.pings.users
        redacted = None if open_to_all else message.payload(redacted=True) | extra
        self._announce(channel, Event(name, message.payload() | extra, redacted=redacted))

    def _announce(self, channel: Channel, event: Event) -> None:
        guild = channel.guild
        if guild is not None and not guild.bot_installed:
            return
        channel.world.announce(
            Event(
                event.name,
                event.data,
                guild.id if guild else None,
                Intents.GUILD_MESSAGES if guild else Intents.DIRECT_MESSAGES,
                event.redacted,
            )
        )
