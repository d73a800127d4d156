"""What is always blocked is, in three languages and however it is written; innocent prompts pass."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from bot.moderation.words.minors import concerns_minors
from bot.moderation.words.normalising import normalise
from tests.moderation.words.disguises import DISGUISES


def concerns(text: str, *, sexual: bool = False) -> bool:
    return concerns_minors(normalise(text), sexual=sexual)


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


@pytest.mark.parametrize("text", PROMPTS["always"])
def test_some_words_suffice(text: str) -> None:
    assert concerns(text)
    assert concerns(f"please, {text}!")
    assert concerns(text, sexual=True)


@pytest.mark.parametrize("text", PROMPTS["together"])
def test_minors_and_sexual_terms_together(text: str) -> None:
    assert concerns(text)
    assert concerns(text, sexual=True)


@pytest.mark.parametrize("text", PROMPTS["alone"])
def test_minors_alone_in_the_spicy_preset_only(text: str) -> None:
    assert not concerns(text)
    assert concerns(text, sexual=True)


@pytest.mark.parametrize("text", PROMPTS["innocent"])
def test_innocent_prompts_pass(text: str) -> None:
    assert not concerns(text)


@pytest.mark.parametrize("text", PROMPTS["grown_up"])
def test_grown_ups_pass_in_the_spicy_preset(text: str) -> None:
    assert not concerns(text, sexual=True)


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES.keys())
@pytest.mark.parametrize("word", ["loli", "jailbait", "pedophile"])
def test_disguises_help_nobody(disguise: Callable[[str], str], word: str) -> None:
    assert concerns(disguise(word))
    assert concerns(f"please: {disguise(word)}, now")


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES.keys())
def test_nor_with_two_words(disguise: Callable[[str], str]) -> None:
    assert concerns(f"a {disguise('child')}, nude")
    assert concerns(f"12 year old. {disguise('nude')}")


@pytest.mark.parametrize("age", range(18))
def test_every_age_below_eighteen(age: int) -> None:
    for text in AGES:
        assert concerns(f"she is {text.format(age)}", sexual=True), text


@pytest.mark.parametrize("age", range(18, 120))
def test_and_none_above(age: int) -> None:
    for text in AGES:
        assert not concerns(f"she is {text.format(age)}", sexual=True), text


@pytest.mark.parametrize(
    "heap", ["a nude ", "12歳", "ロリポップ", "naked mole rat ", "カロリ", "0l", "twenty one "]
)
def test_ten_times_the_text_is_about_ten_times_the_work(heap: str) -> None:
    def seconds(length: int) -> float:
        normalised = normalise((heap * length)[:length])
        began = time.process_time()
        concerns_minors(normalised, sexual=False)
        return time.process_time() - began

    seconds(100)
    assert min(seconds(25_000) for _ in range(3)) < 40 * max(min(seconds(2_500) for _ in range(3)), 0.0005)
