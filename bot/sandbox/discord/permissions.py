"""Permissions: the bits, and how roles and channel overwrites add up (DOCS topic "Permissions")."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, IntFlag


class Permission(IntFlag):
    """The permission bits that matter to this sandbox."""

    NONE = 0
    KICK_MEMBERS = 1 << 1
    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_AUDIT_LOG = 1 << 7
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    MANAGE_ROLES = 1 << 28
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    SEND_MESSAGES_IN_THREADS = 1 << 38
    MODERATE_MEMBERS = 1 << 40
    USE_EXTERNAL_APPS = 1 << 50


ALL = Permission((1 << 53) - 1)
EVERYONE = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.ADD_REACTIONS
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.USE_EXTERNAL_APPS
)
PRIVATE = EVERYONE
"""The permissions of everyone in a direct message."""
APP_IN_GROUP = Permission.ATTACH_FILES | Permission.EMBED_LINKS | Permission.MENTION_EVERYONE
"""`app_permissions` in a private channel of other users (DOCS "Interaction Structure")."""


class OverwriteTarget(IntEnum):
    """Whom a channel overwrite is about."""

    ROLE = 0
    MEMBER = 1


@dataclass(slots=True)
class Overwrite:
    """The permissions that one channel allows or denies a role or member beyond the server's roles."""

    target_id: int
    target: OverwriteTarget
    allow: Permission = Permission.NONE
    deny: Permission = Permission.NONE

    def payload(self) -> dict[str, object]:
        """The overwrite object."""
        return {
            "id": str(self.target_id),
            "type": int(self.target),
            "allow": str(int(self.allow)),
            "deny": str(int(self.deny)),
        }


def by_name(names: Iterable[str | Permission]) -> Permission:
    """The bits of permissions given as names (`attach_files`) or bits; `ValueError` for an unknown name."""
    bits = Permission.NONE
    for name in names:
        if isinstance(name, Permission):
            bits |= name
        elif name.upper() in Permission.__members__:
            bits |= Permission[name.upper()]
        else:
            raise ValueError(f"no permission is called {name!r}")
    return bits


def resolve(
    *,
    everyone_id: int,
    everyone: Permission,
    roles: Iterable[tuple[int, Permission]],
    member_id: int,
    overwrites: Iterable[Overwrite],
) -> Permission:
    """The permissions of a member in a channel: roles add up, then overwrites of @everyone, roles, the member."""
    held = list(roles)
    bits = everyone
    for _, permissions in held:
        bits |= permissions
    if Permission.ADMINISTRATOR in bits:
        return ALL
    table = {entry.target_id: entry for entry in overwrites}
    if (entry := table.get(everyone_id)) is not None:
        bits = bits & ~entry.deny | entry.allow
    of_roles = [table[role_id] for role_id, _ in held if role_id in table and role_id != everyone_id]
    for entry in of_roles:
        bits &= ~entry.deny
    for entry in of_roles:
        bits |= entry.allow
    if (entry := table.get(member_id)) is not None:
        bits = bits & ~entry.deny | entry.allow
    return bits
