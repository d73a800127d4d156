"""The lists at hand: whose count where, and that they follow every change."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import pytest

from bot.moderation.audit.log import AuditLog
from bot.moderation.words.findings import WordVerdict
from bot.moderation.words.matching import Effect, Term
from bot.moderation.words.store import TermStore
from bot.moderation.words.straddling import ChildSegmenter, Question, segmenting_pool
from bot.moderation.words.word_lists import MOST_TERMS, OPERATOR, ListFullError, WordLists
from bot.storage.database import Database
from bot.storage.errors import StorageError

NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
SERVER, OTHER = 11, 12


@pytest.fixture
async def book(database: Database) -> WordLists:
    made = WordLists(TermStore(database), AuditLog(database), lambda: NOW)
    await made.load()
    return made


async def judge(
    book: WordLists, guild_id: int | None, text: str, *, sexual: bool = False, exempt: bool = False
) -> WordVerdict:
    return (await book.examine(guild_id, text, sexual=sexual, exempt=exempt)).verdict


async def matched(book: WordLists, guild_id: int | None, text: str) -> list[Term]:
    return [one.term for one in (await book.examine(guild_id, text, sexual=False)).found]


async def test_a_new_book_blocks_only_what_is_always_blocked(book: WordLists) -> None:
    for place in (None, OPERATOR, SERVER):
        assert await judge(book, place, "a child flies a kite") is WordVerdict.NONE
        assert (
            await judge(book, place, "a child flies a kite", sexual=True)
            is WordVerdict.REFUSED_BY_SHIPPED_RULE
        )
        assert await judge(book, place, "a naked child") is WordVerdict.REFUSED_BY_SHIPPED_RULE
    assert book.terms(SERVER) == ()
    assert await matched(book, SERVER, "anything") == []


async def test_lists_count_where_they_belong(book: WordLists) -> None:
    assert await book.add(OPERATOR, Term("bomb", Effect.BLOCKED), 1)
    assert await book.add(SERVER, Term("knife", Effect.HELD), 1)
    verdicts = {
        (place, text): await judge(book, place, text)
        for place in (None, SERVER, OTHER)
        for text in ("a b0mb", "a k n i f e")
    }
    none, held, block = WordVerdict.NONE, WordVerdict.HELD, WordVerdict.BLOCKED
    assert verdicts == {
        (None, "a b0mb"): block,
        (None, "a k n i f e"): none,
        (SERVER, "a b0mb"): block,
        (SERVER, "a k n i f e"): held,
        (OTHER, "a b0mb"): block,
        (OTHER, "a k n i f e"): none,
    }


async def test_the_stronger_effect_counts_and_minors_before_all(book: WordLists) -> None:
    await book.add(OPERATOR, Term("tower", Effect.HELD), 1)
    await book.add(SERVER, Term("towers", Effect.HELD), 1)
    await book.add(SERVER, Term("tower", Effect.BLOCKED), 1)
    assert await judge(book, OTHER, "a tower") is WordVerdict.HELD
    assert await judge(book, SERVER, "a tower") is WordVerdict.BLOCKED
    assert await judge(book, SERVER, "a tower, loli") is WordVerdict.REFUSED_BY_SHIPPED_RULE
    assert [term.effect for term in await matched(book, SERVER, "a tower")] == [Effect.HELD, Effect.BLOCKED]
    assert await matched(book, None, "a tower") == [Term("tower", Effect.HELD)]


async def test_changes_are_there_at_once_and_after_a_restart(book: WordLists, database: Database) -> None:
    assert await book.add(SERVER, Term("Knife", Effect.HELD), 1)
    assert not await book.add(SERVER, Term("ｋｎｉｆｅ", Effect.BLOCKED, fragment=True), 2)
    later = WordLists(TermStore(database), AuditLog(database), lambda: NOW)
    await later.load()
    for each in (book, later):
        (stored,) = each.terms(SERVER)
        assert (stored.term, stored.added_by) == (Term("Knife", Effect.BLOCKED, fragment=True), 1)
        assert stored.added_at == NOW
        assert await judge(each, SERVER, "penknives and jackknifes") is WordVerdict.BLOCKED
    assert await book.remove(SERVER, "KNIFE", 1)
    assert not await book.remove(SERVER, "knife", 1)
    assert await judge(book, SERVER, "a knife") is WordVerdict.NONE
    await later.load()
    assert later.terms(SERVER) == ()


@pytest.mark.slow
async def test_a_list_has_a_limit_for_new_terms(book: WordLists) -> None:
    many = [Term(f"word{number}", Effect.HELD) for number in range(MOST_TERMS)]
    assert await book.add_all(SERVER, many, 1) == (MOST_TERMS, 0)
    with pytest.raises(ValueError, match="at most 2000"):
        await book.add(SERVER, Term("one more", Effect.HELD), 1)
    assert not await book.add(SERVER, Term("word0", Effect.BLOCKED), 1)
    assert await book.add(OTHER, Term("one more", Effect.HELD), 1)
    assert len(book.terms(SERVER)) == MOST_TERMS
    assert await book.remove(SERVER, "word1", 1)
    assert await book.add(SERVER, Term("one more", Effect.HELD), 1)


async def test_what_could_not_be_kept_does_not_count(book: WordLists, database: Database) -> None:
    await book.add(SERVER, Term("knife", Effect.HELD), 1)
    await database.close()
    with pytest.raises(StorageError):
        await book.add(SERVER, Term("tower", Effect.BLOCKED), 1)
    with pytest.raises(StorageError):
        await book.remove(SERVER, "knife", 1)
    assert await judge(book, SERVER, "a tower") is WordVerdict.NONE
    assert await judge(book, SERVER, "a knife") is WordVerdict.HELD


async def test_a_file_is_one_decision_and_keeps_who_added_a_term_first(book: WordLists) -> None:
    await book.add(SERVER, Term("Knife", Effect.HELD), 1)
    terms = [Term("knife", Effect.BLOCKED), Term("fork", Effect.ALERTS), Term("forks", Effect.HELD)]
    assert await book.add_all(SERVER, terms, 2) == (2, 1)
    assert await book.add_all(SERVER, terms, 3) == (0, 0)
    assert [(one.term.text, one.added_by) for one in book.terms(SERVER)] == [
        ("Knife", 1),
        ("fork", 2),
        ("forks", 2),
    ]
    assert await judge(book, SERVER, "a knife") is WordVerdict.BLOCKED


async def test_a_file_for_which_there_is_no_room_changes_nothing(book: WordLists) -> None:
    await book.add(SERVER, Term("knife", Effect.HELD), 1)
    terms = [Term(f"word{number}", Effect.HELD) for number in range(MOST_TERMS)]
    with pytest.raises(ListFullError):
        await book.add_all(SERVER, terms, 1)
    assert len(book.terms(SERVER)) == 1


async def test_an_alert_changes_nothing_and_is_found(book: WordLists) -> None:
    assert not book.may_alert(SERVER)
    await book.add(SERVER, Term("tower", Effect.ALERTS), 1)
    assert book.may_alert(SERVER)
    assert not book.may_alert(OTHER)
    findings = await book.examine(SERVER, "a Tower at night", sexual=False)
    assert (findings.verdict, findings.alerts) == (WordVerdict.NONE, True)
    assert [(one.start, one.end) for one in findings.found] == [(2, 7)]


async def test_who_is_exempt_is_so_from_the_servers_own_list_alone(book: WordLists) -> None:
    await book.add(SERVER, Term("knife", Effect.BLOCKED), 1)
    await book.add(SERVER, Term("tower", Effect.ALERTS), 1)
    await book.add(OPERATOR, Term("bomb", Effect.BLOCKED), 1)
    assert await judge(book, SERVER, "a knife", exempt=True) is WordVerdict.NONE
    assert await judge(book, SERVER, "a bomb", exempt=True) is WordVerdict.BLOCKED
    assert await judge(book, SERVER, "a nude child", exempt=True) is WordVerdict.REFUSED_BY_SHIPPED_RULE
    assert (await book.examine(SERVER, "a tower", sexual=False, exempt=True)).alerts


async def test_weak_pairs_are_held_and_strong_ones_refused(book: WordLists) -> None:
    assert await judge(book, SERVER, "a child in underwear") is WordVerdict.HELD
    assert await judge(book, SERVER, "a nude child") is WordVerdict.REFUSED_BY_SHIPPED_RULE
    found = (await book.examine(SERVER, "a nude, happy child", sexual=False)).found
    assert [(one.term.text, one.shipped, one.start, one.end) for one in found] == [
        ("nude", True, 2, 6),
        ("child", True, 14, 19),
    ]


@pytest.mark.parametrize(
    ("text", "start"), [("and a r.e.d-c.a.r there", 6), ("we see a redcar", 9), ("RED CAR", 0)]
)
async def test_the_place_of_a_disguised_term_is_near_it(book: WordLists, text: str, start: int) -> None:
    await book.add(SERVER, Term("red car", Effect.HELD), 1)
    (found,) = (await book.examine(SERVER, text, sexual=False)).found
    assert abs(found.start - start) <= 8
    assert found.start < found.end <= len(text) + 4


async def test_a_servers_chinese_term_is_found_only_where_it_is_a_word(database: Database) -> None:
    async with segmenting_pool(within_s=30.0) as pool:
        book = WordLists(
            TermStore(database), AuditLog(database), lambda: NOW, ChildSegmenter(pool, within_s=30.0)
        )
        await book.add(SERVER, Term("性感", Effect.BLOCKED), 1)
        assert await judge(book, SERVER, "流行性感冒的季节") is WordVerdict.NONE
        assert await judge(book, SERVER, "流行性感冒，性感的猫") is WordVerdict.BLOCKED
        assert await judge(book, SERVER, "一只性感的猫") is WordVerdict.BLOCKED


class Meeting:
    """Answers when it was asked twice: a caller that waits for one answer before it asks again waits for ever."""

    def __init__(self) -> None:
        self._asked = 0
        self._met = asyncio.Event()

    async def straddled(self, questions: Sequence[Question]) -> Sequence[bool]:
        self._asked += 1
        if self._asked == 2:
            self._met.set()
        await self._met.wait()
        return [False] * len(questions)


async def test_finds_of_all_lists_are_examined_at_the_same_time(database: Database) -> None:
    book = WordLists(TermStore(database), AuditLog(database), lambda: NOW, Meeting())
    await book.add(SERVER, Term("性感", Effect.BLOCKED), 1)
    async with asyncio.timeout(30):
        assert await judge(book, SERVER, "减少女性流行性感冒") is not WordVerdict.NONE
