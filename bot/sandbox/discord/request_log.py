"""Records every request that arrived and every rule that was broken."""

from collections import Counter, deque
from dataclasses import dataclass, field

from bot.sandbox.discord.signals import Signal

KEPT_REQUESTS = 20_000


@dataclass(eq=False, slots=True)
class RequestRecord:
    """One request of the bot. Times are the event loop's clock in seconds; `payload` is the JSON part."""

    method: str
    route: str
    path: str
    at: float
    status: int | None = None
    duration_s: float = 0.0
    payload: object = None
    files: tuple[tuple[str, int], ...] = ()
    violations: list[str] = field(default_factory=list[str])

    @property
    def name(self) -> str:
        """Method and route, as fault patterns name them."""
        return f"{self.method} {self.route}"


class DiscordRequestLog:
    """Counts and keeps. The newest `KEPT_REQUESTS` requests are kept, counts are complete."""

    def __init__(self) -> None:
        self.requests: deque[RequestRecord] = deque(maxlen=KEPT_REQUESTS)
        self.violations: list[str] = []
        self.counts: Counter[tuple[str, int]] = Counter()
        self.invalid_requests = 0
        self.changed = Signal()

    def open(self, method: str, route: str, path: str, at: float) -> RequestRecord:
        """Begin the record of a request."""
        record = RequestRecord(method, route, path, at)
        self.requests.append(record)
        return record

    def close(self, record: RequestRecord, status: int, at: float, *, invalid: bool) -> None:
        """The request was answered; `invalid` ones count towards Discord's ban of an address."""
        record.status = status
        record.duration_s = at - record.at
        self.counts[record.name, status] += 1
        self.invalid_requests += invalid
        self.changed.ring()

    def violate(self, text: str, record: RequestRecord | None = None) -> None:
        """A rule was broken."""
        where = f"{record.name}: " if record is not None else ""
        self.violations.append(where + text)
        if record is not None:
            record.violations.append(text)

    def of(self, name: str) -> list[RequestRecord]:
        """The kept requests to one route, such as `PATCH /channels/{channel_id}/messages/{message_id}`."""
        return [record for record in self.requests if record.name == name]
