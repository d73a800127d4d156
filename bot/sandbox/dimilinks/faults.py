"""Faults that can be injected: queues of faults, one for each kind of request, and rates of random ones."""

import random
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Endpoint(StrEnum):
    """The kinds of request."""

    SUBMIT = "submit"
    TASK = "task"
    CONTENT = "content"


@dataclass(frozen=True)
class HttpError:
    """An error answer in the vendor's shape; nothing is bought."""

    status: int
    code: str | int | None = None
    message: str = "服务暂时不可用"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Html:
    """A page instead of JSON, as a proxy in front of the service would answer; nothing is bought."""

    status: int = 502


@dataclass(frozen=True)
class DropBeforeReading:
    """The connection ends before the body was read; nothing is bought."""


@dataclass(frozen=True)
class DropAfterReading:
    """The connection ends once the body was read, without an answer; nothing is bought."""


@dataclass(frozen=True)
class DropAfterAcceptance:
    """The submission is taken and charged, but the connection ends without an answer."""


@dataclass(frozen=True)
class SlowAnswer:
    """The submission is taken and charged at once, but its answer comes this much later."""

    seconds: float


@dataclass(frozen=True)
class ErrorAfterAcceptance:
    """The submission is taken and charged, but the answer says that the service failed."""

    status: int = 500


@dataclass(frozen=True)
class NoTaskId:
    """The submission is taken and charged, but the answer lacks the task's id."""


@dataclass(frozen=True)
class Hang:
    """Nothing happens for this long; then the request is served as usual."""

    seconds: float


@dataclass(frozen=True)
class Redirect:
    """A redirect to another address; nothing is bought."""

    location: str
    status: int = 307


@dataclass(frozen=True)
class BareShape:
    """The answer comes without the `data` wrapper, as for image tasks."""


@dataclass(frozen=True)
class Truncated:
    """Only this part of the video is sent, with a `Content-Length` that fits the part or the whole."""

    part: float = 0.5
    honest_length: bool = True


@dataclass(frozen=True)
class JsonInstead:
    """JSON where the video should be."""


Fault = (
    HttpError
    | Html
    | DropBeforeReading
    | DropAfterReading
    | DropAfterAcceptance
    | ErrorAfterAcceptance
    | SlowAnswer
    | NoTaskId
    | Hang
    | Redirect
    | BareShape
    | Truncated
    | JsonInstead
)


class TaskOutcome(StrEnum):
    """How the next accepted task ends, other than well."""

    FAILED = "failed"
    BLOCKED = "blocked"
    MISSING_VIDEO = "missing_video"
    NEVER_FINISHES = "never_finishes"
    STRANGE_STATUS = "strange_status"
    """A status that the vendor's page does not know, for half of the time; then the task ends well."""


class DimiLinksFaults:
    """The faults to come. A queued fault serves one request; a rate strikes at random, from a seed."""

    def __init__(self, seed: int) -> None:
        self.submit: deque[Fault] = deque()
        self.task: deque[Fault] = deque()
        self.content: deque[Fault] = deque()
        self.outcomes: deque[TaskOutcome] = deque()
        self._rates: dict[Endpoint, tuple[float, tuple[Fault, ...]]] = {}
        self._chance = random.Random(seed)  # noqa: S311 - repeatable on purpose

    def rate(self, endpoint: Endpoint, probability: float, faults: Sequence[Fault]) -> None:
        """Have each request of this kind meet one of the faults with this probability."""
        self._rates[endpoint] = (probability, tuple(faults))

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        for queue in (self.submit, self.task, self.content):
            queue.clear()
        self.outcomes.clear()
        self._rates.clear()

    def next(self, endpoint: Endpoint) -> Fault | None:
        """The fault that this request meets, if any."""
        queues = {Endpoint.SUBMIT: self.submit, Endpoint.TASK: self.task, Endpoint.CONTENT: self.content}
        if queues[endpoint]:
            return queues[endpoint].popleft()
        probability, faults = self._rates.get(endpoint, (0.0, ()))
        if faults and self._chance.random() < probability:
            return self._chance.choice(faults)
        return None
