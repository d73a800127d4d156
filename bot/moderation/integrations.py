"""A server's *Integrations* page as pure facts: for whom, and where, it lets the bot's commands be used.

Discord itself obeys the page for commands. The bot has to where no command is typed: for buttons, forms and
messages, and when it decides who moderates.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Access(StrEnum):
    """What a server's page says about one command and one user."""

    UNSET = "unset"
    """Nothing: the command's own defaults count."""
    GRANTED = "granted"
    """The command names the user, or a role of theirs: its defaults do not count."""
    DENIED = "denied"
    UNKNOWN = "unknown"
    """Discord did not tell what the page says."""


@dataclass(frozen=True)
class CommandOverwrites:
    """What is switched on (True) or off on the page, for one command or for the whole app, by ids."""

    users: Mapping[int, bool] = field(default_factory=dict[int, bool])
    roles: Mapping[int, bool] = field(default_factory=dict[int, bool])
    channels: Mapping[int, bool] = field(default_factory=dict[int, bool])

    def of_user(self, user_id: int, role_ids: Iterable[int]) -> bool | None:
        """Return what is set for a user, or else for the user's roles, of which one that is let in suffices."""
        if user_id in self.users:
            return self.users[user_id]
        set_roles = [self.roles[role_id] for role_id in role_ids if role_id in self.roles]
        return any(set_roles) if set_roles else None

    def of_channel(self, channel_ids: Sequence[int]) -> bool | None:
        """Return what is set for the first of these channels for which something is."""
        return next((self.channels[one] for one in channel_ids if one in self.channels), None)


VIDEO_COMMAND: Final = "video"
SPICY_COMMAND: Final = "spicy"

_NOTHING_SET: Final = CommandOverwrites()


@dataclass(frozen=True)
class IntegrationsPage:
    """The page of one server. `commands` has the commands, by name, for which something is set."""

    guild_id: int
    app: CommandOverwrites = _NOTHING_SET
    commands: Mapping[str, CommandOverwrites] = field(default_factory=dict[str, CommandOverwrites])

    def access(self, command: str, user_id: int, role_ids: Iterable[int]) -> Access:
        """Return what the page says about a command and a user, wherever they use it.

        What is set for the command comes before what is set for the app. Only the former lets users in who lack
        the permissions that the command asks for (Discord, change log, *Upcoming Application Command Permission
        Changes*): who may use the app at all may not use every command of it.
        """
        own, roles = self.commands.get(command, _NOTHING_SET), frozenset(role_ids)
        named = own.of_user(user_id, roles)
        if named is not None:
            return Access.GRANTED if named else Access.DENIED
        everyone = (self.guild_id,)
        for found in (
            own.of_user(0, everyone),
            self.app.of_user(user_id, roles),
            self.app.of_user(0, everyone),
        ):
            if found is not None:
                return Access.UNSET if found else Access.DENIED
        return Access.UNSET

    def is_open_in(self, command: str, channel_ids: Sequence[int]) -> bool:
        """Return True if a command may be used in a channel.

        Args:
            command: Its name.
            channel_ids: The channel (of a thread, its parent), then its category.
        """
        # Discord, *Application Command Permissions Constants*: the server's id less one stands for all channels.
        places = (*channel_ids, self.guild_id - 1)
        own = self.commands.get(command, _NOTHING_SET).of_channel(places)
        found = own if own is not None else self.app.of_channel(places)
        return found is not False


def access_in_channel(
    page: IntegrationsPage | None,
    command: str,
    *,
    user_id: int,
    role_ids: Iterable[int],
    channel_ids: Sequence[int],
    administers: bool,
) -> Access:
    """Return if a user may use a command in a channel. Administrators may use all of them everywhere.

    Args:
        page: The server's page; None if Discord did not tell it.
        command: The command's name.
        user_id: The user.
        role_ids: The user's roles in that server.
        channel_ids: As for `IntegrationsPage.is_open_in`.
        administers: True for the server's owner and its administrators.
    """
    if administers:
        return Access.UNSET
    if page is None:
        return Access.UNKNOWN
    return page.access(command, user_id, role_ids) if page.is_open_in(command, channel_ids) else Access.DENIED
