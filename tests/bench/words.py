"""Word lists: disguised terms found, innocent prompts refused, and what long prompts and long lists cost."""

import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.interpreter import freeze_startup_objects
from bot.moderation.audit.log import AuditLog
from bot.moderation.words.exchange import read_terms
from bot.moderation.words.findings import WordVerdict
from bot.moderation.words.matching import Term, WordList
from bot.moderation.words.store import TermStore
from bot.moderation.words.straddling import ChildSegmenter, segmenting_pool
from bot.moderation.words.word_lists import WordLists
from bot.storage.opening import open_database
from tests.bench.figures import Figure
from tests.bench.measuring import StallWatch
from tests.moderation.words.corpora import disguised_prompts, innocent_prompts
from tests.moderation.words.disguises import DISGUISES

_LENGTH: Final = 2_500
_TERMS: Final = 2_000
_SERVER: Final = 1
_ORDINARY: Final = (
    "a child runs through the street with a red car and ",
    "小孩在十字路口交警旁边看彩色图片，",
    "子供がカフェラテを飲む、とろりとしたチーズ。",
    "a nude child ",
)
_HOSTILE: Final = (
    "N\u03bd l0l p o r n \ua4ae$ex! ",
    "\u202eΝѕ l0l p o r n ꮪex 👧 ロ*リ girl, 13. ",
    "&amp;#112;orn ",
    "ロ リ エ ロ ",
)
"""Pieces of long prompts. In hostile ones everything is disguised, so that they are read in many ways."""


async def run() -> list[Figure]:
    """Examine the corpora, then long prompts beside a long list, then rebuild that list."""
    async with _lists() as lists:
        found, asked = await _found(lists)
        held, refused, innocent = await _innocent(lists)
        await _fill(lists)
        freeze_startup_objects()  # as `run` does
        async with StallWatch() as watch:
            ms, hostile_ms = await _slowest_ms(lists, _ORDINARY), await _slowest_ms(lists, _HOSTILE)
        rebuild_ms = await _rebuilt()
    return [
        Figure(
            "words.found_ratio",
            found / asked,
            f"of {asked} prompts: {len(DISGUISES)} disguises × all shipped terms",
            at_least=0.95,
        ),
        Figure(
            "words.innocent_refused_ratio",
            refused / innocent,
            f"of {innocent} innocent prompts",
            at_most=0.001,
        ),
        Figure(
            "words.innocent_held_ratio",
            held / innocent,
            "of the same, for moderators to look at",
            at_most=0.001,
        ),
        Figure(
            "words.ms_per_prompt", ms, f"{_LENGTH} characters, slowest of {len(_ORDINARY)} kinds", at_most=10
        ),
        Figure(
            "words.hostile_ms", hostile_ms, f"the same, of {len(_HOSTILE)} that are all disguise", at_most=20
        ),
        Figure(
            "words.stall_ms", watch.longest_s * 1000, "longest stall of the event loop meanwhile", at_most=20
        ),
        Figure(
            "words.rebuild_stall_ms",
            rebuild_ms,
            f"longest stall while {_TERMS} terms are prepared",
            at_most=20,
        ),
    ]


@asynccontextmanager
async def _lists() -> AsyncGenerator[WordLists]:
    with tempfile.TemporaryDirectory(prefix="stillmotion-bench-") as folder:
        async with open_database(None, Path(folder)) as database, segmenting_pool(within_s=30.0) as pool:
            store, audit = TermStore(database), AuditLog(database)
            lists = WordLists(store, audit, lambda: datetime.now(UTC), ChildSegmenter(pool, within_s=30.0))
            await lists.load()
            yield lists


async def _found(lists: WordLists) -> tuple[int, int]:
    found = asked = 0
    for prompt in disguised_prompts():
        findings = await lists.examine(None, prompt.text, sexual=prompt.sexual)
        found += findings.verdict is not WordVerdict.NONE
        asked += 1
    return found, asked


async def _innocent(lists: WordLists) -> tuple[int, int, int]:
    """Return how many innocent prompts are held and refused, and how many there are."""
    verdicts = [(await lists.examine(None, text, sexual=False)).verdict for text in innocent_prompts()]
    held = verdicts.count(WordVerdict.HELD)
    return held, len(verdicts) - held - verdicts.count(WordVerdict.NONE), len(verdicts)


async def _terms(mark: str) -> Sequence[Term]:
    """Return as many terms as a list may have, of two words each, from a file."""
    file = "\n".join(f"{mark}{number} sword,held" for number in range(_TERMS))
    return (await read_terms(file.encode())).terms


async def _fill(lists: WordLists) -> None:
    await lists.add_all(_SERVER, await _terms("word"), 1)


async def _slowest_ms(lists: WordLists, heaps: Sequence[str]) -> float:
    """Return milliseconds of this process for the slowest kind of prompt."""
    slowest_s = 0.0
    for heap in heaps:
        text = (heap * _LENGTH)[:_LENGTH]
        taken_s: list[float] = []
        for _ in range(9):
            began_s = time.process_time()
            await lists.examine(_SERVER, text, sexual=False)
            taken_s.append(time.process_time() - began_s)
        slowest_s = max(slowest_s, statistics.median(taken_s))
    return slowest_s * 1000


async def _rebuilt() -> float:
    """Return the longest stall while a list of terms that were never seen before is prepared."""
    async with StallWatch() as watch:
        for mark in ("blade", "dagger", "spear"):
            await WordList.built(await _terms(mark))
    return watch.longest_s * 1000
