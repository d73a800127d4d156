"""Limits of time. Every wait of this package on the outside ends by one of these."""

from dataclasses import astuple, dataclass
from typing import Final


@dataclass(frozen=True)
class ApiTimeouts:
    """Deadlines in seconds, all above zero (`ValueError` otherwise).

    An upload has no overall limit, because seven pictures over a slow line may take long; it must only keep
    moving, and be answered within `submit_answer_s` of its last byte.
    """

    connect_s: float = 10.0
    """A free connection, DNS, TCP and TLS together."""
    upload_stall_s: float = 60.0
    """Between two pieces of a request body that the connection accepts."""
    submit_answer_s: float = 120.0
    """From a submission's last byte to its answer; long, since giving up leaves the purchase unknown."""
    task_answer_s: float = 30.0
    """The answer to a question about a task."""
    download_answer_s: float = 60.0
    """The first byte of a video, at each address on the way to it."""
    download_idle_s: float = 30.0
    """Between two pieces of a video."""
    download_s: float = 900.0
    """A whole video, redirects included."""

    def __post_init__(self) -> None:
        if min(astuple(self)) <= 0:
            raise ValueError("a timeout must be more than 0 seconds")


DEFAULT_TIMEOUTS: Final = ApiTimeouts()
