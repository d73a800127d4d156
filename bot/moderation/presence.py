"""A user's presence in a server."""

from enum import StrEnum


class Presence(StrEnum):
    """A user's membership in the server, as Discord says at the moment of the decision."""

    MEMBER = "member"
    """Also where nobody has to ask: an interaction or a message comes from a member, as do direct messages."""
    TIMED_OUT = "timed_out"
    GONE = "gone"
    """Left, or was kicked or banned."""
    NO_SERVER = "no_server"
    """The bot itself is no longer in that server, so Discord does not say."""
    UNKNOWN = "unknown"
    """Discord did not say."""

    @property
    def is_told(self) -> bool:
        """True if Discord said it, and with it the user's roles."""
        return self in {Presence.MEMBER, Presence.TIMED_OUT, Presence.GONE}
