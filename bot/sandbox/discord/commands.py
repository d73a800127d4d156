"""The commands that are registered (DOCS "Application Commands")."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.sandbox.discord.command_rules import CommandType, read_command
from bot.sandbox.discord.errors import (
    DAILY_COMMAND_LIMIT,
    ENTRY_POINT_LEFT_OUT,
    UNKNOWN_COMMAND,
    ApiError,
    FormErrors,
)
from bot.sandbox.discord.signals import Signal
from bot.sandbox.discord.snowflakes import Snowflakes
from bot.sandbox.discord.wire import JsonObject, as_array

COUNT_LIMITS = {
    CommandType.CHAT_INPUT: 100,
    CommandType.USER: 15,
    CommandType.MESSAGE: 15,
    CommandType.ENTRY_POINT: 1,
}
MAX_CREATES_PER_DAY = 200
"""New names a day, for each server and globally."""


@dataclass(frozen=True, slots=True)
class _Key:
    guild_id: int | None
    kind: int
    name: str


class CommandBook:
    """The commands that are registered, globally and for single servers."""

    def __init__(self, ids: Snowflakes, application_id: int) -> None:
        self._ids = ids
        self._application_id = application_id
        self._commands: dict[_Key, JsonObject] = {}
        self._creates: dict[int | None, int] = {}
        self.changed = Signal()

    def registered(self, guild_id: int | None = None) -> list[JsonObject]:
        """The commands of one scope: global, or of one server."""
        return [command for key, command in self._commands.items() if key.guild_id == guild_id]

    def find(self, name: str, kind: CommandType, guild_id: int | None) -> JsonObject | None:
        """The command a client would run; a server's own command hides the global one of the same name."""
        own = self._commands.get(_Key(guild_id, kind, name)) if guild_id is not None else None
        return own or self._commands.get(_Key(None, kind, name))

    def replace_all(self, raw: object, guild_id: int | None) -> list[JsonObject]:
        """Bulk overwrite. Names that stay keep their ids. Raises 400/50035, 400/50240 or 429/30034."""
        errors = FormErrors()
        items = as_array(raw)
        if items is None:
            errors.add((), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        commands = [read_command(item, (index,), errors) for index, item in enumerate(items or [])]
        self._check_counts(commands, errors)
        errors.check()
        keys = [_Key(guild_id, command["type"], command["name"]) for command in commands]
        kept = {
            key for key in self._commands if key.guild_id == guild_id and key.kind == CommandType.ENTRY_POINT
        }
        if not kept <= set(keys):
            raise ApiError(ENTRY_POINT_LEFT_OUT)
        self._count_creates(guild_id, sum(key not in self._commands for key in keys))
        old = {key: self._commands.pop(key) for key in list(self._commands) if key.guild_id == guild_id}
        for key, command in zip(keys, commands, strict=True):
            self._commands[key] = self._stored(command, old.get(key), guild_id)
        self.changed.ring()
        return self.registered(guild_id)

    def upsert(self, raw: object, guild_id: int | None) -> tuple[JsonObject, bool]:
        """Create one command, or overwrite the one of the same name; answers it and whether it is new."""
        errors = FormErrors()
        command = read_command(raw, (), errors)
        errors.check()
        key = _Key(guild_id, command["type"], command["name"])
        old = self._commands.get(key)
        self._check_counts([*self.registered(guild_id), *([] if old else [command])], errors)
        errors.check()
        self._count_creates(guild_id, old is None)
        self._commands[key] = stored = self._stored(command, old, guild_id)
        self.changed.ring()
        return stored, old is None

    def add_entry_point(self, name: str) -> JsonObject:
        """Register an Entry Point command, as Discord does by itself when Activities are switched on."""
        handled_by_discord = 2
        command: JsonObject = {
            "type": int(CommandType.ENTRY_POINT),
            "name": name,
            "description": "Launch an activity",
            "handler": handled_by_discord,
            "integration_types": [0, 1],
            "contexts": [0, 1, 2],
        }
        return self.upsert(command, None)[0]

    def by_id(self, command_id: str, guild_id: int | None) -> JsonObject:
        """One command. Raises 404/10063."""
        for command in self.registered(guild_id):
            if command["id"] == command_id:
                return command
        raise ApiError(UNKNOWN_COMMAND)

    def delete(self, command_id: str, guild_id: int | None) -> None:
        """Remove one command. Raises 404/10063."""
        command = self.by_id(command_id, guild_id)
        del self._commands[_Key(guild_id, command["type"], command["name"])]
        self.changed.ring()

    def _check_counts(self, commands: Iterable[JsonObject], errors: FormErrors) -> None:
        seen: dict[tuple[object, object], int] = {}
        for command in commands:
            key = (command.get("type"), command.get("name"))
            seen[key] = seen.get(key, 0) + 1
        errors.require(
            all(n == 1 for n in seen.values()),
            (),
            "APPLICATION_COMMANDS_DUPLICATE_NAME",
            "Application command names must be unique",
        )
        for kind, limit in COUNT_LIMITS.items():
            count = sum(1 for found, _ in seen if found == kind)
            errors.require(
                count <= limit,
                (),
                "MAX_COMMANDS",
                f"Maximum number of application commands of type {int(kind)} reached ({limit})",
            )

    def _count_creates(self, guild_id: int | None, count: int) -> None:
        made = self._creates.get(guild_id, 0) + count
        if made > MAX_CREATES_PER_DAY:
            raise ApiError(DAILY_COMMAND_LIMIT)
        self._creates[guild_id] = made

    def _stored(self, command: JsonObject, old: JsonObject | None, guild_id: int | None) -> JsonObject:
        permissions = command.get("default_member_permissions")
        contexts = command.get("contexts")
        stored: JsonObject = {
            "id": old["id"] if old else str(self._ids.next()),
            "application_id": str(self._application_id),
            "version": str(self._ids.next()),
            "name_localizations": None,
            "description": "",
            "description_localizations": None,
            "nsfw": False,
            "integration_types": [0],
            **{name: value for name, value in command.items() if value is not None},
            "default_member_permissions": None if permissions is None else str(permissions),
            "contexts": contexts,
            "dm_permission": True if contexts is None else 1 in contexts,
        }
        if guild_id is not None:
            stored |= {"guild_id": str(guild_id)}
        return stored
