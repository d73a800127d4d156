"""Roles and channels that a server's own list of words does not concern, as its moderators set them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditedTransaction
from bot.moderation.rules import ServerRules
from bot.moderation.servers.cache import RuleCache

MOST_EXEMPTIONS: Final = 25
"""Roles, and as many channels, so that a page shows them all."""


@dataclass(frozen=True)
class Exemption:
    """A role or a channel. The server's default role, which everybody has, cannot be exempt."""

    id: int
    is_role: bool

    @property
    def mention(self) -> str:
        """As Discord shows it."""
        return f"<@&{self.id}>" if self.is_role else f"<#{self.id}>"

    @property
    def field(self) -> str:
        """Name of the field of `ServerRules`."""
        return "word_exempt_roles" if self.is_role else "word_exempt_channels"


class WordExemptions:
    """Reads and changes the exemptions. A change and its entry in the audit log are one transaction."""

    def __init__(self, rules: RuleCache, now: Callable[[], datetime]) -> None:
        self._rules = rules
        self._now = now

    def of(self, guild_id: int) -> tuple[Exemption, ...]:
        """Return a server's exemptions, roles first."""
        rules = self._rules.of(guild_id)
        roles = (Exemption(one, is_role=True) for one in sorted(rules.word_exempt_roles))
        return (*roles, *(Exemption(one, is_role=False) for one in sorted(rules.word_exempt_channels)))

    async def change(self, guild_id: int, exemption: Exemption, *, exempt: bool, by: int) -> bool:
        """Exempt a role or a channel, or end that. The caller has checked the moderator's rights.

        Returns:
            False if nothing changed: it was so already, there are `MOST_EXEMPTIONS`, or it is the default role.

        Raises:
            StorageError: Nothing has changed.
        """
        before: list[frozenset[int]] = []

        def altered(rules: ServerRules) -> ServerRules:
            ids: frozenset[int] = getattr(rules, exemption.field)
            before.append(ids)
            wanted = ids | {exemption.id} if exempt else ids - {exemption.id}
            allowed = len(wanted) <= MOST_EXEMPTIONS and exemption.id != guild_id
            return rules.model_copy(update={exemption.field: wanted if allowed or not exempt else ids})

        async def record(within: AuditedTransaction) -> None:
            old = before[-1]
            new = old | {exemption.id} if exempt else old - {exemption.id}
            details = {"field": exemption.field, "from": sorted(old), "to": sorted(new)}
            await within.record(
                AuditEntry(guild_id, self._now(), AuditAction.RULES_CHANGED, by, details=details)
            )

        return await self._rules.alter(guild_id, altered, record)
