"""The rules of a user's Discord client: the interactions it lets them send, and their payloads.

A client refuses unknown or missing options, values outside the choices or limits, and commands that may not
be used in that place; `InvalidInvocation` stands for that refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.sandbox.discord.cdn import Attachment
from bot.sandbox.discord.command_rules import MAX_STRING, OptionType
from bot.sandbox.discord.components import SELECTS, ComponentKind
from bot.sandbox.discord.errors import InvalidInvocation
from bot.sandbox.discord.guilds import Channel
from bot.sandbox.discord.integrations import Integrations
from bot.sandbox.discord.messages import Message
from bot.sandbox.discord.people import Role, User
from bot.sandbox.discord.permissions import Permission
from bot.sandbox.discord.versions import walk
from bot.sandbox.discord.wire import JsonObject, as_array, as_object

OptionValue = str | int | float | bool | Attachment | User | Channel | Role
PickedValue = str | Role | Channel
"""A choice in a select: the value of an option, or one of the server's."""
GUILD_INSTALL, USER_INSTALL = 0, 1
"""Application integration types."""
_PLAIN_TYPES: dict[OptionType, tuple[type, ...]] = {
    OptionType.STRING: (str,),
    OptionType.INTEGER: (int,),
    OptionType.BOOLEAN: (bool,),
    OptionType.NUMBER: (int, float),
    OptionType.USER: (User,),
    OptionType.CHANNEL: (Channel,),
    OptionType.ROLE: (Role,),
    OptionType.MENTIONABLE: (User, Role),
    OptionType.ATTACHMENT: (Attachment,),
}


@dataclass(slots=True)
class Resolved:
    """The objects that option values only name by id."""

    channel: Channel
    tables: dict[str, JsonObject] = field(default_factory=dict[str, JsonObject])

    def add(self, value: Attachment | User | Channel | Role | Message) -> str:
        """Put `value` into the tables; answers its id."""
        key = str(value.id)
        match value:
            case Attachment():
                self._table("attachments")[key] = value.payload()
            case User():
                self._table("users")[key] = value.payload()
                guild = self.channel.guild
                if guild is not None and (member := guild.members.get(value.id)) is not None:
                    rights = str(int(guild.permissions_of(value, self.channel)))
                    self._table("members")[key] = member.payload(with_user=False) | {"permissions": rights}
            case Channel():
                self._table("channels")[key] = value.payload() | {"permissions": "0"}
            case Role():
                self._table("roles")[key] = value.payload()
            case Message():
                self._table("messages")[key] = value.payload()
        return key

    def _table(self, name: str) -> JsonObject:
        return self.tables.setdefault(name, {})


def split_name(command: JsonObject, words: list[str]) -> tuple[list[JsonObject], list[JsonObject]]:
    """Follow sub-command names into `command`: the sub-commands on the way, and the options at its end."""
    way: list[JsonObject] = []
    options = _objects(command.get("options"))
    for word in words:
        step = next((o for o in options if o["name"] == word and o["type"] in {1, 2}), None)
        if step is None:
            raise InvalidInvocation(f"/{command['name']} has no sub-command {word!r}")
        way.append(step)
        options = _objects(step.get("options"))
    if any(option["type"] in {1, 2} for option in options):
        names = ", ".join(str(option["name"]) for option in options)
        raise InvalidInvocation(f"/{command['name']} needs a sub-command: {names}")
    return way, options


def option_payloads(
    declared: list[JsonObject], given: Mapping[str, OptionValue], resolved: Resolved, *, force: bool
) -> list[JsonObject]:
    """The options as the client sends them. With `force` the checks of values are left out."""
    payloads = _given_payloads(declared, given, resolved, force=force)
    missing = [o["name"] for o in declared if o.get("required") and o["name"] not in given]
    if missing and not force:
        raise InvalidInvocation(f"required options are missing: {', '.join(missing)}")
    return payloads


