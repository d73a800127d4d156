"""A card: the data of a reply's text and buttons. Jobs build it, delivery carries it, the cogs draw it."""

from dataclasses import dataclass
from enum import StrEnum

from bot.texts.messages import Language


class Tone(StrEnum):
    """How a request stands, which decides the colour of its card's edge."""

    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


class Action(StrEnum):
    """What a user can do to a job with a button. The values are part of buttons that outlive the process."""

    REFRESH = "refresh"
    MAKE = "make"
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


@dataclass(frozen=True)
class Card:
    """The texts of a reply, in the order in which they stand, and its buttons. Two equal cards look the same."""

    tone: Tone
    headline: str
    prompt: str
    options: str
    lines: tuple[str, ...] = ()
    small_print: tuple[str, ...] = ()
    job_id: str = ""
    """The job that the buttons act on."""
    person_id: int = 0
    """The user who asked for it."""
    private: bool = False
    actions: tuple[Action, ...] = ()
    language: Language = Language.ENGLISH
    """The language of the texts, for the labels of the buttons."""
