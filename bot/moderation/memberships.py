"""A user's membership in a server, asked of Discord where a decision rests on it."""

from dataclasses import dataclass
from typing import Protocol

from bot.moderation.policy import Person
from bot.moderation.presence import Presence


@dataclass(frozen=True)
class Membership:
    """What Discord says about a user and a server. `person` has roles and rights there if the user is a member."""

    presence: Presence
    person: Person


class Memberships(Protocol):
    """Looks up members at Discord."""

    async def look(self, guild_id: int, person_id: int) -> Membership:
        """Return a user's membership as it is now, or was a few seconds ago."""
        ...
