"""The buttons below a card: what each does and what stands on it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Action(StrEnum):
    """What a person can have done to a job. The values are part of buttons that outlive the process."""

    REFRESH = "refresh"
    CANCEL = "cancel"
    STOP_WATCHING = "stop"
    KEEP_WAITING = "keep"
    TRY_AGAIN = "again"
    LOOK_AGAIN = "look"
    FETCH = "fetch"


LABELS: Final[Mapping[Action, str]] = {
    Action.REFRESH: "Refresh",
    Action.CANCEL: "Cancel",
    Action.STOP_WATCHING: "Stop watching",
    Action.KEEP_WAITING: "Let it finish",
    Action.TRY_AGAIN: "Try again",
    Action.LOOK_AGAIN: "Look again",
    Action.FETCH: "Fetch the video",
}
