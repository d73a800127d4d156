"""Whoever changes the table behind the bot's back is found out, and where."""

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bot.moderation.audit.chain import Break, Flaw
from bot.moderation.audit.store import AuditStore, LogReport, verify_log
from bot.storage.address import SqliteAddress
from bot.storage.database import Database
from bot.storage.errors import StorageDamagedError
from bot.storage.opening import open_database
from tests.moderation.audit.logs import ENTRY, FILE, change, rows, several, written

LENGTH = 12
COLUMNS = (
    "guild_id",
    "at",
    "actor_id",
    "action",
    "person_id",
    "job_id",
    "reason",
    "details",
    "prompt",
    "prompt_sha256",
    "previous_sha256",
    "sha256",
    "sealed_by",
)
VALUES = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(),
    st.binary(),
    st.sampled_from(["{}", '{"count":3}', "banned", "request_held", "0" * 64, ":", "null", "[]", b"\xff"]),
)
NULLABLE = {"actor_id", "person_id", "job_id", "prompt_sha256", "sealed_by"}  # a prompt may well be removed


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log that nobody touched; every test has a copy."""
    return tmp_path_factory.mktemp("genuine")


@pytest.fixture
async def log(genuine: Path, tmp_path: Path) -> Path:
    if not (genuine / FILE).exists():
        await written(genuine, *several(LENGTH))
    return Path(shutil.copy(genuine / FILE, tmp_path / FILE))


def tampered(log: Path, statement: str, *values: object) -> LogReport:
    """What verification says of a copy in which something was done."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(log, folder))
        change(copy, statement, *values)
        return verify_log(SqliteAddress(copy))


def test_a_log_that_nobody_touched_is_unbroken(log: Path) -> None:
    before = {path.name: path.read_bytes() for path in log.parent.iterdir()}
    assert verify_log(SqliteAddress(log)) == LogReport(LENGTH)
    assert {path.name: path.read_bytes() for path in log.parent.iterdir()} == before


@pytest.mark.slow
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(column=st.sampled_from(COLUMNS), number=st.integers(1, LENGTH), value=VALUES | st.none())
def test_any_column_of_any_entry(log: Path, column: str, number: int, value: object) -> None:
    assume(value is not None or column in NULLABLE)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(log, folder))
        change(copy, f"UPDATE audit SET {column} = ? WHERE number = ?", value, number)  # noqa: S608 - ours
        assume(rows(copy) != rows(log))
        report = verify_log(SqliteAddress(copy))
    assert report.broken is not None
    assert report == LogReport(number - 1, Break(number, report.broken.flaw))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), number=st.integers(1, LENGTH))
def test_one_character_more_less_or_other(log: Path, data: st.DataObject, number: int) -> None:
    row = rows(log)[number - 1]
    column = data.draw(st.sampled_from([name for name in COLUMNS if isinstance(row[name], str)]))
    place = data.draw(st.integers(0, len(row[column])))
    cut = data.draw(st.integers(place, min(place + 1, len(row[column]))))
    text = row[column][:place] + data.draw(st.text(max_size=1)) + row[column][cut:]
    assume(text != row[column])
    report = tampered(log, f"UPDATE audit SET {column} = ? WHERE number = ?", text, number)  # noqa: S608 - ours
    assert report.broken is not None
    assert report.broken.number == number


@pytest.mark.parametrize("number", range(1, LENGTH))
def test_a_deleted_entry(log: Path, number: int) -> None:
    report = tampered(log, "DELETE FROM audit WHERE number = ?", number)
    assert report == LogReport(number - 1, Break(number, Flaw.NUMBER_SKIPPED))


def test_a_deleted_entry_whose_gap_was_closed(log: Path) -> None:
    change(log, "DELETE FROM audit WHERE number = 5")
    change(log, "UPDATE audit SET number = number - 1 WHERE number > 5")
    assert verify_log(SqliteAddress(log)) == LogReport(4, Break(5, Flaw.PREVIOUS_DIFFERS))


