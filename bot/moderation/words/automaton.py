"""Typed wrapper of pyahocorasick, which searches a text for any number of words in one pass."""

from collections.abc import Iterator, Mapping
from typing import Generic, Protocol, TypeVar, cast

import ahocorasick

T = TypeVar("T")


class _Raw(Protocol):
    """The used part of the library's class."""

    def add_word(self, word: str, value: object, /) -> bool:
        """Add a word and the value to return with it."""
        ...

    def make_automaton(self) -> None:
        """Prepare the automaton for searching. No word can be added afterwards without another call."""
        ...

    def iter(self, text: str, /) -> Iterator[tuple[int, object]]:
        """Yield the index of the last character of each word found, and the word's value."""
        ...


class Automaton(Generic[T]):
    """Finds all given words in one pass over a text, overlapping ones included."""

    def __init__(self, words: Mapping[str, T]) -> None:
        self._raw: _Raw | None = None  # the library raises an error when it searches with no words
        if words:
            self._raw = cast("_Raw", ahocorasick.Automaton())  # pyright: ignore[reportUnknownMemberType] - no types
            for word, value in words.items():
                self._raw.add_word(word, value)
            self._raw.make_automaton()

    def find(self, text: str) -> Iterator[tuple[int, T]]:
        """Yield the end of each word found (index after its last character) and the word's value."""
        if self._raw is None:
            return
        for last, value in self._raw.iter(text):
            yield last + 1, cast("T", value)
