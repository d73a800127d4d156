"""People as a server's moderators regard them: trusted, blocked, struck, suspended."""

from bot.moderation.members.book import MemberBook
from bot.moderation.members.changing import MemberChange, MemberChanges
from bot.moderation.members.member import Listed, Member, Strike, active, suspended_until
from bot.moderation.members.store import MemberStore

__all__ = [
    "Listed",
    "Member",
    "MemberBook",
    "MemberChange",
    "MemberChanges",
    "MemberStore",
    "Strike",
    "active",
    "suspended_until",
]
