"""Record of a user in a server, and the strikes that suspend: pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.moderation.policy import MemberStatus
from bot.moderation.rules import ServerRules


class ListStatus(StrEnum):
    """A server's list on which a user is."""

    TRUSTED = "trusted"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Member:
    """Record of a user in one server. A suspension ends by itself."""

    guild_id: int
    person_id: int
    listed: ListStatus | None = None
    suspended_until: datetime | None = None
    suspended_by: int | None = None
    """The moderator who suspended, or gave the last strike. Another one decides the appeal."""
    suspended_for: str = ""
    appealed_at: datetime | None = None
    """Moment of the appeal against this suspension. There can be one."""
    reports_muted: bool = False
    end_is_told: bool = True
    """False from the beginning of a suspension until the user has heard of its end."""

    @property
    def status(self) -> MemberStatus:
        """The record as the rules judge it."""
        return MemberStatus(
            trusted=self.listed is ListStatus.TRUSTED,
            blocked=self.listed is ListStatus.BLOCKED,
            suspended_until=self.suspended_until,
        )

    def is_suspended(self, now: datetime) -> bool:
        """Return True if a suspension is in force."""
        return self.suspended_until is not None and self.suspended_until > now


@dataclass(frozen=True)
class Strike:
    """A strike against a user. It no longer counts after the days that the server's rules say."""

    guild_id: int
    person_id: int
    given_at: datetime
    given_by: int
    reason: str
    job_id: str | None = None


def with_suspension(
    member: Member, *, until: datetime, by: int | None, reason: str, now: datetime
) -> Member | None:
    """Return the record with a suspension and without an appeal; None if a longer one is in force, which stays."""
    if member.suspended_until is not None and member.is_suspended(now) and member.suspended_until >= until:
        return None
    return replace(
        member,
        suspended_until=until,
        suspended_by=by,
        suspended_for=reason,
        appealed_at=None,
        end_is_told=False,
    )


def active(strikes: Sequence[Strike], rules: ServerRules, now: datetime) -> tuple[Strike, ...]:
    """Return the strikes that still count."""
    faded_before = now - timedelta(days=rules.strike_days)
    return tuple(strike for strike in strikes if strike.given_at > faded_before)


def suspended_until(strikes: Sequence[Strike], rules: ServerRules, now: datetime) -> datetime | None:
    """Return the end of the suspension that the last strike causes, or None if it causes none.

    Each multiple of the server's threshold suspends.
    """
    count = len(active(strikes, rules, now))
    if count == 0 or count % rules.strikes_to_suspend:
        return None
    return now + timedelta(hours=rules.suspend_hours)
