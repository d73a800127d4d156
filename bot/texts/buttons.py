"""The buttons below a card: what each does and what stands on it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from bot.texts.sentences import Sentence, named


class Action(StrEnum):
    """What a person can have done to a job. The values are part of buttons that outlive the process."""

    REFRESH = "refresh"
    CANCEL = "cancel"
    STOP_WATCHING = "stop"
    KEEP_WAITING = "keep"
    TRY_AGAIN = "again"
    LOOK_AGAIN = "look"
    FETCH = "fetch"
    ANEW = "anew"
    CHANGE = "change"
    IN_720P = "sharper"
    CONTINUE = "continue"
    DELETE = "delete"
    REPORT = "report"


LABELS: Final[Mapping[Action, Sentence]] = {
    Action.REFRESH: named("button", "Refresh"),
    Action.CANCEL: named("button", "Cancel"),
    Action.STOP_WATCHING: named("button", "Stop watching"),
    Action.KEEP_WAITING: named("button", "Let it finish"),
    Action.TRY_AGAIN: named("button", "Try again"),
    Action.LOOK_AGAIN: named("button", "Look again"),
    Action.FETCH: named("button", "Fetch the video"),
    Action.ANEW: named("button", "Again"),
    Action.CHANGE: named("button", "Change"),
    Action.IN_720P: named("button", "In 720p"),
    Action.CONTINUE: named("button", "Use last frame"),
    Action.DELETE: named("button", "Delete"),
    Action.REPORT: named("button", "Report"),
}
