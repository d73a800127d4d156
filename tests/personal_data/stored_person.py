"""A user of whom something stands in every place where there can be something, with a word that is found again."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert

from bot.files.job_files import JobFiles
from bot.files.local_files import LocalFiles
from bot.jobs.store import JobStore
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditLog
from bot.moderation.members.cache import MemberCache
from bot.moderation.members.store import MemberStore
from bot.people.cache import PreferenceCache
from bot.people.store import PeopleStore
from bot.personal_data.parts import ErasureParts
from bot.storage.database import Database
from bot.storage.tables import metadata
from tests.storage.rows import row

MARK: Final = "zqxjkvmark"
PERSON: Final = 987_654_321_987_654_321
OTHER: Final = 111_222_333_444_555_666
GUILD: Final = 4_242
THEN: Final = datetime(2026, 11, 1, 12, tzinfo=UTC)
NOW: Final = THEN + timedelta(days=20)
JOB, LOOK, THEIRS = "a" * 32, "b" * 32, "c" * 32
"""The user's job, that of a moderator who looked for its video, and another user's."""
SOURCE: Final = {"kind": "attachment", "url": f"https://cdn/{MARK}", "filename": f"{MARK}.png"}


def job(**changed: Any) -> dict[str, Any]:
    """A delivered job whose columns hold the word wherever a user's text can be."""
    failure = {"reason": "denied", "detail": MARK, "picture": MARK, "problem": None}
    return row(
        **{
            "id": JOB,
            "state": "delivered",
            "created_at": THEN,
            "answered_at": THEN,
            "submitted_at": THEN,
            "ended_at": THEN,
            "settled_at": THEN,
            "prompt": MARK,
            "sources": [SOURCE],
            "pictures": [{"name": MARK}],
            "person_id": PERSON,
            "guild_id": GUILD,
            "reply_guild_id": GUILD,
            "channel_id": 5,
            "message_id": 6,
            "asked_message_id": 7,
            "token": MARK,
            "task_id": "task-1",
            "video_name": f"{JOB}.mp4",
            "failure": failure,
            "parent_url": f"https://discord.com/{MARK}",
            "language": "ja",
            "role_ids": [9],
            "raw_answer": MARK,
            "fallback": {"why": MARK},
            "original_name": f"{JOB}.{MARK}.mp4",
            **changed,
        }
    )


def rows() -> Mapping[str, Sequence[dict[str, Any]]]:
    """The user's rows by the names of their tables."""
    url = f"https://discord.com/channels/{GUILD}/5/6"
    at = {"created_at": THEN}
    return {
        "jobs": [
            job(),
            job(id=LOOK, person_id=OTHER, lookup=True, parent_id=JOB, token=None),
            row(id=THEIRS, person_id=OTHER, parent_url=url, settled_at=THEN, state="delivered"),
        ],
        "people": [{"person_id": PERSON, "changed_at": THEN, "preset": "fun"}],
        "drafts": [
            {"id": "d" * 32, "person_id": PERSON, **at, "sources": [SOURCE], "wish": {"prompt": MARK}}
        ],
        "reports": [
            {
                "job_id": THEIRS,
                "person_id": PERSON,
                **at,
                "reason": "other",
                "words": MARK,
                "guild_id": GUILD,
            },
            {"job_id": LOOK, "person_id": PERSON, **at, "reason": "other", "words": MARK, "outcome": "stays"},
            {"job_id": JOB, "person_id": OTHER, **at, "reason": "other", "words": "", "message_id": 6},
        ],
        "members": [
            {
                "guild_id": GUILD,
                "person_id": PERSON,
                "listed": "blocked",
                "suspended_until": NOW + timedelta(days=1),
                "suspended_by": OTHER,
                "suspended_for": MARK,
            },
            {"guild_id": GUILD, "person_id": OTHER, "suspended_by": PERSON, "suspended_for": MARK},
        ],
        "strikes": [
            {"guild_id": GUILD, "person_id": PERSON, "given_at": THEN, "given_by": OTHER, "reason": MARK},
            {"guild_id": GUILD, "person_id": OTHER, "given_at": THEN, "given_by": PERSON, "reason": MARK},
        ],
        "reviews": [
            review("r1", JOB, PERSON, decided_by=OTHER),
            review("r2", THEIRS, OTHER, decided_by=PERSON),
        ],
        "votes": [
            {"review_id": "r1", "person_id": OTHER, "approves": False, "reason": MARK, "cast_at": THEN},
            {"review_id": "r2", "person_id": PERSON, "approves": False, "reason": MARK, "cast_at": THEN},
        ],
        "person_news": [news(PERSON, JOB), news(OTHER, THEIRS)],
    }


