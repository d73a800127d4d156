"""Servers' rules: kept, at hand, and changed."""

from bot.moderation.servers.book import RuleBook
from bot.moderation.servers.changes import (
    CHANNELS,
    ROLES,
    Change,
    Field,
    Setting,
    UnconfirmedError,
    role_ids_of,
)
from bot.moderation.servers.changing import RuleChanges
from bot.moderation.servers.store import RuleStore

__all__ = [
    "CHANNELS",
    "ROLES",
    "Change",
    "Field",
    "RuleBook",
    "RuleChanges",
    "RuleStore",
    "Setting",
    "UnconfirmedError",
    "role_ids_of",
]
