"""Finding a task's id in the answer to a submission, wherever it stands.

An id that is overlooked is a video that was bought and lost, so the search goes on where the shape is unknown
or the answer is torn. It goes from sure to less sure: names that only a task's id can have, anywhere; then
`id` in what wraps a task; then what looks like an id.
"""

import json
import re
from collections import deque
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from bot.dimilinks.answers import is_list, is_record, read_json, unfolded

_LIMIT_CHARS: Final = 500

# Names are compared in lower case, without underscores and hyphens.
_SURE_NAMES: Final = ("taskid", "videoid")
_ID: Final = "id"
_LESS_SURE_NAMES: Final = ("generationid", "jobid", "uuid")
_REQUEST_ID: Final = "requestid"
_WRAPPERS: Final = frozenset(
    {"data", "task", "tasks", "result", "results", "video", "videos", "output", "response", "job", "items"}
)

# Words of the API, such as `task_create_failed` and `video_task`, look the same but for the digits.
_TYPICAL: Final = re.compile(r"(?:video|task)[_-](?=[\w.:-]*\d)[\w.:-]+", re.ASCII)
_TOKEN: Final = re.compile(r"(?=\S*\d)[A-Za-z0-9][\w.:-]{5,}", re.ASCII)

_NO_ID: Final = frozenset({"-1", "null", "none", "nil", "undefined", "unknown", "false", "n/a"})

_DESCRIBING: Final = frozenset(
    {
        "code",
        "type",
        "status",
        "message",
        "msg",
        "object",
        "model",
        "param",
        "reason",
        "event",
        "action",
        "name",
    }
)
"""Names whose values are words about a task or an error, whatever they look like."""

# A pair of name and value in the text of a torn answer. A string counts once its closing quote is there, a
# number once something follows it.
_PAIR: Final = re.compile(
    r'"(?P<name>[\w-]{2,16})"\s*:\s*(?:"(?P<text>(?:[^"\\\x00-\x1f]|\\.)*)"|(?P<number>\d+)(?=[\s,}\]]))',
    re.ASCII,
)


class IdTrust(StrEnum):
    """How far an answer is trusted to tell of a task."""

    TAKEN = "taken"
    """A success: some id in it is the task's."""
    PERHAPS_TAKEN = "perhaps_taken"
    """A success with an error in it: a `request_id`, or an `id` without a state, belongs to the error."""
    FAILED = "failed"
    """A failure: what stands beside the error may name the request or the error itself."""


def find_task_id(body: bytes, trust: IdTrust = IdTrust.TAKEN) -> str | None:
    """The id of the task that an answer names; None if there is none.

    Args:
        body: The answer as it came, whole or torn.
        trust: What else is known of it.
    """
    value = unfolded(read_json(body))
    if value is not None:
        return _in_value(value, trust)
    text = body.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    return None if text.startswith("<") else _in_text(text, trust)


def usable_id(value: object) -> str | None:
    """A value as an id, if it can be put into an address and a database as it is; None otherwise."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or _stands_for_none(value) or len(value) > _LIMIT_CHARS:
        return None
    # Any other cleaning would make another id of it.
    value = value if value.isprintable() else value.strip()
    return value if value.isprintable() else None


def _stands_for_none(text: str) -> bool:
    """True for what programs put in the place of an id that there is not; zeros of any number among it."""
    return not text.strip("0- \t\r\n") or text.strip().lower() in _NO_ID


def _in_value(value: object, trust: IdTrust) -> str | None:
    found = _named(value, _SURE_NAMES)
    if found is not None:
        return found
    if is_record(value) and "data" in value:
        found = _in_wrappers(value["data"], trust)
    if trust is IdTrust.FAILED:
        return found or _typical(value)
    found = found or _in_wrappers(
        _without_ids_of_error(value) if trust is IdTrust.PERHAPS_TAKEN else value, trust
    )
    if found is None:
        names = (*_LESS_SURE_NAMES, _REQUEST_ID) if trust is IdTrust.TAKEN else _LESS_SURE_NAMES
        found = _named(value, names)
    return found or _typical(value)


def _named(value: object, names: tuple[str, ...]) -> str | None:
    for name in names:
        for key, item in _pairs(value):
            if _plain(key) == name and (found := usable_id(item)) is not None:
                return found
    return None


def _in_wrappers(value: object, trust: IdTrust) -> str | None:
    """An `id`, or a value in its place, in `value` or in what wraps a task below it; the nearest one."""
    waiting = deque([value])
    while waiting:
        one = unfolded(waiting.popleft())
        if is_record(one):
            if (found := usable_id(one.get(_ID))) is not None:
                return found
            waiting.extend(item for key, item in one.items() if key.lower() in _WRAPPERS)
        elif is_list(one):
            waiting.extend(one)
        elif (found := usable_id(one)) is not None and _looks_like_id(found, trust):
            return found
    return None


def _without_ids_of_error(value: object) -> object:
    """What wraps a task in an answer that is an error as well; its own `id` only where it is the task's."""
    if not is_record(value):
        return value
    own: object = value.get(_ID)
    kept = {key: item for key, item in value.items() if key.lower() in _WRAPPERS}
    is_task = "status" in value or (isinstance(own, str) and _TYPICAL.fullmatch(own))
    return kept | {_ID: own} if is_task else kept


def _looks_like_id(word: str, trust: IdTrust) -> bool:
    token = trust is not IdTrust.FAILED and _TOKEN.fullmatch(word)
    return bool(token or _TYPICAL.fullmatch(word))


def _typical(value: object) -> str | None:
    if isinstance(value, str):
        return value if _TYPICAL.fullmatch(value) else None
    pairs = ((key, item) for key, item in _pairs(value) if isinstance(item, str))
    return next((item for key, item in pairs if key not in _DESCRIBING and _TYPICAL.fullmatch(item)), None)


def _pairs(value: object) -> Iterator[tuple[str, object]]:
    """Every name and value of a JSON value, the nearest first; those of lists without a name."""
    waiting = deque([value])
    while waiting:
        one = unfolded(waiting.popleft())
        if is_record(one):
            yield from one.items()
            waiting.extend(one.values())
        elif is_list(one):
            yield from (("", item) for item in one)
            waiting.extend(one)


def _in_text(text: str, trust: IdTrust) -> str | None:
    if _TYPICAL.fullmatch(text.strip()):
        return text.strip()
    pairs = [(_plain(match["name"]), _value_of(match)) for match in _PAIR.finditer(text)]
    names = {
        IdTrust.TAKEN: (*_SURE_NAMES, _ID, *_LESS_SURE_NAMES, _REQUEST_ID),
        IdTrust.PERHAPS_TAKEN: (*_SURE_NAMES, _ID, *_LESS_SURE_NAMES),
        IdTrust.FAILED: _SURE_NAMES,
    }[trust]
    for name in names:
        for key, value in pairs:
            if key == name and (found := usable_id(value)) is not None:
                return found
    likely = (value for key, value in pairs if key not in _DESCRIBING)
    return next((value for value in likely if value and _TYPICAL.fullmatch(value)), None)


def _value_of(match: re.Match[str]) -> str | None:
    if match["number"] is not None:
        return match["number"]
    try:
        value: object = json.loads(f'"{match["text"]}"')
    except ValueError:
        return None
    return value if isinstance(value, str) else None


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
