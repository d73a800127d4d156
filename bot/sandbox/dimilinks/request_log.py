"""Records what was really bought, and by which requests: the truth that a bot's account is checked against."""

import re
from collections import Counter
from dataclasses import dataclass, field

_MODE_FLAG = re.compile(r"--mode=[\w-]+")


@dataclass(frozen=True)
class ReferenceImage:
    """A reference image as it arrived."""

    mime: str
    size_bytes: int
    sha256: str
    width: int
    height: int


@dataclass(frozen=True)
class AcceptedSubmission:
    """A purchase, whether or not the buyer got the answer. `received_at` is the event loop's time."""

    task_id: str
    prompt: str
    seconds: str
    size: str
    resolution: str
    preset: str
    group: str | None
    references: tuple[ReferenceImage, ...]
    received_at: float

    @property
    def mode_flags(self) -> list[str]:
        """The flags in the prompt by which grok2api chooses the preset, whatever `preset` says."""
        return _MODE_FLAG.findall(self.prompt)


@dataclass(frozen=True)
class Request:
    """One request and its answer, at a time of the event loop's clock.

    `status` is 0 where the connection was cut without an answer, by either side.
    """

    method: str
    path: str
    status: int
    at: float


@dataclass
class DimiLinksRequestLog:
    """All that happened. `violations` lists requests that the real service would not have understood."""

    submissions: list[AcceptedSubmission] = field(default_factory=list[AcceptedSubmission])
    polls: Counter[str] = field(default_factory=Counter[str])
    downloads: Counter[str] = field(default_factory=Counter[str])
    violations: list[str] = field(default_factory=list[str])
    requests: list[Request] = field(default_factory=list[Request])
