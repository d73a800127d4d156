"""Limits in a run over several processes: jobs at the service at once, seconds of video a day, never one over."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.chaos.row_log import RowChange

_AT_SERVICE: Final = frozenset({"submitting", "generating"})
_DAY_S: Final = 86_400


@dataclass(frozen=True)
class KeptLimits:
    """Limits that hold for all processes together, as the operator sets them."""

    total: int
    per_server: int
    per_person: int
    seconds_per_person: int

    @property
    def settings(self) -> Mapping[str, str]:
        """The environment that sets them."""
        return {
            "JOBS_AT_ONCE": str(self.total),
            "JOBS_AT_ONCE_PER_SERVER": str(self.per_server),
            "JOBS_AT_ONCE_PER_PERSON": str(self.per_person),
            "SECONDS_A_DAY_PER_PERSON": str(self.seconds_per_person),
        }


@dataclass
class LimitFindings:
    """How far the limits were used, and where they were passed."""

    over: list[str] = field(default_factory=list[str])
    most: Counter[str] = field(default_factory=Counter[str])
    """The largest number that there was at once, by what is limited."""


def look_for_excess(changes: Iterable[RowChange], limits: KeptLimits) -> LimitFindings:
    """Go through all changes of rows, in order: whoever comes to the service, or asks, has to find room."""
    found = LimitFindings()
    there: dict[str, RowChange] = {}
    counted: dict[int, dict[str, RowChange]] = {}
    for change in changes:
        at_service = change.state in _AT_SERVICE and not change.at_rest
        if not at_service:
            there.pop(change.job, None)
        # One that comes there otherwise was bought by an answer that came after all: no limit can undo that.
        elif change.job not in there and change.state == "submitting":
            there[change.job] = change
            _count_there(found, there, change, limits)
        own = counted.setdefault(change.person, {})
        if not change.counted_s:
            own.pop(change.job, None)
        else:
            own[change.job] = change
            today = int(change.at_s // _DAY_S)
            used_s = sum(one.counted_s for one in own.values() if one.day in {None, today})
            _note(found, "seconds", used_s, limits.seconds_per_person, change)
    return found


def _count_there(
    found: LimitFindings, there: Mapping[str, RowChange], newest: RowChange, limits: KeptLimits
) -> None:
    _note(found, "total", len(there), limits.total, newest)
    of_person = sum(one.person == newest.person for one in there.values())
    _note(found, "person", of_person, limits.per_person, newest)
    if newest.guild is not None:
        of_server = sum(one.guild == newest.guild for one in there.values())
        _note(found, "server", of_server, limits.per_server, newest)


def _note(found: LimitFindings, what: str, used: int, limit: int, change: RowChange) -> None:
    found.most[what] = max(found.most[what], used)
    if used > limit:
        found.over.append(f"{what}: {used} of {limit} with {change}")