@pytest.mark.parametrize("number", [-3, 0, LENGTH + 1, LENGTH + 100])
def test_an_entry_with_another_number(log: Path, number: int) -> None:
    report = tampered(log, "UPDATE audit SET number = ? WHERE number = 3", number)
    named = number if number < 1 else 3
    assert report == LogReport(0 if number < 1 else 2, Break(named, Flaw.NUMBER_SKIPPED))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, LENGTH), min_size=2, max_size=2, unique=True))
def test_swapped_entries(log: Path, pair: list[int]) -> None:
    first, second = sorted(pair)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(log, folder))
        for old, new in ((first, 1000), (second, first), (1000, second)):
            change(copy, "UPDATE audit SET number = ? WHERE number = ?", new, old)
        report = verify_log(SqliteAddress(copy))
    assert report.broken is not None
    assert report.broken.number == first


def test_swapped_prompts(log: Path) -> None:
    second, fourth = (rows(log)[place]["prompt"] for place in (1, 3))
    assert second is not None
    assert fourth is not None
    change(log, "UPDATE audit SET prompt = ? WHERE number = 2", fourth)
    change(log, "UPDATE audit SET prompt = ? WHERE number = 4", second)
    assert verify_log(SqliteAddress(log)) == LogReport(1, Break(2, Flaw.PROMPT_DIFFERS))


def test_a_prompt_where_none_was(log: Path) -> None:
    report = tampered(log, "UPDATE audit SET prompt = 'salt:words' WHERE number = 1")
    assert report == LogReport(0, Break(1, Flaw.PROMPT_DIFFERS))


@pytest.mark.parametrize(
    "details", ['{"b":1,"a":2}', '{"a": 1}', '{"a":1,"a":1}', '{"a":"\\u0041"}', "[", '{"a":NaN}', "[" * 5000]
)
def test_details_as_the_bot_never_writes_them(log: Path, details: str) -> None:
    report = tampered(log, "UPDATE audit SET details = ? WHERE number = 6", details)
    assert report == LogReport(5, Break(6, Flaw.UNREADABLE))


def test_text_that_is_none_is_named_and_not_told(log: Path) -> None:
    report = tampered(log, "UPDATE audit SET reason = CAST(x'73ff' AS TEXT) WHERE number = 7")
    assert report == LogReport(6, Break(7, Flaw.DIGEST_DIFFERS))


def test_that_the_newest_were_cut_off_is_beyond_a_chain(log: Path) -> None:
    assert tampered(log, "DELETE FROM audit WHERE number > 9") == LogReport(9)


async def test_the_log_of_a_running_bot(database: Database, store: AuditStore) -> None:
    assert verify_log(database.address) == LogReport(0)
    await store.append(*several(1200))
    async with database.write():  # while it writes
        assert verify_log(database.address) == LogReport(1200)


@pytest.mark.sqlite
async def test_what_is_appended_to_a_broken_log_mends_nothing(log: Path) -> None:
    change(log, "UPDATE audit SET reason = 'other' WHERE number = ?", LENGTH)
    async with open_database(None, log.parent) as database:
        await AuditStore(database).append(ENTRY)
    assert verify_log(SqliteAddress(log)) == LogReport(LENGTH - 1, Break(LENGTH, Flaw.DIGEST_DIFFERS))


def test_no_file_and_no_table_are_an_empty_log(tmp_path: Path) -> None:
    assert verify_log(SqliteAddress(tmp_path / "nothing")) == LogReport(0)
    assert list(tmp_path.iterdir()) == []
    with closing(sqlite3.connect(tmp_path / "other")) as connection:
        connection.execute("CREATE TABLE jobs (id TEXT)")
    assert verify_log(SqliteAddress(tmp_path / "other")) == LogReport(0)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database" * 400)
    with pytest.raises(StorageDamagedError):
        verify_log(SqliteAddress(tmp_path / FILE))


def test_the_columns_that_are_tampered_with_are_all_there_are(log: Path) -> None:
    assert tuple(rows(log)[0]) == ("number", *COLUMNS)
