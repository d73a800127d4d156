"""The export: everything about one user, nobody else's name, and files that fit into a message."""

import json
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from bot.moderation.audit.log import AuditLog
from bot.personal_data.archive import fitted
from bot.personal_data.export import PersonExport
from bot.personal_data.inventory import PersonInventory
from bot.storage.database import Database
from bot.storage.moderation_tables import reviews
from bot.storage.opening import open_database
from bot.storage.tables import jobs
from tests.personal_data.stored_person import (
    ENTRIES,
    GUILD,
    LOOK,
    MARK,
    NOW,
    OTHER,
    PERSON,
    files_in,
    fill,
    job,
    parts,
    review,
    tell_later,
)

MANY = 10_000


async def exported(database: Database, path: Path) -> dict[str, Any]:
    """The contents of an export."""
    await PersonExport(database).write(PERSON, path, NOW)
    return json.loads(path.read_text("utf-8"))


async def test_it_has_everything_of_the_user_and_nobody_else(
    tmp_path: Path, database_url: str | None
) -> None:
    async with open_database(database_url, tmp_path) as database:
        await fill(database, tmp_path)
        found = await exported(database, tmp_path / "export.json")
        counted = await PersonInventory(database, files_in(tmp_path)).of(PERSON)
    sections = {name: len(value) for name, value in found.items() if isinstance(value, list)}
    assert sections == {
        "requests": 1,
        "defaults": 1,
        "forms": 1,
        "reports": 2,
        "server_records": 1,
        "strikes": 1,
        "questions": 1,
        "news": 1,
        "votes": 1,
        "charges": 0,
        "deletion": 0,
        "words_added": 0,
        "log": len(ENTRIES),
    }
    assert str(OTHER) not in str(found)
    assert found["strikes"][0]["given_by"] == "a moderator"
    assert found["requests"][0]["prompt"] == MARK
    assert [one["text"] for one in found["log"]] == [MARK, MARK, MARK, None, None, None]
    assert [one["reason"] for one in found["log"]] == ["", "", "", MARK, "", ""]
    assert (counted.requests, counted.pictures, counted.videos, counted.strikes) == (1, 1, 4, 1)
    assert counted.entries == len(ENTRIES)


async def test_what_a_deletion_leaves_for_a_while_is_in_it(tmp_path: Path, database_url: str | None) -> None:
    """The seconds that count against the caps of a day, and that the deletion goes on."""
    bought = job(id="e" * 32, task_id="task-2", created_at=NOW, submitted_at=NOW)
    waiting = job(id="f" * 32, task_id="task-3")
    asked = review("r3", "f" * 32, PERSON, state="open", decided_at=None)
    async with open_database(database_url, tmp_path) as database:
        await fill(database, tmp_path)
        async with database.write() as connection:
            await connection.execute(insert(jobs), [bought, waiting])
            await connection.execute(insert(reviews).values(asked))
        person = (await parts(database, tmp_path)).person
        assert not (await person.proceed(await person.ask(PERSON, by=PERSON), tell_later)).complete
        found = await exported(database, tmp_path / "export.json")
    (charge,), (deletion,) = found["charges"], found["deletion"]
    assert (charge["seconds"], charge["submitted_at"]) == (6, NOW.isoformat())
    assert deletion == {"asked_at": NOW.isoformat(), "texts_gone_at": NOW.isoformat()}
    assert [one["id"] for one in found["requests"]] == ["f" * 32]


async def test_a_moderator_who_looked_for_a_video_is_not_given_its_users_words(
    tmp_path: Path, database_url: str | None
) -> None:
    async with open_database(database_url, tmp_path) as database:
        await fill(database, tmp_path)
        await PersonExport(database).write(OTHER, tmp_path / "export.json", NOW)
    found: dict[str, Any] = json.loads((tmp_path / "export.json").read_text("utf-8"))
    looked = next(one for one in found["requests"] if one["id"] == LOOK)
    words = ("prompt", "sources", "pictures", "parent_url", "raw_answer")
    assert [looked[name] for name in words] == [None] * len(words)


async def test_ids_survive_a_reader_without_integers(tmp_path: Path, database_url: str | None) -> None:
    async with open_database(database_url, tmp_path) as database:
        await fill(database, tmp_path)
        await exported(database, tmp_path / "export.json")
    read = json.loads(
        (tmp_path / "export.json").read_text("utf-8"), parse_int=lambda digits: int(float(digits))
    )
    (request,) = read["requests"]
    assert (read["person_id"], request["guild_id"], request["role_ids"]) == (str(PERSON), str(GUILD), ["9"])
    assert read["strikes"][0]["guild_id"] == str(GUILD)


@pytest.mark.slow
async def test_ten_thousand_requests_are_exported(tmp_path: Path, database_url: str | None) -> None:
    async with open_database(database_url, tmp_path) as database:
        many = [job(id=f"{number:032}", task_id=f"task-{number}") for number in range(MANY)]
        async with database.write() as connection:
            await connection.execute(insert(jobs), many)
        await AuditLog(database).append(*(replace(ENTRIES[0], job_id=one["id"]) for one in many))
        began = time.perf_counter()
        found = await exported(database, tmp_path / "export.json")
        took_s = time.perf_counter() - began
    size_bytes = (tmp_path / "export.json").stat().st_size
    print(  # noqa: T201 - the figure is for who reads it
        f"{MANY} requests and entries exported in {took_s:.1f} s, {size_bytes / 1e6:.1f} MB"
    )
    assert len({one["id"] for one in found["requests"]}) == MANY
    assert len(found["log"]) == MANY


def test_a_file_that_is_too_large_is_compressed(tmp_path: Path) -> None:
    path = tmp_path / "my-data.json"
    path.write_text("a" * 5000)
    assert fitted(path, 5000) == [path]
    (packed,) = fitted(path, 4999)
    with zipfile.ZipFile(packed) as archive:
        assert archive.read("my-data.json") == path.read_bytes()


def test_one_that_is_still_too_large_is_cut_into_parts(tmp_path: Path) -> None:
    path = tmp_path / "my-data.json"
    path.write_bytes(bytes(number * 7919 % 251 for number in range(5000)))
    parts = fitted(path, 300)
    assert len(parts) > 1
    assert all(0 < part.stat().st_size <= 300 for part in parts)
    whole = tmp_path / "whole.zip"
    whole.write_bytes(b"".join(part.read_bytes() for part in parts))
    with zipfile.ZipFile(whole) as archive:
        assert archive.read("my-data.json") == path.read_bytes()
