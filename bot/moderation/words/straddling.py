"""Tells which finds in Chinese texts are no words: a word of the text straddles an edge of them.

性感 (sexy) is found in 流行性感冒 (influenza), whose words are 流行性 and 感冒. A dictionary of 30 MB divides the
text into words, in a child process that starts with the first such find and ends when there are no more.
"""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final, Protocol

import structlog

from bot.children.pool import ChildPool
from bot.children.process import ChildFaultError, ChildSpec
from bot.moderation.words.matching import Hit
from bot.moderation.words.normalising import Normalised, places
from bot.moderation.words.scripts import has_kana, is_han

log: Final = structlog.get_logger(__name__)

_AROUND: Final = 24
"""Characters on each side of a find that are divided into words."""
_MOST: Final = 400
"""Finds of a text that are examined. Further ones count."""
_MEMORY_BYTES: Final = 512 * 1024 * 1024
WITHIN_S: Final = 0.8
"""Of the three seconds that Discord grants for an acknowledgement, the wait behind others' questions included.

The first answer of a child takes a quarter of a second, further ones some milliseconds.
"""
_UNANSWERED_MAX: Final = 16
"""Questions at one child, those included that nobody waits for any more: further ones would be late as well."""
_BEYOND_S: Final = 2.0
"""Seconds for which a child may go on after nobody waits for its answer: ended then, it would start anew next time,
and on a slow machine never be in time."""

Question = tuple[str, int, int]
"""A text in simplified characters, and the start and end (exclusive) of a find in it."""


class Segmenter(Protocol):
    """Divides Chinese texts into words."""

    async def straddled(self, questions: Sequence[Question]) -> Sequence[bool]:
        """Return for each find if a word straddles one of its edges. False where that cannot be told."""
        ...


class ChildSegmenter:
    """Has a child process divide the texts."""

    def __init__(self, pool: ChildPool, *, within_s: float = WITHIN_S) -> None:
        """Args: `within_s` is how many seconds an answer is waited for."""
        self._pool = pool
        self._within_s = within_s
        self._asking: set[asyncio.Task[Sequence[bool] | None]] = set()
        """They end by the pool: with the child's time, or as it is closed."""

    async def straddled(self, questions: Sequence[Question]) -> Sequence[bool]:
        """Return for each find if a word straddles one of its edges. False where that cannot be told in time."""
        answer = None
        if len(self._asking) < _UNANSWERED_MAX:
            asking = asyncio.create_task(self._ask(questions), name="segmenting")
            self._asking.add(asking)
            asking.add_done_callback(self._asking.discard)
            await asyncio.wait([asking], timeout=self._within_s)
            answer = asking.result() if asking.done() else None
        if answer is None:
            # The finds count: a prompt that could not be examined is not let through.
            log.warning("words_not_segmented", unanswered=len(self._asking))
            return [False] * len(questions)
        return answer

    async def _ask(self, questions: Sequence[Question]) -> Sequence[bool] | None:
        try:
            answer = await self._pool.ask("words", "straddled", questions=[list(one) for one in questions])
        except ChildFaultError as error:
            log.warning("segmenter_failed", reason=error.fault, detail=error.detail)
            return None
        return [number == 1 for number in answer["straddled"]]


def segmenting_pool(within_s: float = WITHIN_S) -> ChildPool:
    """Return the pool of the one child, for answers that are waited for so long; nothing is started yet."""
    spec = ChildSpec("bot.moderation.words.segmenting", _MEMORY_BYTES)
    return ChildPool(spec, at_once=1, within_s=within_s + _BEYOND_S)


async def unstraddled(
    hits: Sequence[Hit], normalised: Normalised, segmenter: Segmenter | None
) -> Sequence[Hit]:
    """Return the finds that are words, as far as the segmenter can tell. Without one, all of them are."""
    # Japanese has the same characters, and other words.
    if segmenter is None or not hits or has_kana(normalised.readings[0]):
        return hits
    doubtful = [number for number, hit in enumerate(hits) if _is_doubtful(hit, normalised)][:_MOST]
    if not doubtful:
        return hits
    readings = {hits[number].reading for number in doubtful}
    starts = {reading: places(normalised.readings[reading]) for reading in readings}
    spans = dict(zip(doubtful, _spans([hits[number] for number in doubtful], hits), strict=True))
    asked = {
        number: [
            _question(start, end, normalised.readings[reading], starts[reading])
            for start, end in spans[number]
        ]
        for number in doubtful
        for reading in (hits[number].reading,)
    }
    questions = tuple(dict.fromkeys(chain.from_iterable(asked.values())))
    answers = dict(zip(questions, await segmenter.straddled(questions), strict=True))
    straddled = {number for number, own in asked.items() if all(answers[question] for question in own)}
    return [hit for number, hit in enumerate(hits) if number not in straddled]


def _spans(doubtful: Sequence[Hit], hits: Sequence[Hit]) -> Iterator[Sequence[tuple[int, int]]]:
    """Yield for each find its place, and that of it together with the finds right before and behind it.

    Two terms without anything between them are words even if the dictionary has a word across the edge between:
    少女 and 性感 in 少女性感, which it divides into 少, 女性 and 感.
    """
    starts: dict[tuple[int, int], int] = {}
    ends: dict[tuple[int, int], int] = {}
    for hit in hits:
        first, last = (hit.reading, hit.start), (hit.reading, hit.end)
        starts[last] = min(hit.start, starts.get(last, hit.start))
        ends[first] = max(hit.end, ends.get(first, hit.end))
    for hit in doubtful:
        start = starts.get((hit.reading, hit.start), hit.start)
        end = ends.get((hit.reading, hit.end), hit.end)
        yield tuple(dict.fromkeys(((hit.start, hit.end), (start, end))))


def _is_doubtful(hit: Hit, normalised: Normalised) -> bool:
    """Return True for a find of several characters with a Chinese one at an edge, beside another one."""
    text = normalised.collapsed[hit.reading].text
    # A single character is a word by itself and part of many: such terms have lists of innocent compounds.
    if hit.end - hit.start == 1:
        return False
    before, behind = text[hit.start - 1 : hit.start] if hit.start else "", text[hit.end : hit.end + 1]
    starts_inside = is_han(text[hit.start]) and before != "" and is_han(before)
    return starts_inside or (is_han(text[hit.end - 1]) and behind != "" and is_han(behind))


def _question(start: int, end: int, reading: str, starts: Sequence[int]) -> Question:
    """Return the surroundings of a place of a collapsed reading up to the next spaces, and the place in them."""
    start, end = starts[start], starts[end]
    first = max(start - _AROUND, reading.rfind(" ", 0, start) + 1)
    space = reading.find(" ", end)
    last = min(end + _AROUND, space if space >= 0 else len(reading))
    return reading[first:last], start - first, end - first
