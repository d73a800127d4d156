"""Tags that say of a video file that a machine made it."""

import json
from collections.abc import Mapping
from typing import Any, Final, cast

AIGC: Final = "AIGC"
"""Key of the mark of GB 45438-2025, appendix E, for files."""
_KEPT: Final = ("Label", "ContentProducer", "ProduceID", "ReservedCode1")
_KEPT_MAX_CHARS: Final = 4096


def tags_of(mark: Mapping[str, str] | None, comment: str, before: str) -> dict[str, str]:
    """Return the tags of a new file.

    Args:
        mark: The mark of its producer; None for a file without tags.
        comment: A sentence for people.
        before: The mark that was in the file, from whom it came.
    """
    if mark is None:
        return {}
    return {AIGC: json.dumps(_passed_on(mark, before), ensure_ascii=False), "comment": comment}


def _passed_on(mark: Mapping[str, str], before: str) -> Mapping[str, str]:
    """Return the mark; where the file has one already, its producer stays and ours becomes who passes it on."""
    producer = _producer_in(before)
    if producer is None:
        return mark
    return {
        **mark,
        **producer,
        "ContentPropagator": mark["ContentProducer"],
        "PropagateID": mark["ProduceID"],
    }


def _producer_in(before: str) -> dict[str, str] | None:
    """Return what a mark says of its producer; None if it is none that one would want to keep."""
    try:
        found: Any = json.loads(before) if len(before) <= _KEPT_MAX_CHARS else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    values = cast("dict[str, Any]", found)
    kept = {name: values.get(name, "") for name in _KEPT}
    if not kept["Label"] or not all(
        isinstance(value, str) and value.isprintable() for value in kept.values()
    ):
        return None
    return kept
