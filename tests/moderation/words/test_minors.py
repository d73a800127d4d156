"""What is always blocked is, in three languages and however it is written; innocent prompts pass."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psutil
import pytest

from bot.moderation.words.minors import NEAR_WORDS, Match, judge_shipped, shipped_hits
from bot.moderation.words.normalising import normalise
from bot.moderation.words.straddling import ChildSegmenter, segmenting_pool, unstraddled
from tests.moderation.words.disguises import DISGUISES


def matches(text: str, *, sexual: bool = False) -> Match:
    """What the rule says before the segmenter is asked."""
    normalised = normalise(text)
    return judge_shipped(shipped_hits(normalised), normalised, sexual=sexual).match


@pytest.fixture
async def segmenter() -> AsyncGenerator[ChildSegmenter]:
    async with segmenting_pool(within_s=30.0) as pool:
        yield ChildSegmenter(pool, within_s=30.0)


async def examined(text: str, segmenter: ChildSegmenter, *, sexual: bool = False) -> Match:
    """What it says in the end."""
    normalised = normalise(text)
    hits = await unstraddled(shipped_hits(normalised), normalised, segmenter)
    return judge_shipped(hits, normalised, sexual=sexual).match


AGES: Final = (
    "{}-year-old",
    "{} years old",
    "{}yo",
    "age {}",
    "aged {}",
    "{}岁",
    "{}歲",
    "{}歳",
    "{} 歳",
    "{}才",
)
PROMPTS: Final = json.loads((Path(__file__).parent / "data" / "minors.json").read_text("utf-8"))


async def test_some_words_suffice(segmenter: ChildSegmenter) -> None:
    for text in PROMPTS["always"]:
        for frame in ("{}", "please, {}!"):
            assert await examined(frame.format(text), segmenter) is Match.STRONG, text
        assert await examined(text, segmenter, sexual=True) is Match.STRONG, text


async def test_strong_and_weak_pairs(segmenter: ChildSegmenter) -> None:
    for text in PROMPTS["together"]:
        assert await examined(text, segmenter) is Match.STRONG, text
    for text in PROMPTS["weak"]:
        assert await examined(text, segmenter) is Match.WEAK, text


async def test_minors_alone_in_the_spicy_preset_only(segmenter: ChildSegmenter) -> None:
    for text in PROMPTS["alone"]:
        assert await examined(text, segmenter) is Match.NONE, text
        assert await examined(text, segmenter, sexual=True) is Match.STRONG, text


async def test_innocent_prompts_pass(segmenter: ChildSegmenter) -> None:
    for text in PROMPTS["innocent"]:
        assert await examined(text, segmenter) is Match.NONE, text


@pytest.mark.parametrize("text", PROMPTS["grown_up"])
def test_grown_ups_pass_in_the_spicy_preset(text: str) -> None:
    assert matches(text, sexual=True) is Match.NONE


@pytest.mark.parametrize("between", [1, NEAR_WORDS - 3])
def test_two_words_of_a_pair_count_near_each_other(between: int) -> None:
    assert matches(f"a child {'tree ' * between} nude") is Match.STRONG
    assert matches(f"a child {'tree ' * (between + 30)} nude") is Match.NONE
    assert matches(f"子供{'木と' * between}全裸") is Match.STRONG
    assert matches(f"子供{'木と' * (between + 30)}全裸") is Match.NONE


@pytest.mark.parametrize(
    "text",
    [
        "👧 nude",
        "nude, girl, 13",
        "a boy (9). nude",
        "nude 5th grader",
        "grade 7, nude",
        "nude, 14/f",
        "nude, year 8 girl",
        "初二女生 裸体",
        "中学2年生の全裸",
        "女孩（12） 裸体",
    ],
)
def test_pictures_of_children_ages_and_grades_count(text: str) -> None:
    assert matches(text) is Match.STRONG


@pytest.mark.parametrize(
    "text",
    [
        "nudechild",
        "childnude",
        "nudeChildren",
        "nakedlittlegirl",
        "eroticteens",
        "n.u.d.e c.h.i.l.d",
        "n u d e c h i l d",
        "a nude12yearold",
    ],
)
def test_terms_run_together_count(text: str) -> None:
    assert matches(text) is Match.STRONG


@pytest.mark.parametrize(
    "text", ["a denuded childhood", "Hitchcock's kidney", "nudechildish", "a nude112yearold", "teenassx"]
)
def test_words_that_terms_do_not_fill_do_not(text: str) -> None:
    assert matches(text) is Match.NONE


@pytest.mark.parametrize("text", ["a girl, 13 balloons, nude", "a woman, 31, nude", "nude 👩"])
def test_other_pictures_and_numbers_do_not(text: str) -> None:
    assert matches(text) is Match.NONE


@pytest.mark.parametrize(
    "text", ["nude, born in {}", "born May 3rd, {}. naked", "{}年生まれの裸体", "出生于{}年，裸体"]
)
def test_years_of_birth_count_if_they_are_less_than_eighteen_years_ago(text: str) -> None:
    year = datetime.now(UTC).year
    assert matches(text.format(year - 17)) is Match.STRONG
    assert matches(text.format(year - 1)) is Match.STRONG
    assert matches(text.format(year - 18)) is Match.NONE
    assert matches(text.format(2099)) is Match.NONE


async def test_without_its_child_a_find_counts() -> None:
    async with segmenting_pool(within_s=30.0) as pool:
        closed = ChildSegmenter(pool, within_s=30.0)
    assert await examined("小学生得了流行性感冒", closed) is not Match.NONE


async def test_nobody_waits_for_a_late_answer_or_behind_another_one() -> None:
    text = "小学生得了流行性感冒"
    async with segmenting_pool(within_s=30.0) as pool:
        await pool.warm()
        (child,) = [one for one in psutil.Process().children() if "segmenting" in " ".join(one.cmdline())]
        hasty, patient = ChildSegmenter(pool, within_s=0.1), ChildSegmenter(pool, within_s=30.0)
        child.suspend()
        try:
            assert Match.NONE not in await asyncio.gather(*(examined(text, hasty) for _ in range(2)))
        finally:
            child.resume()
        assert await examined(text, patient) is Match.NONE
        assert child.is_running(), "ended for being late, it would start anew next time, and be late again"


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES.keys())
@pytest.mark.parametrize("word", ["loli", "jailbait", "pedophile"])
def test_disguises_help_nobody(disguise: Callable[[str], str], word: str) -> None:
    assert matches(disguise(word)) is Match.STRONG
    assert matches(f"please: {disguise(word)}, now") is Match.STRONG


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES.keys())
def test_nor_with_two_words(disguise: Callable[[str], str]) -> None:
    assert matches(f"a {disguise('child')}, nude") is Match.STRONG
    assert matches(f"12 year old. {disguise('nude')}") is Match.STRONG


@pytest.mark.parametrize("age", range(18))
def test_every_age_below_eighteen(age: int) -> None:
    for text in AGES:
        assert matches(f"she is {text.format(age)}", sexual=True) is Match.STRONG, text


@pytest.mark.parametrize("age", range(18, 120))
def test_and_none_above(age: int) -> None:
    for text in AGES:
        assert matches(f"she is {text.format(age)}", sexual=True) is Match.NONE, text


@pytest.mark.parametrize(
    "heap",
    [
        "a nude ",
        "kidsex",
        "少女性感",
        "12 year old cat ",
        "12歳",
        "ロリポップ",
        "naked mole rat ",
        "カロリ",
        "0l",
        "twenty one ",
    ],
)
def test_ten_times_the_text_is_about_ten_times_the_work(heap: str) -> None:
    def seconds(length: int) -> float:
        normalised = normalise((heap * length)[:length])
        began = time.process_time()
        judge_shipped(shipped_hits(normalised), normalised, sexual=False)
        return time.process_time() - began

    seconds(100)
    assert min(seconds(25_000) for _ in range(3)) < 40 * max(min(seconds(2_500) for _ in range(3)), 0.0005)
