"""Jobs as rows of the table `jobs`, and back."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr, TypeAdapter
from sqlalchemy import RowMapping

from bot.delivery.fallbacks import Fallback
from bot.delivery.final_post import Attempt
from bot.delivery.messages import ReplyAddress
from bot.delivery.routes import Route
from bot.images.model import ImageSource, Reference
from bot.jobs.file_facts import FileFacts
from bot.jobs.job import Failure, Job, JobState
from bot.jobs.mismatch import Mismatch
from bot.jobs.posted_file import PostedFile
from bot.moderation.rules import ReviewStage
from bot.texts.messages import Language
from bot.video import Size, VideoRequest

Row = Mapping[str, Any]

_FIT: Final = "fit"
"""Stands for the size while the picture that gives the shape is not prepared yet."""
SOURCES: Final = TypeAdapter(tuple[ImageSource, ...])
_PICTURES: Final = TypeAdapter(tuple[Reference, ...] | None)
_FAILURE: Final = TypeAdapter(Failure | None)
_MISMATCH: Final = TypeAdapter(Mismatch | None)
_FILE_FACTS: Final = TypeAdapter(FileFacts | None)
_FALLBACK: Final = TypeAdapter(Fallback | None)
_POSTED_FILE: Final = TypeAdapter(PostedFile | None)


def row_of(job: Job) -> dict[str, Any]:
    """Return all columns of a new job. Spooled pictures lie in the folder of the job's id, so names suffice."""
    claim = {"claim": job.claim, "claimed_by": job.claimed_by}
    return asked_columns(job) | reply_columns(job.reply) | course_columns(job) | claim


def asked_columns(job: Job) -> dict[str, Any]:
    """Return the columns of the request, which never change."""
    request = job.request
    return {
        "id": job.id,
        "created_at": job.created_at,
        "prompt": request.prompt,
        "seconds": int(request.seconds),
        "resolution": request.resolution.value,
        "preset": request.preset.value,
        "reference_count": request.reference_count,
        "channel_group": request.group,
        "sources": SOURCES.dump_python(job.sources, mode="json"),
        "person_id": job.reply.person_id,
        "guild_id": job.guild_id,
        "parent_id": job.parent_id,
        "lookup": job.lookup,
        "parent_url": job.parent_url,
        "ping": job.ping,
        "role_ids": sorted(job.role_ids),
        "had_flags": job.had_flags,
        "from_people": job.from_people,
        "awaits_posting": job.awaits_posting,
    }


def reply_columns(reply: ReplyAddress) -> dict[str, Any]:
    """Return the columns of the reply's address, which a user's press may renew at any time."""
    return {
        "application_id": reply.application_id,
        "token": reply.token.get_secret_value() if reply.token is not None else None,
        "channel_id": reply.channel_id,
        "message_id": reply.message_id,
        "answered_at": reply.created_at,
        "upload_limit_bytes": reply.upload_limit_bytes,
        "private": reply.private,
        "language": reply.language.value,
        "asked_message_id": reply.asked_message_id,
        "reply_guild_id": reply.guild_id,
        "reply_foreign": reply.foreign,
        "rules_channel_id": reply.rules_channel_id,
    }


def course_columns(job: Job) -> dict[str, Any]:
    """Return the columns of the job's progress."""
    attempt = job.attempt
    return {
        "state": job.state.value,
        "size": _FIT if job.fits_picture else job.request.size.value,
        "pictures": _names_only(_PICTURES.dump_python(job.pictures, mode="json")),
        "task_id": job.task_id,
        "submitted_at": job.submitted_at,
        "expires_at": job.expires_at,
        "ready_at": job.ready_at,
        "ended_at": job.ended_at,
        "settled_at": job.settled_at,
        "parked_at": job.undelivered_since,
        "video_name": job.video_name,
        "approved": {stage.value: at.isoformat() for stage, at in sorted(job.approved.items())},
        "review_id": job.review_id,
        "starts": job.starts,
        "raw_answer": job.raw_answer,
        "ask_again_since": job.ask_again_since,
        "may_be_bought": job.may_be_bought,
        "mismatch": _MISMATCH.dump_python(job.mismatch, mode="json"),
        "posted_file": _POSTED_FILE.dump_python(job.posted_file, mode="json"),
        "original_name": job.original_name,
        "original_until": job.original_until,
        "pictures_percent": job.pictures_percent,
        "video_percent": job.video_percent,
        "file_facts": _FILE_FACTS.dump_python(job.file_facts, mode="json"),
        "fallback": _FALLBACK.dump_python(job.fallback, mode="json"),
        "failure": stored_failure(job.failure),
        "post_route": attempt.route.value if attempt is not None else None,
        "post_started_at": attempt.started_at if attempt is not None else None,
    }


