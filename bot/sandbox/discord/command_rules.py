"""The rules for registering application commands (DOCS "Application Commands")."""

import unicodedata
from enum import IntEnum

from bot.sandbox.discord.errors import FormErrors
from bot.sandbox.discord.wire import JsonObject, as_array, as_int, as_object

Path = tuple[str | int, ...]


class CommandType(IntEnum):
    """The place a command is called from."""

    CHAT_INPUT = 1
    USER = 2
    MESSAGE = 3
    ENTRY_POINT = 4
    """The App Launcher, for apps with an Activity."""


class OptionType(IntEnum):
    """Types of options of a slash command."""

    SUB_COMMAND = 1
    SUB_COMMAND_GROUP = 2
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10
    ATTACHMENT = 11


MAX_OPTIONS = MAX_CHOICES = 25
MAX_CHARS = 8000
MAX_NAME, MAX_DESCRIPTION, MAX_CHOICE = 32, 100, 100
MAX_STRING = 6000
_NESTS = {OptionType.SUB_COMMAND, OptionType.SUB_COMMAND_GROUP}
_WITH_CHOICES = {OptionType.STRING, OptionType.INTEGER, OptionType.NUMBER}


def valid_name(name: object) -> bool:
    """True if a slash command or option may have this name: lower case letters, digits, - _ ', 1 to 32."""
    if not isinstance(name, str) or not 1 <= len(name) <= MAX_NAME or name != name.lower():
        return False
    # Devanagari and Thai marks (category M) are allowed by the API's expression as well.
    return all(c in "-_'" or unicodedata.category(c)[0] in "LNM" for c in name)


