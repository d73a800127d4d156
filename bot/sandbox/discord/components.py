"""Strict reading of message components, old and V2 (DOCS "Component Reference").

What the machine-readable API description cannot say is checked here: counts over the whole message, unique
custom_ids, what may stand in what, and that every `attachment://` names a file that is there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from bot.sandbox.discord.errors import FormErrors
from bot.sandbox.discord.wire import JsonObject, as_array, as_int, as_object

MAX_COMPONENTS = 40
MAX_TEXT_CHARS = 4000
MAX_ROWS = 5
MAX_CUSTOM_ID = 100
MAX_LABEL = 80
MAX_URL = 512
MAX_DESCRIPTION = 1024
"""Characters of an attachment's or a media item's description (alt text)."""

Path = tuple[str | int, ...]


class ComponentKind(IntEnum):
    """Component types that a message may hold."""

    ACTION_ROW = 1
    BUTTON = 2
    STRING_SELECT = 3
    USER_SELECT = 5
    ROLE_SELECT = 6
    MENTIONABLE_SELECT = 7
    CHANNEL_SELECT = 8
    SECTION = 9
    TEXT_DISPLAY = 10
    THUMBNAIL = 11
    MEDIA_GALLERY = 12
    FILE = 13
    SEPARATOR = 14
    CONTAINER = 17


SELECTS = frozenset(
    {
        ComponentKind.STRING_SELECT,
        ComponentKind.USER_SELECT,
        ComponentKind.ROLE_SELECT,
        ComponentKind.MENTIONABLE_SELECT,
        ComponentKind.CHANNEL_SELECT,
    }
)
_IN_ROW = SELECTS | {ComponentKind.BUTTON}
_IN_CONTAINER = frozenset(
    {
        ComponentKind.ACTION_ROW,
        ComponentKind.SECTION,
        ComponentKind.TEXT_DISPLAY,
        ComponentKind.MEDIA_GALLERY,
        ComponentKind.FILE,
        ComponentKind.SEPARATOR,
    }
)
_TOP_V2 = _IN_CONTAINER | {ComponentKind.CONTAINER}
_TOP_OLD = frozenset({ComponentKind.ACTION_ROW})
_LINK_STYLE, _PREMIUM_STYLE = 5, 6


@dataclass(slots=True)
class _Reading:
    """One pass over a message's components."""

    errors: FormErrors
    files: Mapping[str, JsonObject]
    v2: bool
    count: int = 0
    text_chars: int = 0
    custom_ids: set[str] = field(default_factory=set[str])
    ids: set[int] = field(default_factory=set[int])


