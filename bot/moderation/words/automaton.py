"""The typed part of pyahocorasick that is used here."""

from collections.abc import Iterator, Mapping
from typing import Generic, Protocol, TypeVar, cast

import ahocorasick

T = TypeVar("T")


class _Raw(Protocol):
    """What of the library's class is called."""

    def add_word(self, word: str, value: object, /) -> bool:
        """Add one word with what comes with it."""
        ...

    def make_automaton(self) -> None:
        """Make it ready for searches."""
        ...

    def iter(self, text: str, /) -> Iterator[tuple[int, object]]:
        """The last character of every word found, and what comes with the word."""
        ...


class Automaton(Generic[T]):
    """Finds many words in one pass over a text, whatever words they are."""

    def __init__(self, words: Mapping[str, T]) -> None:
        self._raw: _Raw | None = None  # the library refuses to search for nothing
        if words:
            self._raw = cast("_Raw", ahocorasick.Automaton())  # pyright: ignore[reportUnknownMemberType] - no types
            for word, value in words.items():
                self._raw.add_word(word, value)
            self._raw.make_automaton()

    def find(self, text: str) -> Iterator[tuple[int, T]]:
        """Where each word found ends (the character after its last), and what comes with the word."""
        if self._raw is None:
            return
        for last, value in self._raw.iter(text):
            yield last + 1, cast("T", value)
