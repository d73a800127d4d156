"""A share of the corpora that the benchmark `words` examines as a whole."""

import random
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest

from bot.moderation.audit.log import AuditLog
from bot.moderation.words.findings import WordVerdict
from bot.moderation.words.store import TermStore
from bot.moderation.words.straddling import ChildSegmenter, segmenting_pool
from bot.moderation.words.word_lists import WordLists
from bot.storage.database import Database
from tests.moderation.words.corpora import disguised_prompts, innocent_prompts
from tests.moderation.words.disguises import DISGUISES


@pytest.fixture
async def lists(database: Database) -> AsyncGenerator[WordLists]:
    async with segmenting_pool(within_s=30.0) as pool:
        yield WordLists(
            TermStore(database),
            AuditLog(database),
            lambda: datetime.now(UTC),
            ChildSegmenter(pool, within_s=30.0),
        )


def test_the_corpora_are_large() -> None:
    assert len(DISGUISES) >= 60
    assert len({prompt.disguise for prompt in disguised_prompts()}) == len(DISGUISES)
    prompts = list(innocent_prompts())
    assert len(set(prompts)) == len(prompts) >= 1_000


async def test_disguised_terms_are_found(lists: WordLists) -> None:
    chosen = random.Random(14).sample(list(disguised_prompts()), 600)
    missed = [
        (prompt.disguise, prompt.text)
        for prompt in chosen
        if (await lists.examine(None, prompt.text, sexual=prompt.sexual)).verdict is WordVerdict.NONE
    ]
    assert len(missed) <= 0.05 * len(chosen), missed


async def test_terms_as_they_are_listed_are_all_found(lists: WordLists) -> None:
    for prompt in disguised_prompts():
        if prompt.disguise == "plain":
            findings = await lists.examine(None, prompt.text, sexual=prompt.sexual)
            assert findings.verdict is not WordVerdict.NONE, prompt.text


async def test_innocent_prompts_go_through(lists: WordLists) -> None:
    for text in random.Random(14).sample(list(innocent_prompts()), 300):
        findings = await lists.examine(None, text, sexual=False)
        assert findings.verdict is WordVerdict.NONE, (text, findings.found)
