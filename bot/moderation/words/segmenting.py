"""The child that divides Chinese texts into words: the only place that loads the dictionary."""

from collections.abc import Mapping, Sequence
from typing import Protocol, cast

import rjieba

from bot.children.serving import serve


class _Tokenizer(Protocol):
    """The used part of the library."""

    def tokenize(self, text: str, mode: str = "default", hmm: bool = True) -> list[tuple[str, int, int]]:  # noqa: FBT001, FBT002 - the library's own
        """Return words with their starts and ends."""
        ...


def straddled(questions: Sequence[Sequence[str | int]]) -> Mapping[str, object]:
    """Answer for each text, start and end: 1 if a word of the text goes over the start or the end, else 0."""
    return {"straddled": [_is_straddled(*question) for question in questions]}


def _is_straddled(text: str | int, start: str | int, end: str | int) -> int:
    # Without its model of unknown words (HMM), which makes words of what the dictionary does not have.
    words = cast("_Tokenizer", rjieba).tokenize(str(text), hmm=False)
    edges = {0, len(str(text))}.union(*({first, last} for _, first, last in words))
    return int(not {start, end} <= edges)


def main() -> None:
    """Serve."""
    serve({"straddled": straddled})


if __name__ == "__main__":
    main()
