"""Forms: what the bot may open, and what a user's client sends when it is filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.sandbox.discord.cdn import Attachment
from bot.sandbox.discord.errors import FormErrors, InvalidInvocation
from bot.sandbox.discord.invocation import Resolved
from bot.sandbox.discord.wire import JsonObject, as_array, as_int, as_object

MAX_TITLE, MAX_CUSTOM_ID, MAX_TOP_LEVEL, MAX_LABEL, MAX_DESCRIPTION = 45, 100, 5, 45, 100
MAX_TEXT = 4000
MAX_FILES = 10
MAX_PLACEHOLDER, MAX_OPTIONS, MAX_OPTION = 100, 25, 100
_ROW, _STRING_SELECT, _TEXT_INPUT, _TEXT_DISPLAY, _LABEL, _FILE_UPLOAD = 1, 3, 4, 10, 18, 19
_RADIO_GROUP, _CHECKBOX_GROUP, _CHECKBOX = 21, 22, 23
_IN_LABEL = frozenset({3, 4, 5, 6, 7, 8, _FILE_UPLOAD, _RADIO_GROUP, _CHECKBOX_GROUP, _CHECKBOX})
_WITH_OPTIONS = frozenset({_STRING_SELECT, _RADIO_GROUP, _CHECKBOX_GROUP})

FormValue = str | bool | Sequence[str] | Sequence[Attachment]


def read_modal(raw: object) -> JsonObject:
    """Check a form (DOCS "Modal" and "Component Reference"). Raises 400/50035."""
    errors = FormErrors()
    modal = as_object(raw) or {}
    for name, limit in (("title", MAX_TITLE), ("custom_id", MAX_CUSTOM_ID)):
        value = modal.get(name)
        fine = isinstance(value, str) and 1 <= len(value) <= limit
        errors.require(
            fine, ("data", name), "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {limit} in length."
        )
    items = as_array(modal.get("components")) or []
    fine = 1 <= len(items) <= MAX_TOP_LEVEL
    errors.require(fine, ("data", "components"), "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    seen: set[str] = set()
    for index, item in enumerate(items):
        _check_top(as_object(item) or {}, ("data", "components", index), seen, errors)
    errors.check()
    return modal


def _check_top(node: JsonObject, path: tuple[str | int, ...], seen: set[str], errors: FormErrors) -> None:
    match node.get("type"):
        case 10:
            return
        case 1:
            inner = [as_object(item) or {} for item in as_array(node.get("components")) or []]
            alone = len(inner) == 1 and inner[0].get("type") == _TEXT_INPUT
            errors.require(alone, path, "COMPONENT_TYPE_INVALID", "A row of a modal holds one text input.")
        case 18:
            label = node.get("label")
            fine = isinstance(label, str) and 1 <= len(label) <= MAX_LABEL
            errors.require(
                fine, (*path, "label"), "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 45 in length."
            )
            inner = [as_object(node.get("component")) or {}]
            fits = inner[0].get("type") in _IN_LABEL
            errors.require(
                fits, (*path, "component"), "COMPONENT_TYPE_INVALID", "This cannot stand in a label."
            )
            _check_length(node, "description", (0, MAX_DESCRIPTION), path, errors)
        case other:
            errors.add((*path, "type"), "UNION_TYPE_CHOICES", f"{other!r} is none of (1, 10, 18).")
            return
    for field in inner:
        custom_id = field.get("custom_id")
        fine = isinstance(custom_id, str) and 1 <= len(custom_id) <= MAX_CUSTOM_ID and custom_id not in seen
        errors.require(
            fine, path, "COMPONENT_CUSTOM_ID_DUPLICATED", "Custom ids are unique and 1 to 100 long."
        )
        seen.add(str(custom_id))
        place = (*path, "component") if node.get("type") == _LABEL else (*path, "components", 0)
        _check_field(field, place, errors)


def _check_field(field: JsonObject, path: tuple[str | int, ...], errors: FormErrors) -> None:
    kind = field.get("type")
    if kind == _TEXT_INPUT:
        _check_length(field, "value", (0, MAX_TEXT), path, errors)
        _check_length(field, "placeholder", (0, MAX_PLACEHOLDER), path, errors)
        longest = field.get("max_length")
        fine = longest is None or 1 <= (as_int(longest) or 0) <= MAX_TEXT
        errors.require(
            fine, (*path, "max_length"), "NUMBER_TYPE_MAX", "int value should be between 1 and 4000."
        )
    elif kind == _STRING_SELECT:
        _check_select(field, path, errors)
    if kind in _WITH_OPTIONS:
        defaults = sum(bool(option.get("default")) for option in _options(field))
        high = 1 if kind == _RADIO_GROUP else _most(field)
        errors.require(
            defaults <= high,
            (*path, "options"),
            "SELECT_COMPONENT_TOO_MANY_DEFAULTS",
            f"{defaults} options are marked as default, at most {high} can be picked.",
        )


def _check_select(field: JsonObject, path: tuple[str | int, ...], errors: FormErrors) -> None:
    options = _options(field)
    errors.require(
        1 <= len(options) <= MAX_OPTIONS,
        (*path, "options"),
        "BASE_TYPE_BAD_LENGTH",
        f"Must be between 1 and {MAX_OPTIONS} in length.",
    )
    for index, option in enumerate(options):
        here = (*path, "options", index)
        for name in ("label", "value"):
            _check_length(option, name, (1, MAX_OPTION), here, errors)
        _check_length(option, "description", (0, MAX_OPTION), here, errors)


def _check_length(
    node: JsonObject,
    name: str,
    allowed: tuple[int, int],
    path: tuple[str | int, ...],
    errors: FormErrors,
) -> None:
    """Note a text that is there and too short or too long, or no text at all."""
    text, (low, high) = node.get(name), allowed
    fine = (text is None and low == 0) or (isinstance(text, str) and low <= len(text) <= high)
    errors.require(
        fine, (*path, name), "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length."
    )


def _options(field: JsonObject) -> list[JsonObject]:
    return [as_object(item) or {} for item in as_array(field.get("options")) or []]


def _most(field: JsonObject) -> int:
    """How many can be picked: all of a group of checkboxes, one of a select, unless the form says."""
    by_kind = len(_options(field)) if field.get("type") == _CHECKBOX_GROUP else 1
    return as_int(field.get("max_values")) or by_kind


def fields_of(modal: JsonObject) -> dict[str, JsonObject]:
    """The inputs of a form by custom_id."""
    fields: dict[str, JsonObject] = {}
    for item in as_array(modal.get("components")) or []:
        node = as_object(item) or {}
        inner = [
            as_object(node.get("component")),
            *(as_object(i) for i in as_array(node.get("components")) or []),
        ]
        fields |= {field["custom_id"]: field for field in inner if field}
    return fields


def label_of(modal: JsonObject, custom_id: str) -> str:
    """The text above an input."""
    for item in as_array(modal.get("components")) or []:
        node = as_object(item) or {}
        if (as_object(node.get("component")) or {}).get("custom_id") == custom_id:
            return str(node.get("label", ""))
    return str(fields_of(modal)[custom_id].get("label", ""))


def submission(modal: JsonObject, values: Mapping[str, FormValue], resolved: Resolved) -> JsonObject:
    """The data of a filled-in form; `values` by custom_id or label. Raises `InvalidInvocation`."""
    fields = fields_of(modal)
    by_label = {label_of(modal, custom_id): custom_id for custom_id in fields}
    given = {(name if name in fields else by_label.get(name, name)): value for name, value in values.items()}
    if unknown := set(given) - set(fields):
        raise InvalidInvocation(f"the form has no {sorted(unknown)}; it has {sorted(by_label)}")
    sent = {custom_id: _filled(field, given.get(custom_id), resolved) for custom_id, field in fields.items()}
    return {
        "custom_id": modal["custom_id"],
        "components": [_around(item, sent) for item in modal["components"]],
    }


def _around(item: object, sent: Mapping[str, JsonObject]) -> JsonObject:
    """The same nesting as the form, with answers in place of inputs."""
    node = as_object(item) or {}
    shell: JsonObject = {"type": node.get("type"), "id": node.get("id") or 0}
    if (component := as_object(node.get("component"))) is not None:
        shell["component"] = sent[component["custom_id"]]
    elif node.get("type") == _ROW:
        shell["components"] = [
            sent[(as_object(i) or {})["custom_id"]] for i in as_array(node.get("components")) or []
        ]
    return shell


def _filled(field: JsonObject, value: FormValue | None, resolved: Resolved) -> JsonObject:
    kind, custom_id = field["type"], field["custom_id"]
    value = _preset(field) if value is None else value
    answer: JsonObject = {"type": kind, "id": field.get("id") or 0, "custom_id": custom_id}
    if kind == _TEXT_INPUT:
        return answer | {"value": _typed(field, value)}
    if kind == _CHECKBOX:
        return answer | {"value": bool(value)}
    if kind == _RADIO_GROUP:
        picked = str(value) if value is not None else None
        _check_options(
            field, [picked] if picked is not None else [], 1 if field.get("required", True) else 0, 1
        )
        return answer | {"value": picked}
    items = (
        []
        if value is None or isinstance(value, bool)
        else ([value] if isinstance(value, str) else list(value))
    )
    low = field.get("min_values")
    low = (1 if field.get("required", True) else 0) if low is None else low
    high = _most(field)
    if kind == _FILE_UPLOAD:
        files = [item for item in items if isinstance(item, Attachment)]
        if len(files) != len(items) or not low <= len(files) <= high:
            raise InvalidInvocation(f"{custom_id}: {len(files)} files, allowed are {low} to {high}")
        return answer | {"values": [resolved.add(file) for file in files]}
    picked_values = [str(item) for item in items]
    _check_options(field, picked_values, low, high)
    return answer | {"values": picked_values}


def _preset(field: JsonObject) -> FormValue | None:
    """The values a form holds before it is touched, beside the text that `_typed` finds."""
    if field["type"] == _CHECKBOX:
        return bool(field.get("default"))
    if field["type"] not in _WITH_OPTIONS:
        return None
    picked = [str(option["value"]) for option in _options(field) if option.get("default")]
    if field["type"] == _RADIO_GROUP:
        return picked[0] if picked else None
    return picked


def _typed(field: JsonObject, value: FormValue | None) -> str:
    text = value if isinstance(value, str) else str(field.get("value") or "") if value is None else None
    if text is None:
        raise InvalidInvocation(f"{field['custom_id']}: a text input takes text")
    low = field.get("min_length") or (1 if field.get("required", True) else 0)
    high = field.get("max_length") or MAX_TEXT
    if not (low <= len(text) <= high or (not text and not field.get("required", True))):
        raise InvalidInvocation(f"{field['custom_id']}: {len(text)} characters, allowed are {low} to {high}")
    return text


def _check_options(field: JsonObject, picked: list[str], low: int, high: int) -> None:
    options = [str(option.get("value")) for option in _options(field)]
    if options and not set(picked) <= set(options):
        raise InvalidInvocation(f"{field['custom_id']}: {picked} are not all among {options}")
    if not low <= len(picked) <= high:
        raise InvalidInvocation(f"{field['custom_id']}: {len(picked)} picked, allowed are {low} to {high}")
