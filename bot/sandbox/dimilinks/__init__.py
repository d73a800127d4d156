"""A local DimiLinks: it queues, generates, fails on request, logs every request, and sends real mp4 files."""

from bot.sandbox.dimilinks.faults import (
    BareShape,
    DimiLinksFaults,
    DropAfterAcceptance,
    DropAfterReading,
    DropBeforeReading,
    Endpoint,
    ErrorAfterAcceptance,
    Fault,
    Hang,
    Html,
    HttpError,
    JsonInstead,
    NoTaskId,
    Redirect,
    SlowAnswer,
    TaskOutcome,
    Truncated,
)
from bot.sandbox.dimilinks.request_log import AcceptedSubmission, DimiLinksRequestLog, ReferenceImage
from bot.sandbox.dimilinks.server import DimiLinksSandbox
from bot.sandbox.dimilinks.tasks import TaskPace, Tempo, Timing

__all__ = [
    "AcceptedSubmission",
    "BareShape",
    "DimiLinksFaults",
    "DimiLinksRequestLog",
    "DimiLinksSandbox",
    "DropAfterAcceptance",
    "DropAfterReading",
    "DropBeforeReading",
    "Endpoint",
    "ErrorAfterAcceptance",
    "Fault",
    "Hang",
    "Html",
    "HttpError",
    "JsonInstead",
    "NoTaskId",
    "Redirect",
    "ReferenceImage",
    "SlowAnswer",
    "TaskOutcome",
    "TaskPace",
    "Tempo",
    "Timing",
    "Truncated",
]
