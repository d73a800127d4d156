"""Kinds of channels in which requests are made, and the permissions that the bot needs in them."""

from enum import StrEnum


class Place(StrEnum):
    """Kind of channel in which a request is made.

    DIRECT_MESSAGE is the bot's own one with a user. PRIVATE_CHANNEL is a group chat or a direct message of others,
    to which a user brought it along: nothing that is age-restricted may be posted there.

    FOREIGN_SERVER is a server that the bot is not a member of, where a user brought it along as a user app, by what
    the interaction said. No moderator there can set rules for the bot, so such a server has allowed nothing.

    UNSEEN_SERVER is a server of the bot that it cannot see at the moment, or that it has left. Its rules hold, but
    nothing that they let moderators decide is done there.

    A thread counts as its parent. A thread whose parent is unknown counts as not age-restricted. The channel's own
    flag decides, whatever the server as a whole is marked as (Discord, *Age-Restricted Channels*).
    """

    AGE_RESTRICTED_CHANNEL = "age_restricted_channel"
    OPEN_CHANNEL = "open_channel"
    DIRECT_MESSAGE = "direct_message"
    PRIVATE_CHANNEL = "private_channel"
    FOREIGN_SERVER = "foreign_server"
    UNSEEN_SERVER = "unseen_server"

    @property
    def has_moderators(self) -> bool:
        """True if the place has rules of its own, and moderators who decide about requests."""
        return self not in {Place.DIRECT_MESSAGE, Place.PRIVATE_CHANNEL, Place.FOREIGN_SERVER}


def place_without_server(*, foreign: bool) -> Place:
    """Return the kind of a channel in no server; a `foreign` one is that of users who brought the bot along."""
    return Place.PRIVATE_CHANNEL if foreign else Place.DIRECT_MESSAGE


class Right(StrEnum):
    """Discord permission that the bot itself needs in a channel, by Discord's name (*Permissions*)."""

    VIEW_CHANNEL = "view_channel"
    SEND_MESSAGES = "send_messages"
    SEND_MESSAGES_IN_THREADS = "send_messages_in_threads"
    READ_MESSAGE_HISTORY = "read_message_history"
    ATTACH_FILES = "attach_files"
