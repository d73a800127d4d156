"""A local DimiLinks: it queues, generates, fails on request, keeps books, and sends real mp4 files."""

from bot.sandbox.dimilinks.books import Books, ReferenceImage, Submission
from bot.sandbox.dimilinks.faults import (
    BareShape,
    DropAfterAcceptance,
    DropAfterReading,
    DropBeforeReading,
    Endpoint,
    ErrorAfterAcceptance,
    Fault,
    Faults,
    Hang,
    Html,
    HttpError,
    JsonInstead,
    NoTaskId,
    Outcome,
    Redirect,
    SlowAnswer,
    Truncated,
)
from bot.sandbox.dimilinks.server import DimiLinksSandbox
from bot.sandbox.dimilinks.tasks import Pace, Tempo, Timing

__all__ = [
    "BareShape",
    "Books",
    "DimiLinksSandbox",
    "DropAfterAcceptance",
    "DropAfterReading",
    "DropBeforeReading",
    "Endpoint",
    "ErrorAfterAcceptance",
    "Fault",
    "Faults",
    "Hang",
    "Html",
    "HttpError",
    "JsonInstead",
    "NoTaskId",
    "Outcome",
    "Pace",
    "Redirect",
    "ReferenceImage",
    "SlowAnswer",
    "Submission",
    "Tempo",
    "Timing",
    "Truncated",
]
