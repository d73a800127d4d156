"""Seconds of video that are reserved for waiting requests or were bought today, counted in memory.

In memory, so that a request can be refused at once, without I/O. The jobs in the database are authoritative:
the ledger is rebuilt from them at every start.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.quota.allowance import day_of

_KEPT: Final = timedelta(days=1)
"""Age beyond today at which purchases are forgotten: a day of slack for a clock that jumps over midnight."""


@dataclass(frozen=True)
class Claim:
    """Seconds of video that one job costs. `bought_at` is None while they are only reserved."""

    job_id: str
    person_id: int
    seconds: int
    bought_at: datetime | None


class Ledger:
    """All claims that count today. A reservation counts on every day until it is bought or released."""

    def __init__(self, claims: Iterable[Claim] = ()) -> None:
        self._claims = {claim.job_id: claim for claim in claims}

    def reserve(self, job_id: str, person_id: int, seconds: int) -> None:
        """Reserve the seconds of an accepted request. A job that has a claim already keeps it."""
        self._claims.setdefault(job_id, Claim(job_id, person_id, seconds, None))

    def has_claim(self, job_id: str) -> bool:
        """Return True while a job's seconds are reserved, and for about a day after they were bought."""
        return job_id in self._claims

    def buy(self, job_id: str, at: datetime) -> None:
        """Turn the reservation into a purchase on the day of `at`."""
        # Called before the outcome is known: if the connection fails, the money may be spent all the same.
        claim = self._claims.get(job_id)
        if claim is not None:
            self._claims[job_id] = replace(claim, bought_at=at)

    def unbuy(self, job_id: str) -> None:
        """Turn the purchase back into a reservation: the request provably bought nothing and waits again."""
        claim = self._claims.get(job_id)
        if claim is not None:
            self._claims[job_id] = replace(claim, bought_at=None)

    def release(self, job_id: str) -> None:
        """Remove the claim of a job that ended without a purchase."""
        self._claims.pop(job_id, None)

    def used_s(self, now: datetime, person_id: int | None = None) -> int:
        """Sum of the seconds that are reserved or were bought on the day of `now`.

        Args:
            now: The current time.
            person_id: The user whose seconds are counted; None counts all users.
        """
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
