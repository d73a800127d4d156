"""The ledger: seconds that are reserved for waiting requests, and seconds that were bought today.

It lives in memory, so that a request can be refused before it is acknowledged, without any I/O. The jobs on
the disk are the truth; at every start the ledger is made anew from them, so it cannot drift for long.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.quota.allowance import day_of

_KEPT: Final = timedelta(days=1)
"""Longer than needed, for a clock that jumps across midnight and back."""


@dataclass(frozen=True)
class Claim:
    """Seconds of video that one job has, or will have, cost. `bought_at` is None while they are reserved."""

    job_id: str
    person_id: int
    seconds: int
    bought_at: datetime | None


class Ledger:
    """Every claim that counts. A reservation counts on every day until it is bought or released."""

    def __init__(self, claims: Iterable[Claim] = ()) -> None:
        self._claims = {claim.job_id: claim for claim in claims}

    def reserve(self, job_id: str, person_id: int, seconds: int) -> None:
        """Count a request that was accepted; one that is counted already stays as it is."""
        self._claims.setdefault(job_id, Claim(job_id, person_id, seconds, None))

    def buy(self, job_id: str, at: datetime) -> None:
        """The request was handed over at `at`: it counts on that day, whether or not its outcome is known."""
        claim = self._claims.get(job_id)
        if claim is not None:
            self._claims[job_id] = replace(claim, bought_at=at)

    def unbuy(self, job_id: str) -> None:
        """The request provably bought nothing, and waits again."""
        claim = self._claims.get(job_id)
        if claim is not None:
            self._claims[job_id] = replace(claim, bought_at=None)

    def release(self, job_id: str) -> None:
        """The job ended without having bought anything."""
        self._claims.pop(job_id, None)

    def used_s(self, now: datetime, person_id: int | None = None) -> int:
        """Seconds reserved, and bought on the day of `now`; by one person, or by everybody together."""
        day = day_of(now)
        self._forget_before(day - _KEPT)
        return sum(
            claim.seconds
            for claim in self._claims.values()
            if (person_id is None or claim.person_id == person_id)
            and (claim.bought_at is None or claim.bought_at >= day)
        )

    def _forget_before(self, moment: datetime) -> None:
        old = [
            job_id
            for job_id, claim in self._claims.items()
            if claim.bought_at is not None and claim.bought_at < moment
        ]
        for job_id in old:
            del self._claims[job_id]
