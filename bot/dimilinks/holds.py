"""Holding back one kind of request, because the API asked to be left alone for a while.

A number from outside is bounded: a hold lasts 60 seconds at most, however long the API asked for. After one that
was cut short, a single request of that kind tries while the others wait on; its answer ends the hold or
begins another. Other kinds of request are never concerned.

Several processes under one key have the same holds where they tell each other (`HoldSharing`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Protocol

from bot.dimilinks.retry_after import LONGEST_WAIT_S


class RequestKind(StrEnum):
    """Purpose of a request, which decides who goes first."""

    SUBMISSION = "submission"
    POLL = "poll"
    """A question about the task of a job, which is asked again and again."""
    QUESTION = "question"
    """A question that tells if the service is there, for those who wait to submit; as free as a poll."""
    DOWNLOAD = "download"


class HoldReason(StrEnum):
    """Reason why the API asked to be left alone."""

    TOO_MANY_REQUESTS = "too_many_requests"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class RequestHold:
    """A kind of request that is held back at present, for whoever explains a wait.

    Attributes:
        kind: Which requests wait.
        reason: Why.
        held_since: When the first of the holds that followed each other began.
        held_until: When the next request of this kind may leave, at the latest.
        asked_s: How long the API asked to wait when it last did, in seconds; at most a day.
    """

    kind: RequestKind
    reason: HoldReason
    held_since: datetime
    held_until: datetime
    asked_s: float


@dataclass(frozen=True)
class HoldTerms:
    """A hold as processes tell each other of it, whose clocks differ.

    Attributes:
        reason: Why.
        asked_s: How long the API asked to wait when it last did.
        held_for_s: Seconds since the first of the holds that followed each other began.
        rest_s: Seconds until the next request may leave; 0 or less if one may try.
    """

    reason: HoldReason
    asked_s: float
    held_for_s: float
    rest_s: float


class HoldSharing(Protocol):
    """Tells other processes of holds. No method waits."""

    def raised(self, kind: RequestKind, *, by_probe: bool) -> None:
        """A hold began or became longer; `by_probe` if with it no request of this process tries any more."""
        ...

    def served(self, kind: RequestKind) -> None:
        """The request that tried was served: the hold is over."""
        ...

    def handed_back(self, kind: RequestKind) -> None:
        """The request that tried learned nothing, or does not leave any more."""
        ...

    def wants_try(self, kind: RequestKind) -> None:
        """A request wants to be the one of all processes that tries."""
        ...


@dataclass
class _Hold:
    reason: HoldReason
    since_s: float
    until_s: float
    asked_s: float
    probe: int | None = None
    may_try: bool = False
    """True if this process may send the one of all processes that tries."""

    @property
    def is_cut_short(self) -> bool:
        """True if the API asked for more than it got, so that one request must try first."""
        return self.asked_s > LONGEST_WAIT_S


class Holds:
    """The holds of all kinds of request. Times are seconds of the caller's clock, which never goes backwards."""

    def __init__(self) -> None:
        self._holds: dict[RequestKind, _Hold] = {}

    def rest_s(self, kind: RequestKind, now_s: float) -> float:
        """Return how long no request of this kind may leave; 0 or less when one may."""
        hold = self._holds.get(kind)
        return hold.until_s - now_s if hold is not None else 0.0

    def begin(self, kind: RequestKind, status: int, asked_s: float, now_s: float, *, by_probe: bool) -> float:
        """Hold a kind back for what was asked, or for 60 seconds; the time at which it may be tried again.

        A shorter hold does not shorten a longer one, unless it is `by_probe`: the answer to the one that tried.
        """
        until_s = now_s + min(asked_s, LONGEST_WAIT_S)
        too_many = status == HTTPStatus.TOO_MANY_REQUESTS
        reason = HoldReason.TOO_MANY_REQUESTS if too_many else HoldReason.UNAVAILABLE
        old = self._current(kind, now_s)
        if old is None:
            self._holds[kind] = _Hold(reason, now_s, until_s, asked_s)
        elif by_probe or until_s >= old.until_s:
            self._holds[kind] = _Hold(reason, old.since_s, until_s, asked_s)
        return self._holds[kind].until_s

    def left(self, kind: RequestKind, number: int, now_s: float) -> None:
        """Note that a request left; after a hold that was cut short it is the one that tries."""
        hold = self._current(kind, now_s)
        if hold is not None and hold.is_cut_short:
            hold.probe, hold.may_try = number, False
            hold.until_s = now_s + LONGEST_WAIT_S

    def is_probe(self, kind: RequestKind, number: int) -> bool:
        """True for the request that tries while the others of its kind wait."""
        hold = self._holds.get(kind)
        return hold is not None and hold.probe == number

    def end(self, kind: RequestKind) -> None:
        """Let all requests of a kind leave: the one that tried was served."""
        self._holds.pop(kind, None)

    def try_again(self, kind: RequestKind, now_s: float) -> None:
        """Let another request try: the one that did learned nothing."""
        hold = self._holds.get(kind)
        if hold is not None:
            hold.probe, hold.may_try = None, False
            hold.until_s = now_s

    def told(self, kind: RequestKind, now_s: float, now: datetime) -> RequestHold | None:
        """The hold of a kind in the time of day, where `now` is `now_s`; None while its requests may leave."""
        hold = self._current(kind, now_s)
        if hold is None or hold.until_s <= now_s:
            return None
        return RequestHold(
            kind,
            hold.reason,
            held_since=now - timedelta(seconds=now_s - hold.since_s),
            held_until=now + timedelta(seconds=hold.until_s - now_s),
            asked_s=hold.asked_s,
        )

    def terms(self, kind: RequestKind, now_s: float) -> HoldTerms | None:
        """The hold of a kind for other processes; None if there is none."""
        hold = self._current(kind, now_s)
        if hold is None:
            return None
        return HoldTerms(hold.reason, hold.asked_s, now_s - hold.since_s, hold.until_s - now_s)

    def adopt(self, kind: RequestKind, terms: HoldTerms, now_s: float) -> None:
        """Hold a kind back as another process was told, in the place of what was known here."""
        until_s = now_s + min(terms.rest_s, LONGEST_WAIT_S)
        self._holds[kind] = _Hold(terms.reason, now_s - terms.held_for_s, until_s, terms.asked_s)

    def must_ask(self, kind: RequestKind, now_s: float) -> bool:
        """True if a request may leave as the one that tries, once all processes agree that it is the one."""
        hold = self._current(kind, now_s)
        return hold is not None and hold.is_cut_short and hold.until_s <= now_s and not hold.may_try

    def let_try(self, kind: RequestKind, now_s: float) -> None:
        """Let this process send the one that tries."""
        hold = self._current(kind, now_s)
        if hold is not None:
            hold.probe, hold.may_try, hold.until_s = None, True, now_s

    def give_up_try(self, kind: RequestKind) -> bool:
        """Send none that tries. Returns False if this process was not the one to."""
        hold = self._holds.get(kind)
        if hold is None or not hold.may_try:
            return False
        hold.may_try = False
        return True

    def tries(self, kind: RequestKind) -> bool:
        """True if the one that tries is this process's: it has left, or may."""
        hold = self._holds.get(kind)
        return hold is not None and (hold.may_try or hold.probe is not None)

    def _current(self, kind: RequestKind, now_s: float) -> _Hold | None:
        """The hold of a kind, unless it was obeyed to its end and so is over."""
        hold = self._holds.get(kind)
        if hold is not None and not hold.is_cut_short and hold.until_s <= now_s:
            del self._holds[kind]
            return None
        return hold
