"""Finding a task's id in the answer to a submission, wherever it stands.

An id that is overlooked is a video that was bought and lost, so the search goes on where the shape is unknown
or the answer is torn. It goes from sure to less sure: names that only a task's id can have; then `id` in what
wraps a task, and beside it; then what looks like an id. What repeats the request is never searched, since whoever
wrote the prompt would choose the task.
"""

import re
from collections import deque
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

from bot.dimilinks.answers import is_list, is_record, read_whole_or_torn, unfolded
from bot.dimilinks.task import TaskStatus

_LIMIT_CHARS: Final = 500
_LEVELS_MAX: Final = 6

# Names are compared in lower case, without underscores and hyphens.
_SURE_NAMES: Final = ("taskid", "videoid")
_ID: Final = "id"
_LESS_SURE_NAMES: Final = ("generationid", "jobid", "uuid")
_REQUEST_ID: Final = "requestid"
_TASK_WRAPPERS: Final = ("data", "task", "tasks", "job")
_OTHER_WRAPPERS: Final = ("result", "results", "video", "videos", "output", "response", "items")
_WRAPPERS: Final = frozenset(_TASK_WRAPPERS + _OTHER_WRAPPERS)
_MESSAGES: Final = frozenset({"message", "msg"})

_ECHOES: Final = frozenset(
    {
        "prompt",
        "negativeprompt",
        "originalprompt",
        "revisedprompt",
        "input",
        "inputs",
        "inputreference",
        "inputreferences",
        "reference",
        "references",
        "image",
        "images",
        "imageurl",
        "imageurls",
        "param",
        "params",
        "parameters",
        "arguments",
        "options",
        "properties",
        "request",
        "requestbody",
        "query",
        "metadata",
        "content",
        "contents",
        "text",
        "texts",
        "messages",
        "description",
        "caption",
        "title",
    }
)
"""Names below which an answer repeats the request."""

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
        "reason",
        "event",
        "action",
        "name",
    }
)
"""Names whose values are words about a task or an error, whatever they look like."""

# Of an answer, and not of a task, where they stand beside an error.
_WORDS_OF_ANSWERS: Final = frozenset({"success", "error"})


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
    value = unfolded(read_whole_or_torn(body))
    if value is None:
        value = body.decode("utf-8", "replace").strip("\ufeff \t\r\n")
    return _in_value(value, trust)


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
    found = _named(_pairs(value, _WRAPPERS), _SURE_NAMES) or _named(_pairs(value), _SURE_NAMES)
    if found is None and trust is IdTrust.FAILED:
        found = next(_ids(value.get("data"), trust), None) if is_record(value) else None
    elif found is None:
        found = next(
            _ids(_without_id_of_error(value) if trust is IdTrust.PERHAPS_TAKEN else value, trust), None
        )
    found = found or _in_message(value, trust)
    if found is None and trust is not IdTrust.FAILED:
        names = (*_LESS_SURE_NAMES, _REQUEST_ID) if trust is IdTrust.TAKEN else _LESS_SURE_NAMES
        found = _named(_pairs(value), names)
    return found or _typical(value)


def _in_message(value: object, trust: IdTrust) -> str | None:
    """The id in an answer that stands as text in the message of another one."""
    folded = (unfolded(item) for name, item in _pairs(value) if name in _MESSAGES)
    inner = (one for one in folded if is_record(one) or is_list(one))
    return next((found for one in inner if (found := _in_value(one, trust)) is not None), None)


def _named(pairs: Iterator[tuple[str, object]], names: tuple[str, ...]) -> str | None:
    listed = list(pairs)
    usable = (usable_id(item) for sought in names for name, item in listed if name == sought)
    return next((found for found in usable if found is not None), None)


def _ids(value: object, trust: IdTrust, level: int = _LEVELS_MAX, *, bare: bool = True) -> Iterator[str]:
    """Each `id` in what wraps a task, the likeliest first; if `bare`, also what stands in the place of a task."""
    one = unfolded(value)
    if not level:
        return
    if is_list(one):
        for each in one:
            yield from _ids(each, trust, level - 1, bare=bare)
    elif is_record(one):
        yield from _ids_of(one, trust, level - 1)
    elif bare and (found := usable_id(one)) is not None and _looks_like_id(found, trust):
        yield found


def _ids_of(record: dict[str, Any], trust: IdTrust, level: int) -> Iterator[str]:
    """Those of a record: of what it wraps before its own, which may be that of the answer.

    But a task that says how it stands comes before its own output.
    """
    inner = {_plain(name): item for name, item in record.items()}
    own = usable_id(record.get(_ID))
    for name in _TASK_WRAPPERS:
        yield from _ids(inner.get(name), trust, level)
    if own is not None and _tells_state(record):
        yield own
    for name in _OTHER_WRAPPERS:
        yield from _ids(inner.get(name), trust, level, bare=False)
    if own is not None:
        yield own
    for name in _OTHER_WRAPPERS:
        yield from _ids(inner.get(name), trust, level)


def _without_id_of_error(value: object) -> object:
    """An answer that is an error as well, with its own `id` only where it is the task's."""
    if not is_record(value):
        return value
    own: object = value.get(_ID)
    is_task = _tells_state(value) or (isinstance(own, str) and _TYPICAL.fullmatch(own))
    return value if is_task else {name: item for name, item in value.items() if name != _ID}


def _tells_state(record: dict[str, Any]) -> bool:
    status: object = record.get("status")
    if not isinstance(status, str) or status.strip().lower() in _WORDS_OF_ANSWERS:
        return False
    return TaskStatus.from_word(status) is not TaskStatus.UNKNOWN


def _looks_like_id(word: str, trust: IdTrust) -> bool:
    token = trust is not IdTrust.FAILED and _TOKEN.fullmatch(word)
    return bool(token or _TYPICAL.fullmatch(word))


def _typical(value: object) -> str | None:
    if isinstance(value, str):
        return value if _TYPICAL.fullmatch(value) else None
    pairs = ((name, item) for name, item in _pairs(value) if isinstance(item, str))
    return next((item for name, item in pairs if name not in _DESCRIBING and _TYPICAL.fullmatch(item)), None)


def _pairs(value: object, below: frozenset[str] | None = None) -> Iterator[tuple[str, object]]:
    """Every name and value of a JSON value, the nearest first; those of a list have its name.

    Never those below what repeats the request. With `below`, only those below these names.
    """
    waiting = deque([("data", value)])
    while waiting:
        name, one = waiting.popleft()
        # Any other text may be the person's.
        one = unfolded(one) if name in _WRAPPERS else one
        if is_record(one):
            inner = [(plain, item) for key, item in one.items() if (plain := _plain(key)) not in _ECHOES]
        elif is_list(one):
            inner = [(name, item) for item in one]
        else:
            continue
        yield from inner
        waiting.extend(pair for pair in inner if below is None or pair[0] in below)


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