def read_components(
    raw: object,
    *,
    v2: bool,
    files: Mapping[str, JsonObject],
    errors: FormErrors,
    path: Path = ("components",),
) -> tuple[JsonObject, ...]:
    """Check `raw` and answer it as the API stores it: numbered, media resolved to hosted files.

    `files` gives the media object of each file under each address (without its query) that may name it.
    DiscordFaults are noted in `errors`.
    """
    items = as_array(raw)
    if items is None:
        errors.require(raw is None, path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        return ()
    reading = _Reading(errors, files, v2)
    if not v2:
        errors.require(
            len(items) <= MAX_ROWS, path, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length."
        )
    result = tuple(
        _read(reading, item, _TOP_V2 if v2 else _TOP_OLD, (*path, index)) for index, item in enumerate(items)
    )
    errors.require(
        reading.count <= MAX_COMPONENTS or not v2,
        path,
        "BASE_TYPE_BAD_LENGTH",
        f"A message holds at most {MAX_COMPONENTS} components, this has {reading.count}.",
    )
    errors.require(
        reading.text_chars <= MAX_TEXT_CHARS,
        path,
        "COMPONENT_MAX_TOTAL_TEXT_SIZE_EXCEEDED",
        f"Text of all components may be {MAX_TEXT_CHARS} characters, this has {reading.text_chars}.",
    )
    _number(result, reading.ids)
    return result


def _read(reading: _Reading, raw: object, allowed: frozenset[ComponentKind], path: Path) -> JsonObject:
    node = as_object(raw)
    if node is None:
        reading.errors.add(path, "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
        return {}
    reading.count += 1
    number = node.get("type")
    known = isinstance(number, int) and number in ComponentKind.__members__.values()
    if not known or ComponentKind(number) not in allowed:
        choices = ", ".join(str(int(kind)) for kind in sorted(allowed))
        reading.errors.add(
            (*path, "type"), "UNION_TYPE_CHOICES", f"Value of field 'type' must be one of ({choices})."
        )
        return node
    if (own_id := as_int(node.get("id"))) is not None and own_id > 0:
        fresh = own_id not in reading.ids
        reading.errors.require(fresh, (*path, "id"), "COMPONENT_ID_DUPLICATED", "Component id is duplicated.")
        reading.ids.add(own_id)
    reader = _READERS.get(ComponentKind(number))
    return reader(reading, node, path) if reader is not None else node


def _number(components: tuple[JsonObject, ...], taken: set[int]) -> None:
    """Give every component without an id the next free one, as the API does."""
    following = 1

    def visit(node: JsonObject) -> None:
        nonlocal following
        if not as_int(node.get("id")):
            while following in taken:
                following += 1
            node["id"] = following
            taken.add(following)
        for child in as_array(node.get("components")) or []:
            visit(child)
        if (accessory := as_object(node.get("accessory"))) is not None:
            visit(accessory)
            node["accessory"] = accessory

    for component in components:
        visit(component)


def _children(
    reading: _Reading,
    node: JsonObject,
    allowed: frozenset[ComponentKind],
    limits: tuple[int, int],
    path: Path,
) -> list[JsonObject]:
    items = as_array(node.get("components")) or []
    low, high = limits
    reading.errors.require(
        low <= len(items) <= high,
        (*path, "components"),
        "BASE_TYPE_BAD_LENGTH",
        f"Must be between {low} and {high} in length.",
    )
    return [_read(reading, item, allowed, (*path, "components", index)) for index, item in enumerate(items)]


def _row(reading: _Reading, node: JsonObject, path: Path) -> JsonObject:
    children = _children(reading, node, _IN_ROW, (1, 5), path)
    selects = [child for child in children if child.get("type") in SELECTS]
    alone = not selects or len(children) == 1
    reading.errors.require(
        alone,
        (*path, "components"),
        "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
        "A select menu needs a row of its own.",
    )
    return node | {"components": children}


def _container(reading: _Reading, node: JsonObject, path: Path) -> JsonObject:
    return node | {"components": _children(reading, node, _IN_CONTAINER, (1, MAX_COMPONENTS), path)}


def _section(reading: _Reading, node: JsonObject, path: Path) -> JsonObject:
    children = _children(reading, node, frozenset({ComponentKind.TEXT_DISPLAY}), (1, 3), path)
    accessory = _read(
        reading,
        node.get("accessory"),
        frozenset({ComponentKind.BUTTON, ComponentKind.THUMBNAIL}),
        (*path, "accessory"),
    )
    return node | {"components": children, "accessory": accessory}


def _text_display(reading: _Reading, node: JsonObject, path: Path) -> JsonObject:
    content = node.get("content")
    fine = isinstance(content, str) and content.strip() and len(content) <= MAX_TEXT_CHARS
    reading.errors.require(
        fine, (*path, "content"), "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {MAX_TEXT_CHARS} in length."
    )
    reading.text_chars += len(content) if isinstance(content, str) else 0
    return node


def _custom_id(reading: _Reading, node: JsonObject, path: Path) -> None:
    custom_id = node.get("custom_id")
    if not isinstance(custom_id, str) or not 1 <= len(custom_id) <= MAX_CUSTOM_ID:
        reading.errors.add(
            (*path, "custom_id"), "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {MAX_CUSTOM_ID} in length."
        )
        return
    reading.errors.require(
        custom_id not in reading.custom_ids,
        (*path, "custom_id"),
        "COMPONENT_CUSTOM_ID_DUPLICATED",
        "Component custom id cannot be duplicated",
    )
    reading.custom_ids.add(custom_id)


def _button(reading: _Reading, node: JsonObject, path: Path) -> JsonObject:
    errors, style = reading.errors, as_int(node.get("style"))
    if not errors.require(
        style is not None and 1 <= style <= _PREMIUM_STYLE,
        (*path, "style"),
        "BASE_TYPE_CHOICES",
        "Value must be one of {1, 2, 3, 4, 5, 6}.",
    ):
        return node
    if style == _LINK_STYLE:
        url = node.get("url")
        fine = (
            isinstance(url, str)
            and url.startswith(("http://", "https://", "discord://"))
            and len(url) <= MAX_URL
        )
        errors.require(fine, (*path, "url"), "URL_TYPE_INVALID_SCHEME", "Scheme must be one of http, https.")
        errors.require(
            node.get("custom_id") is None,
            path,
            "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
            "A link has no custom id",
        )
    elif style == _PREMIUM_STYLE:
        errors.require(node.get("sku_id"), (*path, "sku_id"), "BASE_TYPE_REQUIRED", "This field is required")
    else:
        _custom_id(reading, node, path)
        errors.require(
            node.get("url") is None, (*path, "url"), "BUTTON_COMPONENT_INVALID_URL", "Only a link has a url"
        )
    label = node.get("label")
    errors.require(
        label or node.get("emoji") or style == _PREMIUM_STYLE,
        path,
        "BUTTON_COMPONENT_INVALID_LABEL",
        "A button needs a label or an emoji",
    )
    too_long = isinstance(label, str) and len(label) > MAX_LABEL
    errors.require(
        not too_long, (*path, "label"), "BASE_TYPE_MAX_LENGTH", f"Must be {MAX_LABEL} or fewer in length."
    )
    return {"disabled": False} | node


def _select(reading: _Reading, node: JsonObject, path: Path) -> JsonObject:
    _custom_id(reading, node, path)
    if node["type"] != ComponentKind.STRING_SELECT:
        return node
    options = [option for item in as_array(node.get("options")) or [] if (option := as_object(item))]
    reading.errors.require(
        1 <= len(options) <= 25,  # noqa: PLR2004  # the API's limit
        (*path, "options"),
        "BASE_TYPE_BAD_LENGTH",
        "Must be between 1 and 25 in length.",
    )
    values = [option.get("value") for option in options]
    reading.errors.require(
        len(values) == len(set(values)),
        (*path, "options"),
        "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
        "Duplicated value",
    )
    return node


def _media(reading: _Reading, raw: object, path: Path, *, only_files: bool = False) -> JsonObject:
    media = as_object(raw) or {}
    url = media.get("url")
    if not isinstance(url, str):
        reading.errors.add((*path, "url"), "BASE_TYPE_REQUIRED", "This field is required")
        return media
    if (hosted := reading.files.get(url.split("?", 1)[0])) is not None:
        return dict(hosted)
    if url.startswith("attachment://"):
        reading.errors.add(
            (*path, "url"),
            "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
            f"No file is called {url[13:]!r}.",
        )
    elif only_files or not url.startswith(("http://", "https://")):
        schemes = "attachment" if only_files else "http, https, attachment"
        reading.errors.add((*path, "url"), "URL_TYPE_INVALID_SCHEME", f"Scheme must be one of {schemes}.")
    return {"url": url, "proxy_url": url, "loading_state": 2}


def check_description(raw: object, path: Path, errors: FormErrors) -> None:
    """Note alt text that is none, or too long."""
    fine = raw is None or (isinstance(raw, str) and len(raw) <= MAX_DESCRIPTION)
    errors.require(fine, path, "BASE_TYPE_MAX_LENGTH", f"Must be {MAX_DESCRIPTION} or fewer in length.")


def _thumbnail(reading: _Reading, node: JsonObject, path: Path) -> JsonObject:
    check_description(node.get("description"), (*path, "description"), reading.errors)
    return node | {"media": _media(reading, node.get("media"), (*path, "media"))}


def _file(reading: _Reading, node: JsonObject, path: Path) -> JsonObject:
    return node | {"file": _media(reading, node.get("file"), (*path, "file"), only_files=True)}


def _gallery(reading: _Reading, node: JsonObject, path: Path) -> JsonObject:
    items = as_array(node.get("items")) or []
    reading.errors.require(
        1 <= len(items) <= 10,  # noqa: PLR2004  # the API's limit
        (*path, "items"),
        "BASE_TYPE_BAD_LENGTH",
        "Must be between 1 and 10 in length.",
    )
    read: list[JsonObject] = []
    for index, raw in enumerate(items):
        item = as_object(raw) or {}
        check_description(item.get("description"), (*path, "items", index, "description"), reading.errors)
        read.append(item | {"media": _media(reading, item.get("media"), (*path, "items", index, "media"))})
    return node | {"items": read}


_READERS: dict[ComponentKind, Callable[[_Reading, JsonObject, Path], JsonObject]] = {
    ComponentKind.ACTION_ROW: _row,
    ComponentKind.BUTTON: _button,
    ComponentKind.SECTION: _section,
    ComponentKind.TEXT_DISPLAY: _text_display,
    ComponentKind.THUMBNAIL: _thumbnail,
    ComponentKind.MEDIA_GALLERY: _gallery,
    ComponentKind.FILE: _file,
    ComponentKind.CONTAINER: _container,
    **dict.fromkeys(SELECTS, _select),
}
