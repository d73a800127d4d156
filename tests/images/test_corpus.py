"""Each picture of the corpus, as the spool prepares it for the video service."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.images.spool import ReferenceSpool
from tests.images.corpus.all_cases import all_cases
from tests.images.corpus.bombs import bombs
from tests.images.corpus.case import Case
from tests.images.corpus.judge import complaints
from tests.images.spools import answer_to, open_spool

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def spool(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[ReferenceSpool]:
    """One spool for all cases, as the bot has one for all jobs."""
    async with open_spool(tmp_path_factory.mktemp("spool")) as opened:
        yield opened


@pytest.mark.parametrize("case", all_cases(), ids=str)
async def test_a_picture_leaves_as_a_person_sees_it_or_is_refused_by_its_name(
    case: Case, spool: ReferenceSpool, tmp_path: Path
) -> None:
    wrong = complaints(case, await answer_to(spool, case.content, tmp_path))
    assert not wrong, "; ".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("bomb", tuple(bombs()), ids=str)
async def test_a_picture_of_nothing_but_headers_is_refused_or_sent_without_them(
    bomb: Case, spool: ReferenceSpool, tmp_path: Path
) -> None:
    wrong = complaints(bomb, await answer_to(spool, bomb.content, tmp_path))
    assert not wrong, "; ".join(wrong)
