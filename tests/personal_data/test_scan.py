"""After a deletion nothing of a user is found in any column of any table, nor in any byte of any file."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import JSON, String

from bot.moderation.audit.store import verify_log
from bot.storage.address import SqliteAddress
from bot.storage.opening import open_database
from bot.storage.privacy_tables import deletions, left_servers
from bot.storage.tables import metadata
from tests.personal_data.scanning import FILE, columns_with, found_in_files
from tests.personal_data.stored_person import (
    ENTRIES,
    JOB,
    LOOK,
    MARK,
    OTHER,
    PERSON,
    fill,
    parts,
    rows,
    tell_later,
)

WITHOUT_TEXTS = {
    "submission_pauses",
    deletions.name,
    left_servers.name,
    "file_deletions",
    "gateway_shards",
    "heartbeats",
    "leader_lease",
    "line_entries",
    "operator_orders",
    "pause_news",
    "request_holds",
    "servers",
    "terms",
}
"""Tables without a user's texts: what a server's moderators set stays the server's."""
IDS_STAY = {
    "members.person_id",
    "members.suspended_by",
    "strikes.person_id",
    "strikes.given_by",
    "reviews.decided_by",
    "votes.person_id",
    "audit.person_id",
    "audit.actor_id",
    "reports.person_id",  # of a video about which nobody has decided
    "deletions.person_id",  # until then
}
"""Columns that may name the user afterwards: decisions by and about them."""
OWN_WORDS: dict[str, set[str]] = {
    "jobs": {
        *(
            "id",
            "state",
            "size",
            "resolution",
            "preset",
            "channel_group",
            "task_id",
            "parent_id",
            "post_route",
        ),
        *("approved", "review_id", "claimed_by", "mismatch", "file_facts", "posted_file", "video_name"),
        *("language", "role_ids"),
    },
    "people": {"size", "resolution", "preset"},
    "drafts": {"id", "job_id"},
    "reports": {"job_id", "reason", "language", "outcome"},
    "members": {"listed"},
    "strikes": {"job_id"},
    "reviews": {"id", "job_id", "stage", "state", "outstanding"},
    "votes": {"review_id"},
    "person_news": {"kind", "job_id"},
    "audit": {"action", "job_id", "prompt_sha256", "previous_sha256", "sha256"},
}
"""Columns of text that hold ids and words of the bot's own alone."""


@pytest.mark.sqlite
async def test_nothing_is_found_but_what_was_decided(tmp_path: Path) -> None:
    async with open_database(None, tmp_path) as database:
        await fill(database, tmp_path)
        made = await parts(database, tmp_path)
        assert found_in_files(tmp_path) != set()
        done = await made.person.proceed(await made.person.ask(PERSON, by=PERSON), tell_later)
        assert done.erased == 1
        assert columns_with(tmp_path, MARK) == set()
        assert found_in_files(tmp_path) == set()  # while it is open: neither in freed pages nor in its log
    assert found_in_files(tmp_path) == set()
    assert columns_with(tmp_path, MARK) == set()
    assert columns_with(tmp_path, str(PERSON)) <= IDS_STAY
    assert verify_log(SqliteAddress(tmp_path / FILE)).broken is None


@pytest.mark.sqlite
async def test_what_was_decided_stays(tmp_path: Path) -> None:
    async with open_database(None, tmp_path) as database:
        await fill(database, tmp_path)
        made = await parts(database, tmp_path)
        await made.person.proceed(await made.person.ask(PERSON, by=PERSON), tell_later)
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        found = connection.execute(
            "SELECT listed, suspended_until IS NULL FROM members WHERE person_id = ?", [PERSON]
        )
        assert found.fetchall() == [("blocked", 0)]
        assert connection.execute("SELECT count(*) FROM strikes").fetchone() == (2,)
        logged = connection.execute("SELECT action, person_id, reason FROM audit ORDER BY number").fetchall()
    expected = [
        (one.action.value, one.person_id, "minor" if one.reason == "minor" else "") for one in ENTRIES
    ]
    assert logged[: len(ENTRIES)] == expected


@pytest.mark.sqlite
async def test_a_moderator_who_looked_for_a_video_takes_nothing_from_its_user(tmp_path: Path) -> None:
    """The moderator's job has the same task: with it go neither the user's words nor the user's video."""
    async with open_database(None, tmp_path) as database:
        await fill(database, tmp_path)
        made = await parts(database, tmp_path)
        done = await made.person.proceed(await made.person.ask(OTHER, by=OTHER), tell_later)
        assert done.complete
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        found = connection.execute("SELECT id, prompt, video_name FROM jobs WHERE id IN (?, ?)", [JOB, LOOK])
        stored = {one: (prompt, video) for one, prompt, video in found}
    assert stored == {JOB: (MARK, f"{JOB}.mp4"), LOOK: ("…", None)}
    assert (tmp_path / "spool" / JOB).exists()
    assert {path.name for path in (tmp_path / "media").iterdir()} >= {f"{JOB}.mp4", f"{JOB}.full.mp4"}


def test_every_column_with_a_text_is_tried() -> None:
    """A column that is added is either filled in the test above, or said to hold no user's words."""
    untried: set[str] = set()
    for table in metadata.sorted_tables:
        if table.name in WITHOUT_TEXTS:
            continue
        filled = {"reason", "details", "prompt"} if table.name == "audit" else set[str]()
        for row in rows().get(table.name, ()):
            filled |= {name for name, value in row.items() if MARK in str(value)}
        texts = {column.name for column in table.c if isinstance(column.type, (String, JSON))}
        untried |= {f"{table.name}.{name}" for name in texts - filled - OWN_WORDS.get(table.name, set[str]())}
    assert untried == set()