def stored_failure(failure: Failure | None) -> dict[str, Any] | None:
    """Return the column of a failure."""
    return asdict(failure) if failure is not None else None


def _names_only(pictures: list[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    # The data folder may be moved between two runs, so only the files' names are kept.
    if pictures is None:
        return None
    return [picture | {"path": Path(picture["path"]).name} for picture in pictures]


def named(row: RowMapping) -> Row:
    """Return a row's values by the names of their columns."""
    return {str(name): value for name, value in row.items()}


def job_from(row: Row, spool_dir: Path) -> Job:
    """Return the job of a row; its pictures lie below `spool_dir`."""
    return Job(
        id=row["id"],
        request=VideoRequest(
            prompt=row["prompt"],
            seconds=str(row["seconds"]),  # pyright: ignore[reportArgumentType] - pydantic makes the enum of it
            size=Size.LANDSCAPE if row["size"] == _FIT else row["size"],
            resolution=row["resolution"],
            preset=row["preset"],
            reference_count=row["reference_count"],
            group=row["channel_group"],
        ),
        fits_picture=row["size"] == _FIT,
        sources=SOURCES.validate_python(row["sources"]),
        reply=_reply_from(row),
        guild_id=row["guild_id"],
        state=JobState(row["state"]),
        created_at=row["created_at"],
        pictures=_pictures_from(row, spool_dir),
        task_id=row["task_id"],
        submitted_at=row["submitted_at"],
        expires_at=row["expires_at"],
        ready_at=row["ready_at"],
        ended_at=row["ended_at"],
        settled_at=row["settled_at"],
        undelivered_since=row["parked_at"],
        video_name=row["video_name"],
        failure=_FAILURE.validate_python(row["failure"]),
        parent_id=row["parent_id"],
        lookup=row["lookup"],
        parent_url=row["parent_url"],
        ping=row["ping"],
        role_ids=frozenset(row["role_ids"] or ()),
        approved=_approvals_from(row),
        review_id=row["review_id"],
        attempt=_attempt_from(row),
        claim=row["claim"],
        claimed_by=row["claimed_by"],
        starts=row["starts"],
        raw_answer=row["raw_answer"],
        ask_again_since=row["ask_again_since"],
        may_be_bought=row["may_be_bought"],
        mismatch=_MISMATCH.validate_python(row["mismatch"]),
        posted_file=_POSTED_FILE.validate_python(row["posted_file"]),
        original_name=row["original_name"],
        original_until=row["original_until"],
        pictures_percent=row["pictures_percent"],
        video_percent=row["video_percent"],
        file_facts=_FILE_FACTS.validate_python(row["file_facts"]),
        fallback=_FALLBACK.validate_python(row["fallback"]),
        had_flags=row["had_flags"],
        from_people=row["from_people"],
        awaits_posting=row["awaits_posting"],
    )


def _approvals_from(row: Row) -> dict[ReviewStage, datetime]:
    stored: list[str] | dict[str, str] = row["approved"] or {}
    if isinstance(stored, list):
        # Of an earlier version, which did not keep when: as early as can be, so that a stop comes after it.
        return {ReviewStage(stage): row["created_at"] for stage in stored}
    return {ReviewStage(stage): datetime.fromisoformat(at) for stage, at in stored.items()}


def _reply_from(row: Row) -> ReplyAddress:
    return ReplyAddress(
        application_id=row["application_id"],
        token=SecretStr(row["token"]) if row["token"] is not None else None,
        person_id=row["person_id"],
        channel_id=row["channel_id"],
        message_id=row["message_id"],
        created_at=row["answered_at"],
        upload_limit_bytes=row["upload_limit_bytes"],
        private=row["private"],
        language=Language.of(row["language"]),
        asked_message_id=row["asked_message_id"],
        guild_id=row["reply_guild_id"],
        foreign=row["reply_foreign"],
        rules_channel_id=row["rules_channel_id"],
    )


def _pictures_from(row: Row, spool_dir: Path) -> tuple[Reference, ...] | None:
    if row["pictures"] is None:
        return None
    folder = spool_dir / row["id"]
    listed = [picture | {"path": folder / picture["path"]} for picture in row["pictures"]]
    return _PICTURES.validate_python(listed)


def _attempt_from(row: Row) -> Attempt | None:
    if row["post_route"] is None or row["post_started_at"] is None:
        return None
    return Attempt(Route(row["post_route"]), row["post_started_at"])
