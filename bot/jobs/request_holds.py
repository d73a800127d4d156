"""Holds of requests as rows, by which all processes on one database wait, and one request of all of them tries.

All moments are those of the server, whose clock is the same for all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Executable, Row, text

from bot.dimilinks import HoldReason, HoldTerms, RequestKind
from bot.storage.change_feed import ChangeKind
from bot.storage.database import Database

_LONGEST_US: Final = 60_000_000
"""Microseconds that a hold lasts at a time, whatever is in a row."""
_NOW: Final = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_KINDS: Final = frozenset(kind.value for kind in RequestKind)
_REASONS: Final = frozenset(reason.value for reason in HoldReason)
_OVER: Final = f"request_holds.asked_s * 1000000 <= {_LONGEST_US} AND request_holds.held_until <= {_NOW}"
"""True of a row whose hold was obeyed to its end, or whose request that tried was served."""
_RAISE: Final = text(
    "INSERT INTO request_holds (kind, reason, asked_s, held_since, held_until)"  # noqa: S608 - constants
    f" VALUES (:kind, :reason, :asked_s, {_NOW} - :held_for_us, {_NOW} + :rest_us)"
    " ON CONFLICT (kind) DO UPDATE SET reason = excluded.reason, asked_s = excluded.asked_s,"
    " held_until = excluded.held_until, probe_owner = NULL,"
    f" held_since = CASE WHEN {_OVER} THEN excluded.held_since ELSE request_holds.held_since END"
    f" WHERE ({_OVER}) OR excluded.held_until >= request_holds.held_until"
    " OR (:by_probe AND request_holds.probe_owner = :owner)"
)
_END: Final = text(
    f"UPDATE request_holds SET asked_s = 0, held_until = {_NOW}, probe_owner = NULL"  # noqa: S608 - a constant
    " WHERE kind = :kind AND probe_owner = :owner"
)
_HAND_BACK: Final = text(
    f"UPDATE request_holds SET held_until = {_NOW}, probe_owner = NULL"  # noqa: S608 - a constant
    " WHERE kind = :kind AND probe_owner = :owner"
)
# One that is further away than a hold lasts was written before the server's clock was put back.
_TAKE_TRY: Final = text(
    f"UPDATE request_holds SET probe_owner = :owner, held_until = {_NOW} + {_LONGEST_US}"  # noqa: S608 - constants
    f" WHERE kind = :kind AND NOT ({_OVER})"
    f" AND (held_until <= {_NOW} OR held_until > {_NOW} + {_LONGEST_US})"
)
_CLAIM_NEWS: Final = text(
    f"UPDATE request_holds SET told_at = {_NOW} WHERE kind = :kind"  # noqa: S608 - constants
    f" AND (told_at IS NULL OR told_at NOT BETWEEN {_NOW} - :silence_us AND {_NOW})"
)
_READ: Final = text(
    "SELECT kind, reason, asked_s, probe_owner,"  # noqa: S608 - constants
    f" {_NOW} - held_since AS held_for_us, held_until - {_NOW} AS rest_us"
    f" FROM request_holds WHERE NOT ({_OVER})"
)


@dataclass(frozen=True)
class StoredHold:
    """A hold as it is in its row."""

    terms: HoldTerms
    tries_here: bool
    """True if the one request that tries is this process's."""


class RequestHolds:
    """Reads and changes the rows, on a server alone. Every method raises `StorageError`."""

    def __init__(self, database: Database, owner: str) -> None:
        """Args: `owner` names this process."""
        self._database = database
        self._owner = owner

    async def read(self) -> Mapping[RequestKind, StoredHold]:
        """Return all holds that last, or after which a request has to try."""
        async with self._database.read() as connection:
            rows = (await connection.execute(_READ)).all()
        return {RequestKind(row.kind): self._stored(row) for row in rows if row.kind in _KINDS}

    async def raise_hold(self, kind: RequestKind, terms: HoldTerms, *, by_probe: bool) -> None:
        """Begin a hold, or make it longer; `by_probe` if the request of this process that tried was refused."""
        values = {
            "reason": terms.reason.value,
            "asked_s": terms.asked_s,
            "held_for_us": int(terms.held_for_s * 1e6),
            "rest_us": min(max(int(terms.rest_s * 1e6), 0), _LONGEST_US),
            "by_probe": by_probe,
        }
        await self._change(_RAISE, kind, values)

    async def end(self, kind: RequestKind) -> None:
        """End a hold: this process's request, the one that tried, was served."""
        await self._change(_END, kind)

    async def hand_back(self, kind: RequestKind) -> None:
        """Let another request try: this process's learned nothing."""
        await self._change(_HAND_BACK, kind)

    async def take_try(self, kind: RequestKind) -> bool:
        """Let a request of this process be the one that tries. Returns False if another is, or nothing is held."""
        return await self._change(_TAKE_TRY, kind) == 1

    async def claim_news(self, kind: RequestKind, silence: timedelta) -> bool:
        """Make this process the one that tells the operator. Returns False if one did within `silence`."""
        silence_us = silence // timedelta(microseconds=1)
        return (
            await self._database.write_one(_CLAIM_NEWS, {"kind": kind.value, "silence_us": silence_us}) == 1
        )

    async def _change(
        self, statement: Executable, kind: RequestKind, values: Mapping[str, object] | None = None
    ) -> int:
        async with self._database.write(urgent=True) as connection:
            named = {"kind": kind.value, "owner": self._owner} | dict(values or {})
            changed = (await connection.execute(statement, named)).rowcount
            if changed:
                await self._database.announce(connection, ChangeKind.HOLD, kind.value)
            return changed

    def _stored(self, row: Row[Any]) -> StoredHold:
        # A newer version may have other reasons.
        reason = HoldReason(row.reason) if row.reason in _REASONS else HoldReason.UNAVAILABLE
        rest_us = min(row.rest_us, _LONGEST_US)
        terms = HoldTerms(reason, row.asked_s, row.held_for_us / 1e6, rest_us / 1e6)
        return StoredHold(terms, row.probe_owner == self._owner)
