"""Lists of words: what is found, what is left alone, and what it costs."""

import time
from collections.abc import Callable, Sequence
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.words.matching import Effect, Term, WordList
from bot.moderation.words.normalising import normalise
from tests.moderation.words.disguises import DISGUISES


def blocked(text: str) -> Term:
    return Term(text, Effect.BLOCKED)


def fragment(text: str) -> Term:
    return Term(text, Effect.BLOCKED, fragment=True)


def finds(term: Term, text: str) -> bool:
    return bool(found([term], text))


def found(terms: Sequence[Term], text: str) -> set[Term]:
    return {hit.term for hit in WordList(terms).hits(normalise(text))}


FRAMES: Final = ("{}", "the {}, there", "（{}）", "这是{}吗", "привет, {}!")


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES.keys())
@pytest.mark.parametrize("word", ["porn", "idiot", "nazis", "badword", "red car"])
def test_disguised_words_are_found(disguise: Callable[[str], str], word: str) -> None:
    for frame in FRAMES:
        assert finds(blocked(word), frame.format(disguise(word))), frame


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("red car", "a redcar"),
        ("red car", "a RedCar drives"),
        ("red car", "#redcar"),
        ("red car", "r e d c a r"),
        ("red car", "see a r.e.d c.a.r a day"),
        ("burger", "two burgers"),
        ("cherry bomb", "cherrybombs"),
        ("fox", "foxes"),
        ("lady", "ladies"),
        ("porn", "ᵖᵒʳⁿ"),
        ("child", "ᏟᎻᎥᏞᎠ"),
        ("porn", "&#112;&#x6f;rn"),
        ("porn", "\u202enrop\u202c"),
        ("萝莉", "蘿莉"),
        ("蘿莉", "萝莉"),
        ("エロ", "えろ"),
        ("すけべ", "スケベ"),
        ("萝莉控", "这是萝.莉.控吗"),
        ("萝莉", "这是萝*莉吗"),
        ("porn", "pooorn"),
        ("porn", "ppoorrn"),
        ("porn", "n.o. p.o.r.n n.o.w"),
        ("porn", "**p**orn"),
        ("porn", "||p||orn"),
        ("porn", "p[o]rn"),
        ("porn", "(p)(o)(r)(n)"),
        ("porn", "p__o__rn"),
        ("porn", "p`o`rn"),
        ("porn", "p\\orn"),
        ("porn", "p**0**rn"),
        ("porn", "[p](http://x)orn"),
        ("porn", "p[or](<https://x.y/z?a=b>)n"),
        ("porn", "<:p:1>orn"),
        ("porn", "<a:po:1234>rn"),
        ("porn", "p<@!1234>orn"),
        ("porn", "p<b>o</b>rn"),
        ("porn", "p🍑orn"),
        ("red car", "see aRedCar"),
        ("nude", "nudeBeach"),
        ("ab", "an a.b here"),
        ("ab", "an a*b* here"),
    ],
)
def test_a_term_stays_found(term: str, text: str) -> None:
    assert finds(blocked(term), text)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("redcar", "we are d car"),
        ("bras", "a brass band"),
        ("raping", "a kid rapping"),
        ("later", "the latter"),
        ("sex", "sexx"),
        ("therapist", "the rapist"),
        ("canal", "a can all"),
        ("エロ", "乗り越えろ"),
        ("ロリ", "とろりとした"),
        ("class", "classmate"),
        ("ill", "I’ll, i'll"),
        ("jk", "J.K. Simmons and J.K"),
        ("red car", "we adored. Carl"),
        ("ab", "a, b"),
    ],
)
def test_two_letters_are_not_one_and_spaces_are_not_closed(term: str, text: str) -> None:
    assert not finds(blocked(term), text)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("sex", "Essex, Sussex and Middlesex"),
        ("sex", "a sextant"),
        ("cock", "a cockatoo and a peacock"),
        ("cunt", "Scunthorpe"),
        ("ass", "a classic as it is, with glass"),
        ("butt", "but not this"),
        ("boob", "Bob"),
        ("god", "a good dog"),
        ("loli", "lollipop, hololive"),
        ("cp", "the CCP"),
        ("shit", "Mishit, shitake"),
        ("hell", "he'll say hello"),
        ("ii", "1 and 11"),
        ("oo", "100 00"),
        ("lol", "101 !0!"),
    ],
)
def test_words_inside_words_are_left_alone(word: str, text: str) -> None:
    assert not finds(blocked(word), text)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        (fragment("porn"), "a foodpornographer"),
        (fragment("porn"), "topporn"),
        (blocked("裸"), "全裸的"),
        (blocked("幼女"), "美幼幼女"),
        (blocked("エロ"), "超エロい"),
        (blocked("시발"), "아시발놈"),
        (blocked("JK"), "女子JKの制服"),
        (blocked("jk制服"), "ＪＫ制服"),
        (blocked("bad word"), "a bad-word, a BAD__word, a bad\nword"),
        (blocked("p.o.r.n"), "porn"),
        (blocked("h3ll"), "H3LL"),
        (blocked("хлеб"), "Хлеб!"),
        (blocked("18+"), "it is 18"),
        (blocked("गाली"), "यह गाली है"),
        (blocked("monarch"), "two monarchs"),
        (blocked("torch"), "two torches"),
        (blocked("hero"), "two heroes"),
        (blocked("knife"), "two knives"),
        (blocked("wolf"), "two wolves"),
        (blocked("pop quiz"), "two pop quizzes"),
        (blocked("kennedy"), "two Kennedys"),
    ],
)
def test_found(term: Term, text: str) -> None:
    assert finds(term, text)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        (blocked("jk"), "jkl"),
        (blocked("h3ll"), "hell"),
        (blocked("bad word"), "a bad sword"),
        (blocked("裸体"), "裸"),
    ],
)
def test_not_found(term: Term, text: str) -> None:
    assert not finds(term, text)


