"""Daily caps on bought seconds of video: pure functions of the operator's caps and the seconds used.

Called in the transaction that stores a request, with the seconds that `bot.quota.use` has read.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True)
class Allowance:
    """Caps on seconds of video bought in one day (UTC), for the whole bot and for each user. None is no cap."""

    bot_s: int | None = None
    person_s: int | None = None


class ShortageOf(StrEnum):
    """The cap that is reached: the bot's or the user's."""

    BOT = "bot"
    PERSON = "person"


@dataclass(frozen=True)
class Shortage:
    """Refusal of a request for today: the cap that it would exceed and the seconds left below that cap."""

    of: ShortageOf
    left_s: int


def judge(
    allowance: Allowance, *, asked_s: int, used_by_bot_s: int, used_by_person_s: int
) -> Shortage | None:
    """Check a request against both caps.

    Args:
        asked_s: Seconds of video that are requested.
        used_by_bot_s: Seconds reserved and bought today by all users.
        used_by_person_s: The user's part of them.

    Returns:
        None if the request stays within both caps. If it exceeds both, the user's own cap is reported, because
        that one stays reached when other users' reservations are released.
    """
    if allowance.person_s is not None and used_by_person_s + asked_s > allowance.person_s:
        return Shortage(ShortageOf.PERSON, max(0, allowance.person_s - used_by_person_s))
    if allowance.bot_s is not None and used_by_bot_s + asked_s > allowance.bot_s:
        return Shortage(ShortageOf.BOT, max(0, allowance.bot_s - used_by_bot_s))
    return None


def day_of(moment: datetime) -> datetime:
    """Midnight (UTC) at the beginning of the day of `moment`."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def day_after(moment: datetime) -> datetime:
    """Midnight (UTC) at the end of the day of `moment`, when the caps are renewed."""
    return day_of(moment) + timedelta(days=1)
