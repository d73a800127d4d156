"""Rate limits as Discord's headers describe them (DOCS topic "Rate Limits").

The numbers of real buckets are not documented and change; these are what bots commonly see. Windows are
fixed: the first request opens one, all of it is forgiven when it closes.
"""

import hashlib
import math
import time
from dataclasses import dataclass, field
from enum import StrEnum


class Scope(StrEnum):
    """Whose limit a 429 was; shared ones do not count as invalid requests."""

    USER = "user"
    SHARED = "shared"
    GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class BucketRule:
    """So many requests in so many seconds, for each major parameter."""

    name: str
    limit: int
    window_s: float

    @property
    def hash(self) -> str:
        """The opaque bucket name the headers carry."""
        return hashlib.sha256(self.name.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The limits in force."""

    webhook: BucketRule = BucketRule("webhook", 5, 2.0)
    callback: BucketRule = BucketRule("callback", 5, 2.0)
    channel_messages: BucketRule = BucketRule("channel_messages", 5, 5.0)
    channel_edits: BucketRule = BucketRule("channel_edits", 5, 5.0)
    other: BucketRule = BucketRule("other", 30, 5.0)
    commands: BucketRule = BucketRule("commands", 5, 20.0)
    global_rule: BucketRule = BucketRule("global", 50, 1.0)


@dataclass(slots=True)
class _Window:
    closes_at: float
    used: int = 0


@dataclass(frozen=True, slots=True)
class LimitVerdict:
    """The decision of the limits about one request."""

    rule: BucketRule
    remaining: int
    reset_after_s: float
    exceeded: bool = False
    scope: Scope = Scope.USER

    def headers(self) -> dict[str, str]:
        """The X-RateLimit headers, and those of a 429 when the limit is exceeded."""
        headers = {
            "X-RateLimit-Limit": str(self.rule.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": f"{time.time() + self.reset_after_s:.3f}",
            "X-RateLimit-Reset-After": f"{self.reset_after_s:.3f}",
            "X-RateLimit-Bucket": self.rule.hash,
        }
        if self.exceeded:
            headers |= refusal_headers(self.reset_after_s, self.scope)
        return headers


def refusal_headers(retry_after_s: float, scope: Scope) -> dict[str, str]:
    """The headers of a 429 by Discord itself; without `Via` it would be Cloudflare's."""
    headers = {
        "Retry-After": str(math.ceil(retry_after_s)),
        "X-RateLimit-Scope": scope.value,
        "Via": "1.1 google",
    }
    return headers | ({"X-RateLimit-Global": "true"} if scope is Scope.GLOBAL else {})


@dataclass(eq=False)
class RateLimiter:
    """Counts requests. Not for threads: one event loop uses it."""

    limits: RateLimits = field(default_factory=RateLimits)
    enabled: bool = True
    _windows: dict[tuple[str, str], _Window] = field(default_factory=dict[tuple[str, str], _Window])
    _sweep_at: float = 0.0

    def take(self, rule: BucketRule, major: str, *, counts_globally: bool, at: float) -> LimitVerdict:
        """Count one request at time `at` (seconds of any steady clock)."""
        self._sweep(at)
        if not self.enabled:
            return LimitVerdict(rule, rule.limit, rule.window_s)
        if counts_globally:
            overall = self._count(self.limits.global_rule, "", at)
            if overall.exceeded:
                return LimitVerdict(rule, 0, overall.reset_after_s, exceeded=True, scope=Scope.GLOBAL)
        return self._count(rule, major, at)

    def _count(self, rule: BucketRule, major: str, at: float) -> LimitVerdict:
        window = self._windows.get((rule.name, major))
        if window is None or window.closes_at <= at:
            window = self._windows[rule.name, major] = _Window(at + rule.window_s)
        left = window.closes_at - at
        if window.used >= rule.limit:
            return LimitVerdict(rule, 0, left, exceeded=True)
        window.used += 1
        return LimitVerdict(rule, rule.limit - window.used, left)

    def _sweep(self, at: float) -> None:
        """Forget closed windows now and then; every interaction brings a bucket of its own."""
        if at < self._sweep_at:
            return
        self._sweep_at = at + 10.0
        for key in [key for key, window in self._windows.items() if window.closes_at <= at]:
            del self._windows[key]
