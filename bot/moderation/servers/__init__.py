"""Servers' rules, kept and at hand."""

from bot.moderation.servers.book import RuleBook
from bot.moderation.servers.store import RuleStore

__all__ = ["RuleBook", "RuleStore"]
