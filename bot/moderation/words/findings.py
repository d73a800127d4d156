"""Findings of the word lists in a prompt: a verdict, and which terms matched where."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.moderation.audit.entries import Detail
from bot.moderation.words.matching import Effect, Hit, Term
from bot.moderation.words.normalising import Normalised, places

_MOST_LOGGED: Final = 10
"""Terms that an entry of the audit log names."""


class WordVerdict(StrEnum):
    """Judgement of the lists about a prompt."""

    NONE = "none"
    HELD = "held"
    BLOCKED = "blocked"
    REFUSED_BY_SHIPPED_RULE = "shipped"


@dataclass(frozen=True)
class FoundTerm:
    """A term that matched, and the characters of the prompt in which it did.

    In a prompt with disguised letters, `start` and `end` (exclusive) are near it rather than exact.
    """

    term: Term
    shipped: bool
    start: int
    end: int


@dataclass(frozen=True)
class WordFindings:
    """Verdict about a prompt, with each term that matched, once, in the order of the prompt."""

    verdict: WordVerdict = WordVerdict.NONE
    found: tuple[FoundTerm, ...] = ()

    @property
    def alerts(self) -> bool:
        """True if a term matched of which moderators read in the log, whatever becomes of the prompt."""
        return any(one.term.effect is Effect.ALERTS for one in self.found)

    def details(self) -> Mapping[str, Detail]:
        """Return the details for an entry of the audit log: terms and places, never the prompt's own words."""
        logged = self.found[:_MOST_LOGGED]
        return {
            "terms": [one.term.text for one in logged],
            "places": [[one.start, one.end] for one in logged],
            "shipped": any(one.shipped for one in self.found),
        }


NO_FINDINGS: Final = WordFindings()


def found_terms(
    hits: Iterable[Hit], shipped: Iterable[Hit], text: str, normalised: Normalised
) -> tuple[FoundTerm, ...]:
    """Return the terms of finds, each once, with their places in the prompt.

    Args:
        hits: Finds of listed terms.
        shipped: Finds on which the shipped rule rests.
        text: The prompt as it was typed.
        normalised: The prompt as the lists read it.
    """
    found: dict[tuple[Term, bool], FoundTerm] = {}
    shown = text.casefold()
    for is_shipped, some in ((True, shipped), (False, hits)):
        for hit in some:
            if (hit.term, is_shipped) not in found:
                start, end = _place(hit, text, shown, normalised)
                found[hit.term, is_shipped] = FoundTerm(hit.term, is_shipped, start, end)
    return tuple(sorted(found.values(), key=lambda one: (one.start, one.end)))


def _place(hit: Hit, text: str, shown: str, normalised: Normalised) -> tuple[int, int]:
    """Return the start and end of a find in the prompt: exact where it stands there, else by proportion."""
    reading = normalised.readings[hit.reading]
    starts = places(reading)
    start, end = starts[hit.start], starts[hit.end]
    near = round(start * len(text) / len(reading))
    found = reading[start:end]
    if len(shown) == len(text):
        around = [shown.rfind(found, 0, near + len(found)), shown.find(found, near)]
        exact = [place for place in around if place >= 0]
        if exact:
            nearest = min(exact, key=lambda place: abs(place - near))
            return nearest, nearest + len(found)
    return near, max(near + 1, round(end * len(text) / len(reading)))
