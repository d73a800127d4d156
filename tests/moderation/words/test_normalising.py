"""Texts as the lists read them: hidden words come out, and the work stays linear."""

import time
import unicodedata
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.words.normalising import MOST_LONGER, MOST_READINGS, collapse, normalise, spellings
from tests.moderation.words.disguises import DISGUISES

ANYTHING: Final = st.text(st.characters(codec=None), max_size=60)  # lone surrogates too
ALPHABETS: Final = st.text(
    st.characters(max_codepoint=0x52F, exclude_categories=["Mn"]), max_size=60
)  # with upper and lower case; one mark of Greek has a letter for its capital

HEAPS: Final = (
    "a child runs ",
    "a\u0301\u0316\u05b0\u0327",
    "p o r n ",
    "l0l1!@|$",
    "ΝѕUD1",
    "子供",
    "ﷺ㌖ﬃ",
    "ガ\u3099\u309a",
    "|",
    "!",
    "a!|",
    "12 3a",
    "\u0941\u094d",
    "n**u**",
    "[n](x)",
    "[[n](",
    "<b>n<:n:1>",
    "a.B",
    "脱了的子",
    "girl who is 9, ",
    "born in ",
)


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES.keys())
def test_there_is_a_reading_in_which_a_disguised_word_is_itself(disguise: Callable[[str], str]) -> None:
    found = normalise(f"see: {disguise('loophole')} there").collapsed
    assert any("lophole" in reading.text for reading in found)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("", None),
        ("\u200b\u0301 ,.!", None),
        ("Straße  №5", "strasse no5"),
        ("16:9, 4K!", "16 9 4k"),
        ("ｶﾞｰﾙ ガール カ\u3099ール", "ガール ガール ガール"),
        ("한국어 " + unicodedata.normalize("NFD", "한국어"), "한국어 한국어"),
        ("工口 エロ 二ニ 一ー 〇 卜ト", "工口 エロ 二ニ 一ー 〇 卜ト"),
        ("１２歳 ١٢ ①", "12歳 12 1"),
        ("हिंदी", "हिंदी"),
        ("don't_stop", "don t stop"),
    ],
)
def test_the_first_reading_is_the_text_as_it_stands(text: str, first: str | None) -> None:
    assert next(iter(normalise(text).readings), None) == first


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("萝 莉", "萝莉"),
        ("ロ・リ", "ロリ"),
        ("a p o r t", "aport port"),
        ("go l!ke 1t", "go like it"),
        ("lol! ||h0t||", "lol hot"),
        ("&#104;&#x6f;t", "hot"),
        ("&amp;#104;ot", "hot"),
        (f"&#{'1' * 5000};hot", "hot"),
        ("\u202etoh\u202c dog", "hot dog"),
        ("a 👧 runs", "a little girl runs"),
        ("nude, girl, 13", "nude girl 13 13 years old"),
        ("这是萝*莉吗", "这是萝莉吗"),
        ("₱ØⱤ₦", "porn"),
    ],
)
def test_other_readings(text: str, reading: str) -> None:
    assert reading in normalise(text).readings


@pytest.mark.parametrize(
    "text", ["a b", "plan b", "16:9", "12 seconds in 4 3", "lol!", "100% 50$", "我 am b"]
)
def test_what_hides_nothing_has_one_reading(text: str) -> None:
    assert len(normalise(text).readings) == 1


def test_terms_are_spelled_without_leet() -> None:
    assert spellings("h3ll") == ("h3ll",)
    assert spellings("H e L l") == ("hell",)
    assert spellings("ν3") == ("v3", "n3")


@pytest.mark.parametrize(
    ("reading", "text", "repeats"),
    [("", "", ""), ("good", "god", "121"), ("aaa  1100", "a  1100", "3111111"), ("x" * 40, "x", "9")],
)
def test_letters_but_not_digits_are_collapsed(reading: str, text: str, repeats: str) -> None:
    collapsed = collapse(reading)
    assert (collapsed.text, collapsed.repeats) == (text, repeats)


@given(ANYTHING)
def test_any_text_has_a_few_readings_of_bounded_length(text: str) -> None:
    normalised = normalise(text)
    assert len(normalised.readings) <= MOST_READINGS
    assert all(0 < len(reading) <= MOST_LONGER * len(text) for reading in normalised.readings)
    assert all(len(reading.text) == len(reading.repeats) for reading in normalised.collapsed)


@given(ANYTHING)
def test_a_reading_reads_as_itself(text: str) -> None:
    for reading in normalise(text).readings[:1]:
        assert normalise(reading).readings[0] == reading


@given(ANYTHING, st.sampled_from(["\u200b", "\u200d", "\ufe0f", "\u034f", "\u2060\u00ad"]))
def test_characters_without_width_do_not_change_the_first_reading(text: str, nothing: str) -> None:
    # Behind a word, so that the first reading is never empty.
    assert normalise(nothing.join(f"so {text}")).readings[0] == normalise(f"so {text}").readings[0]


@given(ALPHABETS)
def test_upper_and_lower_case_are_read_as_the_same(text: str) -> None:
    upper, lower, plain = (normalise(one).readings[:1] for one in (text.upper(), text.lower(), text))
    assert upper == lower == plain


@pytest.mark.parametrize("heap", HEAPS)
def test_ten_times_the_text_is_about_ten_times_the_work(heap: str) -> None:
    def seconds(length: int) -> float:
        text = (heap * length)[:length]
        return min(_taken(text) for _ in range(3))

    seconds(100)
    assert seconds(25_000) < 40 * max(seconds(2_500), 0.0005)


def _taken(text: str) -> float:
    began = time.process_time()
    assert normalise(text).collapsed is not None
    return time.process_time() - began
