"""Card: the data of a reply's text and buttons. Jobs build it, delivery posts it, the cogs draw it."""

from dataclasses import dataclass
from enum import StrEnum

from bot.texts.messages import Language


class Tone(StrEnum):
    """State of a request as the colour of its card's edge."""

    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    QUIET = "quiet"
    """Failed, without a colour that shows its user up in public."""


class Action(StrEnum):
    """Action of a button on a job. The values are part of buttons that outlive the process."""

    REFRESH = "refresh"
    MAKE = "make"
    CANCEL = "cancel"
    STOP_WATCHING = "stop"
    KEEP_WAITING = "keep"
    TRY_AGAIN = "again"
    FIRST_FRAME = "frame"
    LOOK_AGAIN = "look"
    FETCH = "fetch"
    ANEW = "anew"
    CHANGE = "change"
    IN_720P = "sharper"
    CONTINUE = "continue"
    FULL_QUALITY = "full"
    MORE = "more"
    AS_GIF = "gif"
    AS_WEBP = "webp"
    DELETE = "delete"
    REPORT = "report"


@dataclass(frozen=True)
class Card:
    """Texts of a reply in their order, and its buttons. Two equal cards look the same."""

    tone: Tone
    headline: str
    prompt: str
    options: str
    lines: tuple[str, ...] = ()
    small_print: tuple[str, ...] = ()
    job_id: str = ""
    """Job that the buttons act on."""
    person_id: int = 0
    """User who requested the video."""
    private: bool = False
    actions: tuple[Action, ...] = ()
    language: Language = Language.ENGLISH
    """Language of the texts, for the labels of the buttons."""
