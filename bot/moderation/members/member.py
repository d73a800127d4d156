"""What a server's moderators keep of a person, and when strikes suspend: pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.moderation.policy import MemberStanding
from bot.moderation.rules import ServerRules


class ListStatus(StrEnum):
    """The two lists of a server."""

    TRUSTED = "trusted"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Member:
    """What is kept of somebody in one server; a suspension ends by itself."""

    guild_id: int
    person_id: int
    listed: ListStatus | None = None
    suspended_until: datetime | None = None
    suspended_by: int | None = None
    """Who decided, or gave the strike that made them enough; somebody else looks at the appeal."""
    suspended_for: str = ""
    appealed_at: datetime | None = None
    """When this suspension was appealed against, which can be done once."""
    reports_muted: bool = False

    @property
    def standing(self) -> MemberStanding:
        """In the terms of the rules."""
        return MemberStanding(
            trusted=self.listed is ListStatus.TRUSTED,
            blocked=self.listed is ListStatus.BLOCKED,
            suspended_until=self.suspended_until,
        )

    def is_suspended(self, now: datetime) -> bool:
        """Whether a suspension runs."""
        return self.suspended_until is not None and self.suspended_until > now


@dataclass(frozen=True)
class Strike:
    """A mark against somebody, which fades."""

    guild_id: int
    person_id: int
    given_at: datetime
    given_by: int
    reason: str
    job_id: str | None = None


def active(strikes: Sequence[Strike], rules: ServerRules, now: datetime) -> tuple[Strike, ...]:
    """The strikes that have not faded yet."""
    faded_before = now - timedelta(days=rules.strike_days)
    return tuple(strike for strike in strikes if strike.given_at > faded_before)


def suspended_until(strikes: Sequence[Strike], rules: ServerRules, now: datetime) -> datetime | None:
    """Until when strikes suspend, if the last one made them enough: at each multiple of the threshold."""
    count = len(active(strikes, rules, now))
    if count == 0 or count % rules.strikes_to_suspend:
        return None
    return now + timedelta(hours=rules.suspend_hours)