def read_command(raw: object, path: Path, errors: FormErrors) -> JsonObject:
    """Check one command of a request; faults are noted in `errors`."""
    command = as_object(raw)
    if command is None:
        errors.add(path, "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
        return {}
    kind = command.get("type") or CommandType.CHAT_INPUT
    if kind not in CommandType.__members__.values():
        errors.add((*path, "type"), "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4}.")
        return command
    if kind == CommandType.ENTRY_POINT:
        _name_and_description(command, path, errors)
    elif kind == CommandType.CHAT_INPUT:
        _name_and_description(command, path, errors)
        _options(command.get("options"), (*path, "options"), errors, depth=0)
    else:
        name = command.get("name")
        fine = isinstance(name, str) and 1 <= len(name) <= MAX_NAME
        errors.require(
            fine, (*path, "name"), "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {MAX_NAME} in length."
        )
        plain = not command.get("description") and not command.get("options")
        errors.require(
            plain, path, "APPLICATION_COMMAND_CONTEXT_MENU", "A menu entry has no description and no options"
        )
    chars = _longest(command)
    errors.require(
        chars <= MAX_CHARS,
        path,
        "APPLICATION_COMMAND_TOO_LARGE",
        f"Command exceeds maximum size ({chars} of {MAX_CHARS}).",
    )
    return command | {"type": int(kind)}


def _name_and_description(node: JsonObject, path: Path, errors: FormErrors) -> None:
    names = [node.get("name"), *(as_object(node.get("name_localizations")) or {}).values()]
    for name in names:
        errors.require(
            valid_name(name), (*path, "name"), "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid"
        )
    texts = [node.get("description"), *(as_object(node.get("description_localizations")) or {}).values()]
    for text in texts:
        fine = isinstance(text, str) and 1 <= len(text) <= MAX_DESCRIPTION
        errors.require(
            fine,
            (*path, "description"),
            "BASE_TYPE_BAD_LENGTH",
            f"Must be between 1 and {MAX_DESCRIPTION} in length.",
        )


def _options(raw: object, path: Path, errors: FormErrors, *, depth: int) -> None:
    options = [option for item in as_array(raw) or [] if (option := as_object(item)) is not None]
    errors.require(
        len(options) <= MAX_OPTIONS,
        path,
        "BASE_TYPE_MAX_LENGTH",
        f"Must be {MAX_OPTIONS} or fewer in length.",
    )
    names = [option.get("name") for option in options]
    errors.require(
        len(names) == len(set(names)),
        path,
        "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATED",
        "Option names must be unique",
    )
    nested = [option.get("type") in _NESTS for option in options]
    errors.require(
        all(nested) or not any(nested),
        path,
        "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
        "Sub-command and values are mutually exclusive",
    )
    required = [bool(option.get("required")) for option in options]
    in_order = required == sorted(required, reverse=True)
    errors.require(
        in_order,
        path,
        "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        "Required options must be placed before non-required options",
    )
    for index, option in enumerate(options):
        _option(option, (*path, index), errors, depth=depth)


def _option(option: JsonObject, path: Path, errors: FormErrors, *, depth: int) -> None:
    kind = as_int(option.get("type"))
    if kind not in OptionType.__members__.values():
        errors.add((*path, "type"), "BASE_TYPE_CHOICES", "Value must be one of {1, …, 11}.")
        return
    _name_and_description(option, path, errors)
    if kind in _NESTS:
        too_deep = depth > 1 or (kind == OptionType.SUB_COMMAND_GROUP and depth > 0)
        errors.require(not too_deep, path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Nested too deep")
        _options(option.get("options"), (*path, "options"), errors, depth=depth + 1)
        return
    _choices(option, OptionType(kind), path, errors)
    if kind == OptionType.STRING:
        low, high = option.get("min_length"), option.get("max_length")
        fine = (low is None or 0 <= low <= MAX_STRING) and (high is None or 1 <= high <= MAX_STRING)
        errors.require(
            fine,
            (*path, "max_length"),
            "NUMBER_TYPE_MAX",
            f"Value should be less than or equal to {MAX_STRING}.",
        )


def _choices(option: JsonObject, kind: OptionType, path: Path, errors: FormErrors) -> None:
    choices = [
        choice for item in as_array(option.get("choices")) or [] if (choice := as_object(item)) is not None
    ]
    if not choices:
        return
    here = (*path, "choices")
    errors.require(
        kind in _WITH_CHOICES, here, "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID", "This type has no choices"
    )
    errors.require(
        not option.get("autocomplete"),
        here,
        "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID",
        "Choices exclude autocomplete",
    )
    errors.require(
        len(choices) <= MAX_CHOICES,
        here,
        "BASE_TYPE_MAX_LENGTH",
        f"Must be {MAX_CHOICES} or fewer in length.",
    )
    names = [choice.get("name") for choice in choices]
    errors.require(
        len(names) == len(set(names)),
        here,
        "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_DUPLICATED",
        "Option choice names must be unique",
    )
    check_choices(choices, kind, here, errors)


def check_choices(choices: list[JsonObject], kind: OptionType, path: Path, errors: FormErrors) -> None:
    """Check what can be picked for an option of type `kind`, registered or offered while a user types."""
    for index, choice in enumerate(choices):
        name, value = choice.get("name"), choice.get("value")
        fine = isinstance(name, str) and 1 <= len(name) <= MAX_CHOICE
        errors.require(
            fine,
            (*path, index, "name"),
            "BASE_TYPE_BAD_LENGTH",
            f"Must be between 1 and {MAX_CHOICE} in length.",
        )
        errors.require(
            _value_fits(kind, value),
            (*path, index, "value"),
            "CHOICE_VALUE_INVALID",
            f"{value!r} does not fit the option's type.",
        )


def _value_fits(kind: OptionType, value: object) -> bool:
    if kind is OptionType.STRING:
        return isinstance(value, str) and 1 <= len(value) <= MAX_CHOICE
    if kind is OptionType.INTEGER:
        return as_int(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _longest(node: JsonObject) -> int:
    """Characters that count towards 8000: names, descriptions, choice values; the longest language counts."""
    total = 0
    for name in ("name", "description"):
        texts = [node.get(name), *(as_object(node.get(f"{name}_localizations")) or {}).values()]
        total += max((len(text) for text in texts if isinstance(text, str)), default=0)
    if isinstance(value := node.get("value"), str):
        total += len(value)
    for inner in ("options", "choices"):
        total += sum(
            _longest(child) for item in as_array(node.get(inner)) or [] if (child := as_object(item))
        )
    return total