def review(review_id: str, job_id: str, person_id: int, **changed: Any) -> dict[str, Any]:
    """A question that was decided."""
    return {
        "id": review_id,
        "job_id": job_id,
        "guild_id": GUILD,
        "person_id": person_id,
        "stage": "report",
        "state": "denied",
        "created_at": THEN,
        "expires_at": THEN,
        "decided_at": THEN,
        "reason": MARK,
        "channel_id": 5,
        "message_id": 8,
        **changed,
    }


def news(person_id: int, job_id: str) -> dict[str, Any]:
    """A decision that a user was told of."""
    return {
        "guild_id": GUILD,
        "person_id": person_id,
        "kind": "denied",
        "at": THEN,
        "reason": MARK,
        "job_id": job_id,
        "bought": False,
        "told_at": THEN,
    }


ENTRIES: Final = (
    AuditEntry(
        GUILD,
        THEN,
        AuditAction.REQUEST_REFUSED,
        None,
        PERSON,
        details={"terms": [MARK], "channel": "5"},
        prompt=MARK,
    ),
    AuditEntry(GUILD, THEN, AuditAction.APPEALED, PERSON, PERSON, prompt=MARK),
    AuditEntry(GUILD, THEN, AuditAction.REQUEST_DENIED, OTHER, PERSON, JOB, MARK, {"review": "r1"}, MARK),
    AuditEntry(GUILD, THEN, AuditAction.STRIKE_GIVEN, PERSON, OTHER, THEIRS, MARK, {"review": "r2"}),
    AuditEntry(GUILD, THEN, AuditAction.VIDEO_REMOVED, OTHER, PERSON, JOB, "minor"),
    AuditEntry(GUILD, THEN, AuditAction.BLOCKED, OTHER, PERSON),
)


async def fill(database: Database, data_dir: Path) -> None:
    """Store all of it."""
    async with database.write() as connection:
        for name, stored in rows().items():
            for one in stored:
                await connection.execute(insert(metadata.tables[name]).values(one))
    await AuditLog(database).append(*ENTRIES)
    for path in files(data_dir):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(MARK)


def files(data_dir: Path) -> Sequence[Path]:
    """The user's files."""
    media = data_dir / "media"
    return [
        data_dir / "spool" / JOB / f"{MARK}.png",
        media / f"{JOB}.mp4",
        media / f"{JOB}.{MARK}.mp4",
        media / f"{JOB}.full.mp4",
        media / f"hidden-{JOB}.mp4",
        media / f"{LOOK}.mp4",
    ]


def files_in(data_dir: Path) -> JobFiles:
    return JobFiles(pictures=LocalFiles(data_dir / "spool"), videos=LocalFiles(data_dir / "media"))


async def parts(database: Database, data_dir: Path) -> ErasureParts:
    """The parts that delete, as the command line builds them."""

    members = MemberCache(MemberStore(database))
    await members.load()
    return ErasureParts(
        database=database,
        store=JobStore(database, data_dir / "spool"),
        audit=AuditLog(database),
        members=members,
        people=PreferenceCache(PeopleStore(database), lambda: NOW),
        files=files_in(data_dir),
        restart=lambda _: None,
        show_later=lambda _: None,
        now=lambda: NOW,
    )


async def tell_later(_job_ids: Sequence[str]) -> None:
    """Nobody is told."""
