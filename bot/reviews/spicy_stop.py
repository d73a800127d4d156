"""Stopping what is spicy in a server at once, and letting it go on: for moderators, in an emergency."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.jobs.server_jobs import ServerJobs
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditedTransaction
from bot.moderation.rules import ServerRules
from bot.moderation.servers.cache import RuleCache

log = structlog.get_logger(__name__)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SpicyStop:
    """Stops and resumes. Methods raise `bot.storage.errors.StorageError`, and then nothing has changed.

    While a server is stopped, nothing spicy is bought or posted there, and no approval of it is taken
    (`bot/moderation/policy.py`, `bot/reviews/decisions.py`). Afterwards moderators decide anew about what was asked
    for before: about requests before they are bought, and about videos that were bought before they are posted.
    """

    rules: RuleCache
    jobs: ServerJobs
    restart: Callable[[str], None]
    """Runs a job anew from the state in which it is stored."""
    now: Callable[[], datetime]

    async def stop(self, guild_id: int, *, by: int) -> int | None:
        """Stop what is spicy in a server; requests that wait in the queue are held.

        Returns:
            The number of those, or None if it was stopped already.
        """
        held: list[str] = []

        def stopped(rules: ServerRules) -> ServerRules:
            changes = {"spicy_stopped": True, "spicy_stopped_at": self.now()}
            return rules if rules.spicy_stopped else rules.model_copy(update=changes)

        async def hold(within: AuditedTransaction) -> None:
            held.extend(await self.jobs.hold_queued_spicy(within.connection, guild_id))
            details = {"held": len(held)}
            action = AuditAction.SPICY_STOPPED
            await within.record(AuditEntry(guild_id, self.now(), action, by, details=details))

        if not await self.rules.alter(guild_id, stopped, hold):
            return None
        log.info("spicy_stopped", guild=guild_id, held=len(held))
        self._run(held)
        return len(held)

    async def resume(self, guild_id: int, *, by: int) -> bool:
        """Let it go on. Returns False if it was not stopped."""

        def resumed(rules: ServerRules) -> ServerRules:
            return rules.model_copy(update={"spicy_stopped": False})

        async def record(within: AuditedTransaction) -> None:
            await within.record(AuditEntry(guild_id, self.now(), AuditAction.SPICY_RESUMED, by))

        return await self.rules.alter(guild_id, resumed, record)

    def _run(self, job_ids: Sequence[str]) -> None:
        for job_id in job_ids:
            self.restart(job_id)
