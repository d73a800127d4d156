"""The content of a message as the API writes it: in full, emptied, or as the copy inside a forward."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.sandbox.discord.composing import Composition, media_of
from bot.sandbox.discord.pings import Pings
from bot.sandbox.discord.wire import JsonObject, iso

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


@dataclass(frozen=True, slots=True)
class MessageReference:
    """The ids that point to a message."""

    message_id: int
    channel_id: int
    guild_id: int | None

    def payload(self, kind: int) -> JsonObject:
        """The `message_reference` of a reply (`REPLIES_TO`) or of a forward (`FORWARDS`)."""
        reference: JsonObject = {
            "type": kind,
            "message_id": str(self.message_id),
            "channel_id": str(self.channel_id),
        }
        return reference | ({"guild_id": str(self.guild_id)} if self.guild_id is not None else {})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The copy of a message inside a forward; later edits of the `source` do not reach it."""

    source: MessageReference
    sent_at: datetime
    kind: int
    body: Composition
    pings: Pings
    edited_at: datetime | None

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