def typing_payloads(
    declared: list[JsonObject],
    given: Mapping[str, OptionValue],
    resolved: Resolved,
    *,
    focused: str,
    typed: str,
) -> list[JsonObject]:
    """The options while a user types into `focused`: as text even for numbers, others may be missing."""
    option = next((option for option in declared if option["name"] == focused), None)
    if option is None or not option.get("autocomplete"):
        offering = [str(option["name"]) for option in declared if option.get("autocomplete")]
        raise InvalidInvocation(f"{focused!r} offers nothing while one types; these do: {offering}")
    others = {name: value for name, value in given.items() if name != focused}
    typing: JsonObject = {"name": focused, "type": option["type"], "value": typed, "focused": True}
    return [*_given_payloads(declared, others, resolved, force=False), typing]


def focused_option(data: JsonObject) -> JsonObject | None:
    """The option a user types into, wherever sub-commands put it."""
    for option in _objects(data.get("options")):
        found = option if option.get("focused") else focused_option(option)
        if found is not None:
            return found
    return None


def _given_payloads(
    declared: list[JsonObject], given: Mapping[str, OptionValue], resolved: Resolved, *, force: bool
) -> list[JsonObject]:
    known = {str(option["name"]): option for option in declared}
    payloads: list[JsonObject] = []
    for name, value in given.items():
        option = known.get(name)
        if option is None:
            raise InvalidInvocation(f"there is no option {name!r}; there are {', '.join(known) or 'none'}")
        kind = OptionType(option["type"])
        if not force:
            value = check_value(option, kind, value)  # noqa: PLW2901  # a choice's name becomes its value
        sent = resolved.add(value) if isinstance(value, Attachment | User | Channel | Role) else value
        payloads.append({"name": name, "type": int(kind), "value": sent})
    return payloads


def check_value(option: JsonObject, kind: OptionType, value: OptionValue) -> OptionValue:
    """The value a client would send for what was typed or picked. Raises `InvalidInvocation`."""
    name = option["name"]
    choices = {str(choice["name"]): choice["value"] for choice in _objects(option.get("choices"))}
    if choices:
        if value in choices.values() and not isinstance(value, bool):
            return value
        if isinstance(value, str) and value in choices:
            return choices[value]
        raise InvalidInvocation(f"{name}: {value!r} is none of {list(choices.values())}")
    if not isinstance(value, _PLAIN_TYPES[kind]) or (
        isinstance(value, bool) and kind is not OptionType.BOOLEAN
    ):
        raise InvalidInvocation(f"{name}: {type(value).__name__} does not fit an option of type {kind.name}")
    if isinstance(value, str):
        low, high = option.get("min_length") or 0, option.get("max_length") or MAX_STRING
        if not low <= len(value) <= high or (not value and option.get("required")):
            raise InvalidInvocation(f"{name}: {len(value)} characters, allowed are {low} to {high}")
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = option.get("min_value"), option.get("max_value")
        if (low is not None and value < low) or (high is not None and value > high):
            raise InvalidInvocation(f"{name}: {value} is not between {low} and {high}")
    return value


def check_place(command: JsonObject, user: User, channel: Channel, integrations: Integrations) -> None:
    """Raise `InvalidInvocation` when a client would not offer `command` to `user` in `channel`."""
    refusals: list[tuple[Callable[[], bool], str]] = [
        (lambda: _outside_context(command, channel), "is not offered in this kind of channel"),
        (lambda: _not_installed(command, channel), "is not installed here"),
        (lambda: bool(command.get("nsfw")) and not channel.age_restricted, "is for age-restricted channels"),
        (lambda: _not_permitted(user, channel), "may not be used here by this person"),
        (lambda: integrations.refuses(command, user, channel), "may not be used here by this person"),
    ]
    for refused, words in refusals:
        if refused():
            raise InvalidInvocation(f"{command['name']} {words}")


