"""Entries of the audit log about requests: refused by a rule, or with a term of which moderators want to know."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import structlog

from bot.moderation.audit.entries import AuditAction, AuditEntry, Detail
from bot.moderation.audit.log import AuditLog
from bot.moderation.audit.store import AuditFilter, count_within
from bot.moderation.gatekeeper import ModerationCaches
from bot.moderation.picture_origin import is_spicy
from bot.moderation.policy import Verdict
from bot.moderation.words.findings import WordFindings
from bot.quota.allowance import day_of
from bot.services.order import RequestOrigin, VideoOrder
from bot.storage.errors import StorageError
from bot.video import Preset

log: Final = structlog.get_logger(__name__)

RECORDED_A_DAY: Final = 20
"""Entries of one kind about one user in one server on a day, or a few people could fill the log."""


class RequestRecords:
    """Writes the entries as far as the disk allows: no request waits or fails for them."""

    def __init__(self, audit: AuditLog, caches: ModerationCaches, now: Callable[[], datetime]) -> None:
        self._audit = audit
        self._caches = caches
        self._now = now

    async def record_refusal(self, order: VideoOrder, origin: RequestOrigin, verdict: Verdict) -> None:
        """Record that a rule refused a request, with the terms that matched."""
        found = await self._find_words(order, origin)
        details = {
            "verdict": verdict.value,
            "preset": order.options.preset or "",
            **_channel(origin),
            **found.details(),
        }
        await self._record(
            AuditEntry(
                origin.person.guild_id or 0,
                self._now(),
                AuditAction.REQUEST_REFUSED,
                None,
                origin.person.id,
                details=details,
                prompt=order.prompt,
            )
        )

    async def record_alert(self, order: VideoOrder, origin: RequestOrigin, job_id: str) -> None:
        """Record an accepted request whose prompt has a term that alerts; nothing for any other."""
        guild_id = origin.person.guild_id
        if not self._caches.words.may_alert(guild_id):
            return
        found = await self._find_words(order, origin)
        if found.alerts:
            await self._record(
                AuditEntry(
                    guild_id or 0,
                    self._now(),
                    AuditAction.TERM_MATCHED,
                    None,
                    origin.person.id,
                    job_id,
                    details={**_channel(origin), **found.details()},
                    prompt=order.prompt,
                )
            )

    async def _find_words(self, order: VideoOrder, origin: RequestOrigin) -> WordFindings:
        preset = Preset(order.options.preset) if order.options.preset else Preset.NORMAL
        return await self._caches.find_words(
            origin.person.guild_id,
            order.prompt,
            spicy=is_spicy(preset, order.origin),
            role_ids=origin.person.role_ids,
            channel_id=origin.channel.channel_id,
        )

    async def _record(self, entry: AuditEntry) -> None:
        kind = frozenset({entry.action})
        today = AuditFilter(entry.guild_id, kind, entry.person_id, since=day_of(entry.at))
        try:
            async with self._audit.transaction() as within:
                if await count_within(within.connection, today) < RECORDED_A_DAY:
                    await within.record(entry)
        except StorageError as error:
            log.warning("request_not_recorded", action=entry.action, reason=str(error))


def _channel(origin: RequestOrigin) -> Mapping[str, Detail]:
    """Return the channel of a request as a detail. Its number is text: JSON readers round such numbers."""
    return {"channel": str(origin.reply.channel_id)} if origin.reply.channel_id is not None else {}
