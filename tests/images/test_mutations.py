"""Changed bytes of whole pictures: what is sent is whole and can be decoded, and all else is refused by name."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given, settings

from bot.images.spool import ReferenceSpool
from tests.images.corpus.case import Case, Passes, Stripped
from tests.images.corpus.decoders import by_ffmpeg, mime_of
from tests.images.corpus.judge import Answer, Declined, Sent, complaints, unsound
from tests.images.corpus.mutations import Mutant, bases, mended, mutants, parts_of
from tests.images.spools import answer_to, open_spool

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROBLEMS = {
    "empty",
    "not_an_image",
    "unsupported_format",
    "video",
    "truncated",
    "too_many_pixels",
    "too_small",
    "too_narrow",
    "too_complex",
}
"""Reasons that tell people about their file. The others are about fetching, or mean that the bot failed."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def spool(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[ReferenceSpool]:
    async with open_spool(tmp_path_factory.mktemp("spool")) as opened:
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


def faults(mutant: Mutant, answer: Answer) -> list[str]:
    """What is wrong with the answer to a changed file."""
    if isinstance(answer, Declined):
        return [] if answer.problem in PROBLEMS else [f"{answer.problem} {answer.detail}"]
    if not mutant.cut:
        return unsound(answer)
    # Of a file whose end was cut away nothing is sent but the whole picture.
    return complaints(whole(mutant.base), answer)


def whole(base: Case) -> Case:
    """The case that the same picture is to leave, with or without what was cut away."""
    outcomes = tuple(Stripped() if isinstance(outcome, Passes) else outcome for outcome in base.outcomes)
    return replace(base, outcome=outcomes[0], also=outcomes[1:])


@settings(max_examples=40, derandomize=True)
@given(mutant=mutants())
async def test_a_changed_picture_is_sent_whole_or_refused_by_name(
    spool: ReferenceSpool, folder: Path, mutant: Mutant
) -> None:
    assert faults(mutant, await answer_to(spool, mutant.content, folder)) == []


@pytest.mark.slow
@settings(max_examples=1_000)
@given(mutant=mutants())
async def test_a_thousand_changed_pictures_are_sent_whole_or_refused_by_name(
    spool: ReferenceSpool, folder: Path, mutant: Mutant
) -> None:
    assert faults(mutant, await answer_to(spool, mutant.content, folder)) == []


def sent_as_it_is(content: bytes) -> Sent:
    return Sent(content, mime_of(content), *by_ffmpeg(content).size)


async def test_answers_that_are_wrong_are_found_out() -> None:
    base = next(base for base in bases() if base.name == "jpeg_soft")
    half = base.content[: len(base.content) // 2]
    assert faults(Mutant(base, half, cut=True, change=""), sent_as_it_is(half)) != []
    assert faults(Mutant(base, half, cut=True, change=""), sent_as_it_is(base.content)) == []
    unreadable = Sent(base.content[:300], "image/jpeg", 160, 120)
    assert faults(Mutant(base, half, cut=False, change=""), unreadable) != []
    for problem, is_right in (("truncated", True), ("conversion_failed", False), ("gone", False)):
        assert (faults(Mutant(base, half, cut=True, change=""), Declined(problem)) == []) is is_right


async def test_the_parts_of_a_picture_are_all_of_it_and_mending_leaves_it_alone() -> None:
    for base in bases():
        parts = parts_of(base.content)
        assert b"".join(parts) == base.content
        assert len(parts) > 1
        assert mended(base.content) == base.content
