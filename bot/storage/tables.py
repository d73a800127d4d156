"""The tables as this version knows them. What made them so, step by step, are the migrations."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
    text,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcMoment(TypeDecorator[datetime]):
    """An aware moment, kept as microseconds since 1970 and given back in UTC.

    Whole numbers keep every microsecond and sort as the moments do. Raises `ValueError` for a naive moment
    (inside SQLAlchemy's `StatementError` when it comes with a statement).
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """The number that is stored."""
        del dialect
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("a moment without a time zone")
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """The moment that a stored number means."""
        del dialect
        return None if value is None else _EPOCH + value * _MICROSECOND


def json_column() -> JSON:
    """JSON in which None is a missing value and not the text `null`."""
    return JSON(none_as_null=True)


jobs: Final = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    # What was asked for.
    Column("prompt", Text, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("size", String(16), nullable=False),
    Column("resolution", String(8), nullable=False),
    Column("preset", String(16), nullable=False),
    Column("reference_count", Integer, nullable=False),
    Column("channel_group", Text),
    Column("sources", json_column(), nullable=False),
    Column("pictures", json_column()),  # the spooled reference images, once they were collected
    # Where the answer goes.
    Column("person_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger),
    Column("application_id", BigInteger, nullable=False),
    Column("message_id", BigInteger),
    Column("private", Boolean, nullable=False),
    Column("token", Text),
    Column("answered_at", UtcMoment, nullable=False),  # when the interaction of that token came
    Column("upload_limit_bytes", BigInteger, nullable=False),
    # How far it got.
    Column("task_id", Text),
    Column("submitted_at", UtcMoment),
    Column("expires_at", UtcMoment),
    Column("ready_at", UtcMoment),
    Column("ended_at", UtcMoment),
    Column("settled_at", UtcMoment),
    Column("parked_at", UtcMoment),
    Column("video_name", Text),
    Column("failure", json_column()),
    Column("parent_id", String(32)),
    # Such a job only looks again for its parent's task and buys nothing.
    Column("lookup", Boolean, nullable=False, default=False, server_default=false()),
    Column("post_route", String(24)),
    Column("post_started_at", UtcMoment),
    Column("parent_url", Text),  # the message with the video that this one follows upon
    Column("ping", Boolean, nullable=False, default=False, server_default=false()),
    Column("language", String(8), nullable=False, default="en-US", server_default="en-US"),
    Column("asked_message_id", BigInteger),  # the message that is answered, where no interaction is
    Column("reply_guild_id", BigInteger),
    Column("role_ids", json_column()),
    Column("consented", Boolean, nullable=False, default=False, server_default=false()),  # of older versions
    Column("approved", json_column()),  # the stages at which moderators said yes
    Column("review_id", String(32)),  # what they are asked at present
)

# Most rows are over and done with: the partial indices hold the few that the bot looks for again and again.
Index("ix_jobs_unsettled", jobs.c.created_at, sqlite_where=text("settled_at IS NULL"))
Index("ix_jobs_person_id_created_at", jobs.c.person_id, jobs.c.created_at)
Index("ix_jobs_ready_at", jobs.c.ready_at, sqlite_where=text("ready_at IS NOT NULL"))
Index("ix_jobs_submitted_at", jobs.c.submitted_at, sqlite_where=text("submitted_at IS NOT NULL"))
Index("ix_jobs_tokens", jobs.c.answered_at, sqlite_where=text("token IS NOT NULL"))
Index(
    "uq_jobs_repeats",  # a job is tried again once; what comes of that may be tried again in turn
    jobs.c.parent_id,
    unique=True,
    sqlite_where=text("NOT lookup AND parent_id IS NOT NULL"),
)
Index(
    "uq_jobs_fetching",  # one job at a time fetches a task's video
    jobs.c.task_id,
    unique=True,
    sqlite_where=text("state IN ('generating', 'ready', 'delivering', 'delivered') AND task_id IS NOT NULL"),
)

people: Final = Table(
    "people",
    metadata,
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    Column("changed_at", UtcMoment, nullable=False),
    # What they want when they say nothing else; None for what they never chose.
    Column("seconds", Integer),
    Column("size", String(16)),
    Column("resolution", String(8)),
    Column("preset", String(16)),
    Column("private", Boolean),
    Column("ping", Boolean),
)

drafts: Final = Table(  # pictures that were chosen before a form was opened
    "drafts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("person_id", BigInteger, nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("sources", json_column(), nullable=False),
    Column("wish", json_column()),  # of older versions
)
Index("ix_drafts_created_at", drafts.c.created_at)

reports: Final = Table(  # once for each person and video
    "reports",
    metadata,
    Column("job_id", String(32), primary_key=True),
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("reason", String(16), nullable=False),
    Column("words", Text, nullable=False),
)
