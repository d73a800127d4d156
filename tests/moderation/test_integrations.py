"""What a server's Integrations page says about a command, a user and a channel."""

from typing import Any

import pytest

from bot.moderation.integrations import Access, CommandOverwrites, IntegrationsPage, access_in_channel

GUILD, USER, MODS, MAKERS, CHANNEL, CATEGORY = 9, 1, 20, 21, 70, 60
ALL_CHANNELS = GUILD - 1
EVERYONE = GUILD


def page(app: Any = None, **commands: Any) -> IntegrationsPage:
    """A page from what is set for the app and its commands, as users, roles and channels."""
    made = {name: CommandOverwrites(**what) for name, what in commands.items()}
    return IntegrationsPage(GUILD, CommandOverwrites(**(app or {})), made)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (page(), Access.UNSET),
        (page(spicy={"users": {USER: True}}), Access.GRANTED),
        (page(spicy={"users": {USER: False}}), Access.DENIED),
        (page(spicy={"users": {USER: False}, "roles": {MODS: True}}), Access.DENIED),
        (page(spicy={"users": {USER: True}, "roles": {MODS: False}}), Access.GRANTED),
        (page(spicy={"roles": {MODS: True}}), Access.GRANTED),
        (page(spicy={"roles": {MODS: False}}), Access.DENIED),
        (page(spicy={"roles": {MODS: False, MAKERS: True}}), Access.GRANTED),
        (page(spicy={"roles": {99: True}, "users": {99: False}}), Access.UNSET),
        (page(spicy={"roles": {EVERYONE: False}}), Access.DENIED),
        (page(spicy={"roles": {EVERYONE: False, MODS: True}}), Access.GRANTED),
        # That everybody may use it names nobody: what the command asks for still counts.
        (page(spicy={"roles": {EVERYONE: True}}), Access.UNSET),
        (page({"roles": {EVERYONE: False}}), Access.DENIED),
        (page({"roles": {EVERYONE: False, MODS: True}}), Access.UNSET),
        (page({"users": {USER: False}}), Access.DENIED),
        (page({"users": {USER: False}}, spicy={"users": {USER: True}}), Access.GRANTED),
        (page({"users": {USER: False}}, spicy={"roles": {EVERYONE: True}}), Access.UNSET),
        # Who may use the app at all may not therefore use the command of its moderators.
        (page({"users": {USER: True}}), Access.UNSET),
        (page({"roles": {MAKERS: True}}), Access.UNSET),
        (page(video={"users": {USER: True}}), Access.UNSET),
        (page(video={"roles": {EVERYONE: False}}), Access.UNSET),
    ],
)
def test_access_to_a_command(told: IntegrationsPage, expected: Access) -> None:
    assert told.access("spicy", USER, [MODS, MAKERS]) is expected


@pytest.mark.parametrize(
    ("told", "is_open"),
    [
        (page(), True),
        (page({"channels": {CHANNEL: False}}), False),
        (page({"channels": {ALL_CHANNELS: False}}), False),
        (page({"channels": {ALL_CHANNELS: False, CHANNEL: True}}), True),
        (page({"channels": {ALL_CHANNELS: False, CATEGORY: True}}), True),
        (page({"channels": {CATEGORY: False}}), False),
        (page({"channels": {CATEGORY: False, CHANNEL: True}}), True),
        (page({"channels": {CHANNEL: False}}, video={"channels": {CHANNEL: True}}), True),
        (page({"channels": {CHANNEL: False}}, video={"channels": {ALL_CHANNELS: True}}), True),
        (page(video={"channels": {ALL_CHANNELS: False}}), False),
        (page(spicy={"channels": {ALL_CHANNELS: False}}), True),
        (page({"channels": {99: False}}), True),
    ],
)
def test_channels_of_a_command(told: IntegrationsPage, *, is_open: bool) -> None:
    assert told.is_open_in("video", [CHANNEL, CATEGORY]) is is_open


def test_access_in_a_channel() -> None:
    def asked(told: IntegrationsPage | None, *, administers: bool = False) -> Access:
        return access_in_channel(
            told, "video", user_id=USER, role_ids=[MODS], channel_ids=[CHANNEL], administers=administers
        )

    closed = page({"channels": {CHANNEL: False}}, video={"users": {USER: True}})
    assert asked(closed) is Access.DENIED
    assert asked(page(video={"roles": {EVERYONE: False}})) is Access.DENIED
    assert asked(page()) is Access.UNSET
    assert asked(None) is Access.UNKNOWN
    assert asked(closed, administers=True) is asked(None, administers=True) is Access.UNSET
