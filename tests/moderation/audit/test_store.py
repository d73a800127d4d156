"""The log on the disk: kept as it was said, in one chain whoever appends, found again by what is asked."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.moderation.audit.entries import AuditAction, AuditEntry, Detail, RecordedEntry
from bot.moderation.audit.rows import UnreadableEntryError
from bot.moderation.audit.store import AuditFilter, AuditStore, LogReport, append_within, verify_log
from bot.storage.database import Database
from bot.storage.errors import StorageError
from tests.moderation.audit.logs import (
    ENTRY,
    GUILD,
    NOW,
    PERSON,
    PROMPT,
    change,
    several,
    stored,
    verify,
)

pytestmark = pytest.mark.postgresql


def plain(recorded: RecordedEntry) -> AuditEntry:
    return AuditEntry(**{field.name: getattr(recorded, field.name) for field in fields(AuditEntry)})


async def whole(store: AuditStore) -> list[RecordedEntry]:
    return [entry async for entry in store.all_in_order()]


async def test_an_entry_is_kept_as_it_was_said(store: AuditStore, database: Database) -> None:
    short = AuditEntry(0, NOW, AuditAction.BANNED, None)
    appended = await store.append(ENTRY, short)
    assert [one.number for one in appended] == [1, 2]
    assert appended == tuple(await whole(store))
    assert tuple(map(plain, appended)) == (ENTRY, short)
    assert await store.read(limit=10) == appended[::-1]
    assert (appended[1].prompt_salt, appended[1].prompt_sha256) == (None, None)
    first, second = await stored(database)
    assert first["action"] == "request_held"
    assert first["prompt"] == f"{appended[0].prompt_salt}:{PROMPT}"
    assert (second["details"], second["prompt"], second["actor_id"]) == ("{}", None, None)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(alphabet=st.characters()),
    st.none() | st.text(alphabet=st.characters()),
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(alphabet=st.characters()),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
)
async def test_whatever_people_write_is_kept(
    store: AuditStore, reason: str, prompt: str | None, detail: Detail
) -> None:
    (appended,) = await store.append(replace(ENTRY, reason=reason, prompt=prompt, details={"detail": detail}))
    assert await store.read(limit=1) == (appended,)
    assert verify(await whole(store)) is None


async def test_nothing_said_is_nothing_written(store: AuditStore, database: Database) -> None:
    assert await store.append() == ()
    assert database.commits == 0


async def test_entries_come_all_or_none(store: AuditStore) -> None:
    with pytest.raises(ValueError, match="time zone"):
        await store.append(ENTRY, replace(ENTRY, at=NOW.replace(tzinfo=None)))
    assert await whole(store) == []


@pytest.mark.slow
async def test_an_entry_is_part_of_the_callers_transaction(store: AuditStore, database: Database) -> None:
    with suppress(ZeroDivisionError):
        async with database.write() as connection:
            await append_within(connection, ENTRY)
            _ = 1 / 0
    assert await whole(store) == []
    async with database.write() as connection:
        (kept,) = await append_within(connection, ENTRY)
        assert await append_within(connection) == ()
    assert await whole(store) == [kept]


@pytest.mark.slow
async def test_thousands_at_once_make_one_chain(store: AuditStore, database: Database) -> None:
    entries = several(3000)
    parts = [entries[start : start + 1 + start % 13] for start in range(0, 1500, 5)]
    ones = [(entry,) for entry in entries[:500]]
    other = AuditStore(database)  # as another part of the bot may have one
    appended = await asyncio.gather(
        *(other.append(*part) for part in ones),
        *(store.append(*part) for part in parts),
        store.append(*entries),
    )
    for part in appended:  # whoever comes between, what was said together stays together
        assert [one.number for one in part] == list(range(part[0].number, part[0].number + len(part)))
    log = await whole(store)
    assert len(log) == sum(map(len, appended)) > 5000
    assert verify(log) is None
    assert verify_log(database.address) == LogReport(len(log))


async def test_a_cancelled_append_leaves_the_chain_whole(store: AuditStore, database: Database) -> None:
    tasks = [asyncio.create_task(store.append(ENTRY, ENTRY)) for _ in range(40)]
    for task in tasks[::3]:
        await asyncio.sleep(0.001)
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    report = verify_log(database.address)
    assert report.broken is None
    assert report.entries % 2 == 0


@pytest.mark.parametrize("batch", [1, 7, 50, 1000])
async def test_everything_comes_in_order_in_any_batches(store: AuditStore, batch: int) -> None:
    appended = await store.append(*several(50))
    assert tuple([entry async for entry in store.all_in_order(batch)]) == appended
    mine = [entry async for entry in store.all_in_order(batch, AuditFilter(guild_id=GUILD))]
    assert mine == [entry for entry in appended if entry.guild_id == GUILD]


async def test_going_through_the_log_keeps_nobody_waiting(store: AuditStore) -> None:
    await store.append(*several(3))
    async with asyncio.timeout(60):
        seen = 0
        async for _entry in store.all_in_order(2):
            seen += 1
            if seen < 5:
                await store.append(ENTRY)
    assert seen == 7


WANTED: list[tuple[AuditFilter, Callable[[RecordedEntry], bool]]] = [
    (AuditFilter(), lambda _entry: True),
    (AuditFilter(guild_id=GUILD), lambda entry: entry.guild_id == GUILD),
    (AuditFilter(actions=frozenset({AuditAction.BANNED})), lambda entry: entry.action is AuditAction.BANNED),
    (
        AuditFilter(actions=frozenset({AuditAction.BANNED, AuditAction.TRUSTED})),
        lambda entry: entry.action in {AuditAction.BANNED, AuditAction.TRUSTED},
    ),
    (AuditFilter(person_id=PERSON), lambda entry: entry.person_id == PERSON),
    (AuditFilter(since=NOW + timedelta(seconds=10)), lambda entry: entry.at >= NOW + timedelta(seconds=10)),
    (
        AuditFilter(guild_id=GUILD, person_id=PERSON, since=NOW + timedelta(seconds=10)),
        lambda entry: (
            entry.guild_id == GUILD and entry.person_id == PERSON and entry.at >= NOW + timedelta(seconds=10)
        ),
    ),
    (AuditFilter(guild_id=1), lambda _entry: False),
]


@pytest.mark.parametrize(("chosen", "wanted"), WANTED)
async def test_what_is_asked_for_is_found(
    store: AuditStore, chosen: AuditFilter, wanted: Callable[[RecordedEntry], bool]
) -> None:
    appended = await store.append(*several(90))
    expected = tuple(entry for entry in appended[::-1] if wanted(entry))
    assert await store.read(chosen, limit=1000) == expected
    assert len(expected) < len(appended) or chosen == AuditFilter()


async def test_pages_follow_each_other_while_the_log_grows(store: AuditStore) -> None:
    appended = await store.append(*several(25))
    chosen, found, before = AuditFilter(guild_id=GUILD), [], None
    while page := await store.read(chosen, before=before, limit=4):
        assert len(page) <= 4
        found += page
        before = page[-1].number
        await store.append(ENTRY)
    assert found == [entry for entry in appended[::-1] if entry.guild_id == GUILD]


@pytest.mark.sqlite
async def test_an_entry_that_cannot_be_read_is_named_without_its_words(
    store: AuditStore, database: Database
) -> None:
    await store.append(*several(3))
    change(database.path, "UPDATE audit SET action = 'secret' WHERE number = 2")
    with pytest.raises(UnreadableEntryError, match="entry 2 of the audit log") as caught:
        await store.read(limit=5)
    assert isinstance(caught.value, StorageError)
    assert "secret" not in str(caught.value)
    with pytest.raises(UnreadableEntryError):
        await whole(store)