def _outside_context(command: JsonObject, channel: Channel) -> bool:
    contexts = command.get("contexts")
    return contexts is not None and channel.context not in contexts


def _not_installed(command: JsonObject, channel: Channel) -> bool:
    return not channel.bot_present and USER_INSTALL not in command.get("integration_types", [GUILD_INSTALL])


def _not_permitted(user: User, channel: Channel) -> bool:
    if channel.guild is None:
        return user not in channel.recipients
    rights = channel.permissions_of(user)
    wanted = Permission.VIEW_CHANNEL | Permission.USE_APPLICATION_COMMANDS
    return wanted not in rights


def install_owners(command: JsonObject | None, user: User, channel: Channel) -> JsonObject:
    """`authorizing_integration_owners` of an interaction that `user` starts; a component has no command."""
    types = command.get("integration_types", [GUILD_INSTALL]) if command is not None else [GUILD_INSTALL]
    if channel.bot_present and GUILD_INSTALL in types:
        return {str(GUILD_INSTALL): str(channel.guild.id) if channel.guild else "0"}
    return {str(USER_INSTALL): str(user.id)}


def _objects(raw: object) -> list[JsonObject]:
    return [found for item in as_array(raw) or [] if (found := as_object(item)) is not None]


def pressed(message: Message, wanted: str, user: User) -> JsonObject:
    """The data of a press on the button `wanted` (custom_id or label). Raises `InvalidInvocation`."""
    _check_usable(message, user)
    button = message.button(wanted)
    if button is None:
        raise InvalidInvocation(
            f"there is no button {wanted!r}; there are {[b.label for b in message.current.buttons]}"
        )
    if button.disabled or button.custom_id is None:
        raise InvalidInvocation(f"the button {wanted!r} is {'off' if button.disabled else 'a link'}")
    return {"component_type": 2, "custom_id": button.custom_id}


def selected(
    message: Message, custom_id: str, values: Sequence[PickedValue], user: User, resolved: Resolved
) -> JsonObject:
    """The data of a choice in the select `custom_id`, of what it offers. Raises `InvalidInvocation`."""
    _check_usable(message, user)
    selects = {str(node["custom_id"]): node for node in walk(message.current.components) if _is_select(node)}
    select = selects.get(custom_id)
    if select is None or select.get("disabled"):
        raise InvalidInvocation(f"there is no select {custom_id!r} to use; there are {list(selects)}")
    low, high = select.get("min_values", 1), select.get("max_values", 1)
    if not low <= len(values) <= high:
        raise InvalidInvocation(f"{custom_id}: {len(values)} chosen, allowed are {low} to {high}")
    for value in values:
        if not _offered(select, value, message.channel):
            raise InvalidInvocation(f"{custom_id} does not offer {value!r}")
    picked = [value if isinstance(value, str) else resolved.add(value) for value in values]
    return {"component_type": select["type"], "custom_id": custom_id, "values": picked}


def _is_select(node: JsonObject) -> bool:
    return node.get("type") in SELECTS


def _offered(select: JsonObject, value: PickedValue, channel: Channel) -> bool:
    """True if a client lists `value`: everyone is no role there (API docs, issue 6894)."""
    guild = channel.guild
    match ComponentKind(select["type"]), value:
        case ComponentKind.STRING_SELECT, str():
            return value in {str(option["value"]) for option in _objects(select.get("options"))}
        case ComponentKind.ROLE_SELECT, Role():
            return guild is not None and value in guild.roles and value.id != guild.id
        case ComponentKind.CHANNEL_SELECT, Channel():
            kinds = as_array(select.get("channel_types"))
            return value.guild is guild and (not kinds or value.kind in kinds)
        case _:
            return False


def _check_usable(message: Message, user: User) -> None:
    if message.deleted:
        raise InvalidInvocation("the message is gone")
    if message.ephemeral and message.interaction is not None and message.interaction.user is not user:
        raise InvalidInvocation("the message is private to somebody else")
