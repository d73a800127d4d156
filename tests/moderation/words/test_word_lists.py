"""The lists at hand: whose count where, and that they follow every change."""

from datetime import UTC, datetime
from typing import Final

import pytest

from bot.moderation.audit.log import AuditLog
from bot.moderation.words.findings import WordVerdict
from bot.moderation.words.matching import Effect, Term
from bot.moderation.words.store import TermStore
from bot.moderation.words.word_lists import MOST_TERMS, OPERATOR, WordLists
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
    for number in range(MOST_TERMS):
        assert await book.add(SERVER, Term(f"word{number}", Effect.HELD), 1)
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
