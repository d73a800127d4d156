"""The wire format: JSON shapes, timestamps and the flag bits of Discord's objects.

Bits are those of Discord's documentation (topics "Message Flags" and "Gateway Intents"). JSON is the
subject of this package, so objects on the wire are plain mappings here; everything that other packages
see is a class.
"""

import json
from datetime import UTC, datetime
from enum import IntEnum, IntFlag
from typing import Any

JsonObject = dict[str, Any]
JsonArray = list[Any]


class MessageFlags(IntFlag):
    """Message flags this sandbox knows."""

    NONE = 0
    SUPPRESS_EMBEDS = 1 << 2
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    HAS_SNAPSHOT = 1 << 14
    IS_COMPONENTS_V2 = 1 << 15


class Intents(IntFlag):
    """Gateway intents that decide which of our events a session gets."""

    NONE = 0
    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_MODERATION = 1 << 2
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    DIRECT_MESSAGES = 1 << 12
    MESSAGE_CONTENT = 1 << 15


PRIVILEGED_INTENTS = Intents.GUILD_MEMBERS | Intents.GUILD_PRESENCES | Intents.MESSAGE_CONTENT
KNOWN_INTENT_BITS = (1 << 26) - 1


class ChannelKind(IntEnum):
    """Channel types of the API that the sandbox can make."""

    TEXT = 0
    DM = 1
    VOICE = 2
    GROUP_DM = 3
    CATEGORY = 4
    ANNOUNCEMENT = 5
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    FORUM = 15


THREAD_KINDS = frozenset({ChannelKind.PUBLIC_THREAD, ChannelKind.PRIVATE_THREAD})
PRIVATE_KINDS = frozenset({ChannelKind.DM, ChannelKind.GROUP_DM})
TEXTLESS_KINDS = frozenset({ChannelKind.CATEGORY, ChannelKind.FORUM})
"""Kinds that hold no messages of their own: those of a forum are in its posts."""
THREADED_KINDS = frozenset({ChannelKind.TEXT, ChannelKind.ANNOUNCEMENT, ChannelKind.FORUM})
"""Kinds in which threads can be opened."""
KIND_FIELDS: dict[ChannelKind, JsonObject] = {
    ChannelKind.VOICE: {"bitrate": 64_000, "user_limit": 0, "rtc_region": None},
    ChannelKind.FORUM: {
        "available_tags": [],
        "default_reaction_emoji": None,
        "default_sort_order": None,
        "default_forum_layout": 0,
    },
}
"""The fields that channel objects of one kind have beyond those of the others."""


def to_json(value: object) -> str:
    """`value` as compact JSON text."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def iso(moment: datetime | None) -> str | None:
    """`moment` the way the API writes timestamps, with microseconds and an offset."""
    return None if moment is None else moment.isoformat(timespec="microseconds")


def as_object(value: object) -> JsonObject | None:
    """`value` when it is a JSON object, else None."""
    return dict(value) if isinstance(value, dict) else None  # pyright: ignore[reportUnknownArgumentType]  # JSON


def as_array(value: object) -> JsonArray | None:
    """`value` when it is a JSON array, else None."""
    return list(value) if isinstance(value, list) else None  # pyright: ignore[reportUnknownArgumentType]  # JSON


def as_int(value: object) -> int | None:
    """`value` when it is an integer (JSON's true and false are not), else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def as_snowflake(value: object) -> int | None:
    """An id given as text or as a number; None for anything else. The API accepts both forms."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return as_int(value)
