"""The lists on the disk."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from sqlalchemy import update

from bot.moderation.audit.log import AuditLog
from bot.moderation.words.matching import Effect, Term
from bot.moderation.words.store import StoredTerm, TermStore
from bot.storage.database import Database
from bot.storage.errors import StorageError
from bot.storage.moderation_tables import terms
from tests.moderation.audited import alone

NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
SERVER: Final = 2**62
TERM: Final = Term("Wörd's; 裸 '--", Effect.HELD, fragment=True)


async def test_terms_come_back_as_they_were_added(database: Database, audit_log: AuditLog) -> None:
    store = TermStore(database)
    assert await store.everything() == {}
    assert await alone(audit_log, store.add, SERVER, TERM, 7, NOW)
    assert await alone(audit_log, store.add, 0, Term("zz", Effect.BLOCKED), 8, NOW)
    assert await alone(audit_log, store.add, 0, Term("aa", Effect.BLOCKED), 8, NOW)
    assert await TermStore(database).everything() == {
        0: (
            StoredTerm(Term("aa", Effect.BLOCKED), 8, NOW),
            StoredTerm(Term("zz", Effect.BLOCKED), 8, NOW),
        ),
        SERVER: (StoredTerm(TERM, 7, NOW),),
    }


async def test_a_term_that_is_there_gets_the_new_effect_only(database: Database, audit_log: AuditLog) -> None:
    store = TermStore(database)
    assert await alone(audit_log, store.add, SERVER, TERM, 7, NOW)
    newer = Term(TERM.text, Effect.BLOCKED)
    assert not await alone(audit_log, store.add, SERVER, newer, 8, NOW + timedelta(days=1))
    assert await store.everything() == {SERVER: (StoredTerm(newer, 7, NOW),)}


async def test_a_term_is_removed_from_its_own_list(database: Database, audit_log: AuditLog) -> None:
    store = TermStore(database)
    await alone(audit_log, store.add, SERVER, TERM, 7, NOW)
    await alone(audit_log, store.add, 0, TERM, 7, NOW)
    assert await alone(audit_log, store.remove, SERVER, TERM.text)
    assert not await alone(audit_log, store.remove, SERVER, TERM.text)
    assert set(await store.everything()) == {0}


async def test_a_term_whose_effect_cannot_be_read_blocks_and_one_that_is_none_is_passed_over(
    database: Database, audit_log: AuditLog
) -> None:
    store = TermStore(database)
    await alone(audit_log, store.add, SERVER, TERM, 7, NOW)
    await alone(audit_log, store.add, SERVER, Term("other", Effect.HELD), 7, NOW)
    async with database.write() as connection:
        await connection.execute(update(terms).where(terms.c.term == "other").values(effect="cheered"))
        await connection.execute(
            terms.insert().values(
                guild_id=SERVER, term="…", effect="held", fragment=False, added_by=7, added_at=NOW
            )
        )
    found = {stored.term.text: stored.term.effect for stored in (await store.everything())[SERVER]}
    assert found == {TERM.text: TERM.effect, "other": Effect.BLOCKED}


async def test_a_closed_database_is_an_error_of_storage(database: Database) -> None:
    await database.close()
    with pytest.raises(StorageError):
        await TermStore(database).everything()
