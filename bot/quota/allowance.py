"""May this still be bought today? A pure function of the operator's caps and of what is used."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True)
class Allowance:
    """Caps on bought seconds of video a day (UTC); None is no cap."""

    bot_s: int | None = None
    person_s: int | None = None


class ShortageOf(StrEnum):
    """Whose seconds do not suffice."""

    BOT = "bot"
    PERSON = "person"


@dataclass(frozen=True)
class Shortage:
    """Why something may not be bought today: whose seconds are used up, and how many are left."""

    of: ShortageOf
    left_s: int


def judge(
    allowance: Allowance, *, asked_s: int, used_by_bot_s: int, used_by_person_s: int
) -> Shortage | None:
    """None when `asked_s` more seconds stay within both caps; the person's own cap is told first."""
    if allowance.person_s is not None and used_by_person_s + asked_s > allowance.person_s:
        return Shortage(ShortageOf.PERSON, max(0, allowance.person_s - used_by_person_s))
    if allowance.bot_s is not None and used_by_bot_s + asked_s > allowance.bot_s:
        return Shortage(ShortageOf.BOT, max(0, allowance.bot_s - used_by_bot_s))
    return None


def day_of(moment: datetime) -> datetime:
    """When the day of `moment` began, in UTC."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def day_after(moment: datetime) -> datetime:
    """When the next day begins and the caps are renewed."""
    return day_of(moment) + timedelta(days=1)
