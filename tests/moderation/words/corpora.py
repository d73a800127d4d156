"""Prompts by the hundred: shipped terms in their disguises, made by code, and innocent prompts, kept as data."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.moderation.words.minors import ShippedTerm, TermGroup, listed_terms
from tests.moderation.words.disguises import disguised

_DATA: Final = Path(__file__).parent / "data"
_SEXUAL: Final = frozenset({TermGroup.SEXUAL, TermGroup.WEAK_SEXUAL, TermGroup.SEXUAL_WITHIN})
_ALONE: Final = frozenset({TermGroup.ALWAYS, TermGroup.ALWAYS_WITHIN, TermGroup.ALWAYS_AMONG_LATIN})

_NO_FINDS: Final = frozenset({TermGroup.INNOCENT, TermGroup.WEAKENING, TermGroup.FILLING})


@dataclass(frozen=True)
class DisguisedPrompt:
    """A sentence with a shipped term in a disguise, which the rule is to find.

    `sexual` is the preset's: with it a term for a minor is enough.
    """

    term: ShippedTerm
    disguise: str
    text: str
    sexual: bool


def disguised_prompts() -> Iterator[DisguisedPrompt]:
    """Yield every shipped term in every disguise that changes it, in a sentence of its language."""
    for term in listed_terms():
        if term.group not in _NO_FINDS:
            for name, hidden in disguised(term.text):
                yield DisguisedPrompt(term, name, _sentence(term, hidden), _is_sexual(term))


def innocent_prompts() -> Iterator[str]:
    """Yield the innocent prompts in English, Chinese and Japanese."""
    for file in sorted(_DATA.glob("innocent_*.txt")):
        yield from file.read_text("utf-8").splitlines()


def _sentence(term: ShippedTerm, hidden: str) -> str:
    latin = term.text.isascii() and term.group is not TermGroup.MINOR_AMONG_CJK
    minor = ("a child, " if latin else "子供、") if term.group in _SEXUAL else ""
    return f"{minor}we see {hidden} there" if latin else f"{minor}「{hidden}」です"


def _is_sexual(term: ShippedTerm) -> bool:
    return term.group not in _SEXUAL | _ALONE
