"""What is always blocked is, in three languages and however it is written; innocent prompts pass."""

import time
from collections.abc import Callable
from typing import Final

import pytest

from bot.moderation.words import concerns_minors, normalise
from tests.moderation.words.disguises import DISGUISES


def concerns(text: str, *, sexual: bool = False) -> bool:
    return concerns_minors(normalise(text), sexual=sexual)


ALWAYS: Final = (
    *(
        "loli",
        "a Lolicon drawing",
        "shota",
        "jailbait",
        "child porn",
        "childporn",
        "CP",
        "pedo",
        "paedophilia",
    ),
    *("csam", "toddlercon", "kiddie-porn"),
    *("萝莉控", "蘿莉控", "幼女色情", "恋童癖", "戀童", "儿童色情", "兒童色情", "正太控"),
    *("ロリ", "ﾛﾘ", "ロリコン", "合法ロリ画像", "ショタ", "児童ポルノ", "小児性愛"),
)

TOGETHER: Final = (
    *(
        "a naked child",
        "nude toddlers",
        "sexy schoolgirl",
        "a preteen in lingerie",
        "teen, erotic",
        "JK, nude",
    ),
    *(
        "12 year old, nude",
        "12-year-old undressing",
        "nude, aged twelve",
        "12yo sex",
        "age 9, naked",
        "a 17 y/o, sexy",
    ),
    *(
        "seventeen-year-old in panties",
        "6 year olds, topless",
        "an underage girl undresses",
        "little girl, nsfw",
    ),
    *(
        "十二岁 裸体",
        "十二歲女孩，色情",
        "12岁 做爱",
        "两岁 裸",
        "小学生 脱衣",
        "小學生 做愛",
        "初中生 色情",
        "穿情趣内衣的少女",
    ),
    *(
        "12歳の裸体",
        "１２歳、エロ",
        "十二歳のセックス",
        "小学生のヌード",
        "女子高生のエロ",
        "JKのえっち",
        "幼女、全裸",
    ),
    *("nude 小学生", "12歳 naked", "a child, 裸体", "a 十二岁 girl, nude"),
)

ALONE: Final = (
    *(
        "a child",
        "kids",
        "a ten-year-old",
        "aged 17",
        "schoolgirl",
        "a baby",
        "toddlers dancing",
        "high school",
    ),
    *(
        "小孩",
        "十二岁",
        "17岁",
        "少女",
        "初中生",
        "幼儿园",
        "小学生",
        "12歳",
        "女子高生",
        "JK制服",
        "赤ちゃん",
        "子供",
        "10代",
    ),
)

INNOCENT: Final = (
    *("a child flies a kite", "baby goat", "middle-aged man", "kids playing football", "18 year old"),
    *("a 20-year-old woman in lingerie", "Sussex", "Essex", "cockatoo", "Scunthorpe", "sextant", "classic"),
    *(
        "16:9",
        "12 seconds",
        "a child with a lollipop",
        "hololive kids",
        "kids and the CCP",
        "a sexy 35 year old",
    ),
    *("children in Middlesex", "kids meet a naked mole rat", "a child born with congenital heart disease"),
    *("Bob and ten good men with a kid", "a 112 year old nude statue", "a nude, thirty-five years old"),
    *("a twenty one year old man undressing", "six nude statues", "same-sex parents with their children"),
    *("a nude, one hundred and five years old", "kids eat chicken breasts", "Ср. размер, ребёнок"),
    *(
        "父母和孩子放风筝",
        "二十二岁 裸",
        "二十岁女人 内衣",
        "18岁 性感",
        "几十岁 裸",
        "留恋童年",
        "嗑CP的女孩",
        "女孩子穿内衣",
    ),
    *("其中学生", "儿童用裸眼看星星", "小孩滚铁环", "男性的孩子"),
    *(
        "20歳の裸体",
        "二十歳の女性、ヌード",
        "ロリポップを食べる子供",
        "カロリー",
        "カフェラテと子供",
        "ピエロと子供",
    ),
    *(
        "スーパーマンコスチュームの子供",
        "ヌードルを食べる子供",
        "ペドロと子供",
        "園児ポスター",
        "パチンコで遊ぶ少年",
    ),
    *("二十代の女性、エロ", "子供とフェラーリ", "凧揚げをする小学生"),
)

GROWN_UP: Final = (
    *(
        "18 year old",
        "eighteen years old",
        "a 20-year-old woman in lingerie",
        "thirty-five years old",
        "a sexy woman",
    ),
    *(
        "12 seconds, 16:9",
        "A minor chord",
        "a 117 year old",
        "aged one hundred",
        "middle-aged man",
        "kidney",
        "Bobby",
    ),
    *(
        "18岁",
        "十八岁",
        "二十二岁女人",
        "三十岁",
        "裸体女人",
        "20歳",
        "二十歳",
        "18歳の女性",
        "20代",
        "二十代の女性",
        "大学生",
    ),
)


@pytest.mark.parametrize("text", ALWAYS)
def test_some_words_suffice(text: str) -> None:
    assert concerns(text)
    assert concerns(f"please, {text}!")
    assert concerns(text, sexual=True)


@pytest.mark.parametrize("text", TOGETHER)
def test_minors_and_sexual_terms_together(text: str) -> None:
    assert concerns(text)
    assert concerns(text, sexual=True)


@pytest.mark.parametrize("text", ALONE)
def test_minors_alone_in_the_spicy_preset_only(text: str) -> None:
    assert not concerns(text)
    assert concerns(text, sexual=True)


@pytest.mark.parametrize("text", INNOCENT)
def test_innocent_prompts_pass(text: str) -> None:
    assert not concerns(text)


@pytest.mark.parametrize("text", GROWN_UP)
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
    for text in (
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
    ):
        assert concerns(f"she is {text.format(age)}", sexual=True), text


@pytest.mark.parametrize("age", range(18, 120))
def test_and_none_above(age: int) -> None:
    for text in (
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
    ):
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
