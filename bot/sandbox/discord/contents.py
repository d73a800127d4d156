"""What a message holds, as the API writes it: in full, emptied, or as the copy inside a forward."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.sandbox.discord.composing import Composition, media_of
from bot.sandbox.discord.snowflakes import moment_of
from bot.sandbox.discord.wire import JsonObject, iso

if TYPE_CHECKING:
    from datetime import datetime

    from bot.sandbox.discord.messages import Message
    from bot.sandbox.discord.pings import Pings

REPLIES_TO, FORWARDS = 0, 1
"""Message reference types."""


def content_fields(body: Composition) -> JsonObject:
    """Everything that the message content intent opens, with freshly signed links."""
    fields: JsonObject = {
        "content": body.content,
        "attachments": [] if body.v2 else [attachment.payload() for attachment in body.attachments],
        "embeds": list(body.embeds),
        "components": _components(body),
    }
    if body.stickers:
        fields["sticker_items"] = [sticker.payload() for sticker in body.stickers]
    return fields


def emptied_fields() -> JsonObject:
    """The same for apps without the message content intent."""
    return {"content": "", "attachments": [], "embeds": [], "components": []}


def reference_to(target: Message, kind: int) -> JsonObject:
    """The `message_reference` of a reply to, or a forward of, `target`."""
    channel = target.channel
    reference: JsonObject = {"type": kind, "message_id": str(target.id), "channel_id": str(channel.id)}
    if channel.guild is not None:
        reference["guild_id"] = str(channel.guild.id)
    return reference


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What `source` said when it was forwarded: later edits do not reach the copy."""

    source: Message
    sent_at: datetime
    kind: int
    body: Composition
    pings: Pings
    edited_at: datetime | None

    @classmethod
    def of(cls, source: Message) -> Snapshot:
        """The copy of a message as it is now; a forward is passed on as the copy that it holds."""
        if (held := source.snapshot) is not None:
            return cls(source, held.sent_at, held.kind, held.body, held.pings, held.edited_at)
        return cls(source, moment_of(source.id), source.kind, source.body, source.pings, source.edited_at)

    def payload(self) -> JsonObject:
        """The message snapshot object. It has no author: a forward does not tell who wrote it."""
        message: JsonObject = {
            "type": self.kind,
            "timestamp": iso(self.sent_at),
            "edited_timestamp": iso(self.edited_at),
            "flags": int(self.body.flags),
            "mentions": [user.payload() for user in self.pings.users],
            "mention_roles": [str(role) for role in self.pings.role_ids],
        }
        return {"message": message | content_fields(self.body)}


def _components(body: Composition) -> list[JsonObject]:
    """The components with freshly signed links to hosted files."""
    components = list(body.components)
    if not body.v2 or not body.attachments:
        return components
    media = {str(attachment.id): media_of(attachment) for attachment in body.attachments}
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
