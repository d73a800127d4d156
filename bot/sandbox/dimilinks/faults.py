"""Faults as data: what one request to the local DimiLinks meets instead of the usual answer.

A plain fault (`HttpError`, `Html`, `Redirect`, `DropBeforeReading`) needs nothing but itself and fits every
route. Wrappers (`At`, `WithHeaders`, `Hang`) take another fault, so faults can be combined: an error page after
the submission was charged is `At(SubmitStage.AFTER_ACCEPTANCE, Html(504))`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus

from bot.sandbox.dimilinks.shapes import SubmitShape, TaskShape


class Endpoint(StrEnum):
    """The kinds of request."""

    SUBMIT = "submit"
    TASK = "task"
    CONTENT = "content"
    MODELS = "models"


@dataclass(frozen=True)
class HttpError:
    """An error answer in the vendor's shape; nothing is bought. A status of 200 is possible too."""

    status: int
    code: str | int | None = None
    message: str = "服务暂时不可用"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class ErrorPage(StrEnum):
    """Pages of servers in front of the API, without the status line."""

    GATEWAY = "<html><body><h1>502 Bad Gateway</h1></body></html>"
    CHALLENGE = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>"
    BANNED = "<!DOCTYPE html><html><head><title>Access denied | Error 1015</title></head><body></body></html>"
    BANNED_TEXT = "error code: 1015"
    EMPTY = ""


@dataclass(frozen=True)
class Html:
    """A page instead of JSON, as a proxy in front of the service would answer; nothing is bought."""

    status: int = HTTPStatus.BAD_GATEWAY
    page: ErrorPage = ErrorPage.GATEWAY
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Redirect:
    """A redirect to another address; nothing is bought."""

    location: str
    status: int = HTTPStatus.TEMPORARY_REDIRECT


@dataclass(frozen=True)
class DropBeforeReading:
    """The connection ends without an answer: before the body was read, unless `At` says when."""


@dataclass(frozen=True)
class DropAfterReading:
    """The connection ends once the body was read, without an answer; nothing is bought."""


@dataclass(frozen=True)
class DropAfterAcceptance:
    """The submission is taken and charged, but the connection ends without an answer."""


@dataclass(frozen=True)
class ErrorAfterAcceptance:
    """The submission is taken and charged, but the answer is an error of the API."""

    status: int = HTTPStatus.INTERNAL_SERVER_ERROR
    code: str = "internal_error"
    message: str = "服务内部错误"


class SubmitStage(StrEnum):
    """The moments of a submission at which a fault can strike. Only the last one costs money."""

    BEFORE_BODY = "before_body"
    DURING_BODY = "during_body"
    """Some bytes of the body arrived, the last one has not left the client or is not looked at."""
    AFTER_BODY = "after_body"
    AFTER_ACCEPTANCE = "after_acceptance"


@dataclass(frozen=True)
class At:
    """The plain `fault` strikes at this stage of a submission."""

    stage: SubmitStage
    fault: Fault


@dataclass(frozen=True)
class SlowAnswer:
    """The submission is taken and charged at once, but its answer comes this much later."""

    seconds: float


@dataclass(frozen=True)
class ShapedAnswer:
    """The submission is taken and charged; the answer has another shape or status of success."""

    shape: SubmitShape
    status: int = HTTPStatus.OK


@dataclass(frozen=True)
class RawAnswer:
    """The request is served, a submission taken and charged, but these bytes are the body of the answer.

    `TASK_ID` in them stands for the task's id.
    """

    body: bytes
    status: int = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class EarlierTask:
    """The submission is taken and charged, but the answer names the task of the first submission."""


@dataclass(frozen=True)
class NoTaskId:
    """The submission is taken and charged, but the answer lacks the task's id."""


@dataclass(frozen=True)
class TornAnswer:
    """The JSON answer breaks off right behind the task's id, though its length was promised in full.

    A submission is taken and charged. Without `after_id` the answer breaks off in the middle of the id.
    """

    after_id: bool = True
    shape: SubmitShape = SubmitShape.DATA_BOTH_IDS


@dataclass(frozen=True)
class BareShape:
    """The answer comes without the `data` wrapper, as for image tasks."""


@dataclass(frozen=True)
class OddContent:
    """The whole video, but with another status or type, changed boxes, bytes behind its last box, or no length.

    Attributes:
        trailing: Bytes sent behind the video.
        length: False leaves `Content-Length` out; the end of the connection ends the video.
        content_range: True adds a `Content-Range` that covers all of it.
        brand: False makes it a file of QuickTime's first years, without `ftyp`.
        readable: False leaves nothing in its tables: a file that is whole, and that nobody can play.
        open_ended: True has its `mdat`, which is its last box, reach to the end of the file, wherever that is.
    """

    status: int = HTTPStatus.OK
    content_type: str = "video/mp4"
    trailing: bytes = b""
    length: bool = True
    content_range: bool = False
    brand: bool = True
    readable: bool = True
    open_ended: bool = False


@dataclass(frozen=True)
class Truncated:
    """Only this part of the video is sent, with a `Content-Length` that fits the part or the whole."""

    part: float = 0.5
    honest_length: bool = True


@dataclass(frozen=True)
class JsonInstead:
    """JSON where the video should be."""


@dataclass(frozen=True)
class Hang:
    """Nothing happens for this long; then the request meets `fault`, or is served as usual."""

    seconds: float
    fault: Fault | None = None


@dataclass(frozen=True)
class WithHeaders:
    """The request meets `fault` or is served as usual; its answer carries these headers as well.

    Answers that are sent piecemeal (torn ones, truncated videos) go without.
    """

    headers: Mapping[str, str]
    fault: Fault | None = None


Fault = (
    HttpError
    | Html
    | Redirect
    | DropBeforeReading
    | DropAfterReading
    | DropAfterAcceptance
    | ErrorAfterAcceptance
    | At
    | SlowAnswer
    | ShapedAnswer
    | EarlierTask
    | NoTaskId
    | RawAnswer
    | TornAnswer
    | BareShape
    | TaskShape
    | OddContent
    | Truncated
    | JsonInstead
    | Hang
    | WithHeaders
)


def staged(fault: Fault | None) -> tuple[SubmitStage, Fault | None]:
    """The stage at which a fault strikes a submission, and the fault that then decides the answer."""
    match fault:
        case At(stage, inner):
            return stage, inner
        case HttpError() | Html() | Redirect() | DropBeforeReading():
            return SubmitStage.BEFORE_BODY, fault
        case DropAfterReading():
            return SubmitStage.AFTER_BODY, DropBeforeReading()
        case DropAfterAcceptance():
            return SubmitStage.AFTER_ACCEPTANCE, DropBeforeReading()
        case ErrorAfterAcceptance(status, code, message):
            return SubmitStage.AFTER_ACCEPTANCE, HttpError(status, code, message)
        case _:
            return SubmitStage.AFTER_ACCEPTANCE, fault