@pytest.mark.parametrize("text", ["", " ", "\u200b", "!?", "🍆🍆", "a", "x!", "é", "1", "a" * 101])
@pytest.mark.parametrize("effect", Effect)
def test_terms_that_find_nothing_or_too_much_are_refused(text: str, effect: Effect) -> None:
    with pytest.raises(ValueError, match=r"^A term (has at (least|most)|needs)"):
        Term(text, effect)


@pytest.mark.parametrize("text", ["裸", "ab", "a b", "12", "a" * 100])
def test_the_shortest_and_longest_terms(text: str) -> None:
    assert finds(blocked(text), text)


def test_each_term_is_named() -> None:
    held, other = Term("knife", Effect.HELD), Term("gun", Effect.ALERTS)
    words = [held, other, blocked("bomb"), blocked("tank")]
    assert found(words, "nothing") == set()
    assert found(words, "a gun, a b0mb, a gun and a knife") == {other, held, blocked("bomb")}


def test_an_empty_list_finds_nothing() -> None:
    assert found([], "anything") == set()


async def test_a_list_is_the_same_if_it_is_built_in_slices() -> None:
    terms = [blocked(f"word{number}") for number in range(120)]
    text = normalise("word7 and word119, but not word120")
    built = await WordList.built(terms)
    assert list(built.hits(text)) == list(WordList(terms).hits(text))


WIDTHLESS: Final = st.sampled_from(["", "\u200b", "\u200d", "\ufe0f", "\u00ad", "\u0301", "\u0336\u0316"])


@given(st.data(), st.text(max_size=30), st.text(max_size=30))
def test_a_found_term_stays_found_whatever_case_and_marks(
    data: st.DataObject, before: str, after: str
) -> None:
    words = WordList([blocked("forbidden")])
    assert list(words.hits(normalise(f"{before} forbidden {after}")))
    word = "".join(
        (letter.upper() if data.draw(st.booleans()) else letter) + data.draw(WIDTHLESS)
        for letter in "forbidden"
    )
    assert list(words.hits(normalise(f"{before} {word} {after}")))


WORD: Final = st.text("bcdfghjkmnpqrtvwxz", min_size=3, max_size=7)
HIDDEN: Final[dict[str, Callable[[list[str]], str]]] = {
    "case": lambda words: " ".join(words).swapcase().title(),
    "run together": "".join,
    "hyphens": "-".join,
    "a separator": lambda words: ".".join("".join(words)),
    "spaces": lambda words: " ".join("".join(words)),
    "tripled": lambda words: " ".join(words)[0] * 3 + " ".join(words)[1:],
    "entities": lambda words: "".join(f"&#{ord(letter)};" for letter in " ".join(words)),
    "reversed": lambda words: f"\u202e{' '.join(words)[::-1]}\u202c",
    "full-width": lambda words: "".join(
        chr(ord(one) + 0xFEE0) if one != " " else one for one in " ".join(words)
    ),
    "plural": lambda words: f"{' '.join(words[:-1])} {words[-1]}{'es' if words[-1][-1] in 'xz' else 's'}",
}


@pytest.mark.parametrize("way", HIDDEN)
@given(words=st.lists(WORD, min_size=1, max_size=3))
def test_any_term_stays_found(way: str, words: list[str]) -> None:
    term = " ".join(words)
    for frame in ("we see {} there", "{}", "看{}吧"):
        assert finds(blocked(term), frame.format(HIDDEN[way](words))), frame


NESTED: Final = [blocked("ab" * times) for times in range(1, 51)]
NESTED_WITHIN: Final = [fragment("abc" * times + "bb") for times in range(1, 33)]
MANY: Final = [
    fragment(f"{first}{second}a") for first in "abcdefghijklmnopqrst" for second in "abcdefghijklmnopqrst"
]


@pytest.mark.slow
@pytest.mark.parametrize("terms", [NESTED, NESTED_WITHIN, MANY], ids=["whole", "within", "many"])
@pytest.mark.parametrize("heap", ["ab", "abc", "abcb", "a", "ab ", "a b ", "4b", "Νab1"])
def test_no_list_makes_ten_times_the_text_much_more_than_ten_times_the_work(
    terms: Sequence[Term], heap: str
) -> None:
    words = WordList(terms)

    def seconds(length: int) -> float:
        normalised = normalise((heap * length)[:length])
        began = time.process_time()
        list(words.hits(normalised))
        return time.process_time() - began

    seconds(2_500)
    assert min(seconds(25_000) for _ in range(2)) < 40 * max(min(seconds(2_500) for _ in range(3)), 0.0005)
