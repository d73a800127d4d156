"""Tables of jobs, users' defaults, drafts, reports and operator's orders; also the column types.

The migrations build the same tables step by step. `person_id` is a Discord user id in every table.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

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
)
from sqlalchemy.types import UserDefinedType

from bot.storage.partial_index import only_where

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
    """Column type for aware datetimes: stored as whole microseconds since 1970, returned in UTC.

    SQLite has no type for moments. Whole numbers keep every microsecond and sort in order of time.

    Raises:
        ValueError: A naive datetime was bound (SQLAlchemy wraps it in `StatementError` within a statement).
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Convert a datetime to the stored number."""
        del dialect
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("a moment without a time zone")
        # timedelta division is exact; datetime.timestamp() is a float, which cannot hold every microsecond.
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Convert a stored number to a datetime in UTC."""
        del dialect
        return None if value is None else _EPOCH + value * _MICROSECOND


def json_column() -> JSON:
    """Return a JSON column that stores None as NULL, not as the text `null`."""
    return JSON(none_as_null=True)


class JsonText(UserDefinedType[str]):
    """Type of a parameter that is JSON in writing already, and is stored in a JSON column to the letter."""

    cache_ok = True
    # PostgreSQL takes no text for a JSON column without being told.
    render_bind_cast = True

    def get_col_spec(self, **_options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
        """Return the column type's name."""
        return "JSON"


AT_SERVICE: Final = "state IN ('submitting', 'generating') AND settled_at IS NULL AND parked_at IS NULL"
"""Condition of jobs that take a slot at the video service; to the letter, it is that of an index."""

jobs: Final = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    # The request.
    Column("prompt", Text, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("size", String(16), nullable=False),
    Column("resolution", String(8), nullable=False),
    Column("preset", String(16), nullable=False),
    Column("reference_count", Integer, nullable=False),
    Column("channel_group", Text),
    Column("sources", json_column(), nullable=False),
    Column("pictures", json_column()),  # the spooled reference images, once they are collected
    # The destination of the reply.
    Column("person_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger),
    Column("application_id", BigInteger, nullable=False),
    Column("message_id", BigInteger),
    Column("private", Boolean, nullable=False),
    Column("token", Text),
    Column("answered_at", UtcMoment, nullable=False),  # arrival of the token's interaction
    Column("upload_limit_bytes", BigInteger, nullable=False),
    # The progress.
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
    # True for a job that only looks up its parent's task and buys nothing.
    Column("lookup", Boolean, nullable=False, default=False, server_default=false()),
    Column("post_route", String(24)),
    Column("post_started_at", UtcMoment),
    Column("parent_url", Text),  # the message with the video that this request builds on
    Column("ping", Boolean, nullable=False, default=False, server_default=false()),
    Column("language", String(8), nullable=False, default="en-US", server_default="en-US"),
    Column("asked_message_id", BigInteger),  # the message that is replied to if there was no interaction
    Column("reply_guild_id", BigInteger),
    Column("role_ids", json_column()),
    Column("consented", Boolean, nullable=False, default=False, server_default=false()),  # of older versions
    Column("approved", json_column()),  # the stages at which moderators said yes, and when
    Column("review_id", String(32)),  # the open review
    # The fence: every run raises `claim`, and every write of a run names the claim that it raised.
    Column("claim", Integer, nullable=False, default=0, server_default="0"),
    Column("claimed_by", String(64)),  # the process of the last run
    Column("starts", Integer, nullable=False, default=0, server_default="0"),  # of a step that works on bytes
    Column("raw_answer", Text),  # to the POST, scrubbed, until it is known what it bought
    Column("ask_again_since", UtcMoment),  # its user is asked if the video is still wanted
    Column("mismatch", json_column()),  # what of the finished video is not as asked for
    Column("had_flags", Boolean, nullable=False, default=False, server_default=false()),
    Column("from_people", Boolean, nullable=False, default=False, server_default=false()),
    Column("awaits_posting", Boolean, nullable=False, default=False, server_default=false()),
    Column("reply_foreign", Boolean, nullable=False, default=False, server_default=false()),
    Column("pictures_percent", Integer),  # scores of the image check
    Column("video_percent", Integer),
    Column("file_facts", json_column()),  # duration, frame and size of the finished video's file
    Column("fallback", json_column()),  # by which other way the last post came, and why
    Column("posted_file", json_column()),  # the file by which it was posted: sizes, and what was done to it
    Column("original_name", Text),  # the delivered video as it came, while that is kept
    Column("original_until", UtcMoment),
    # The user whose caps count the job though it is nobody's: their data was deleted since it was bought.
    Column("charged_to", BigInteger),
    Column("rules_channel_id", BigInteger),  # of a reply in a thread, the thread's channel
    # By an earlier bot, whose data was lost since.
    Column("may_be_bought", Boolean, nullable=False, default=False, server_default=false()),
)

# Most rows are ended jobs. The partial indices hold only the few rows that the bot queries all the time.
Index("ix_jobs_unsettled", jobs.c.created_at, **only_where("settled_at IS NULL"))
Index("ix_jobs_person_id_created_at", jobs.c.person_id, jobs.c.created_at)
Index("ix_jobs_ready_at", jobs.c.ready_at, **only_where("ready_at IS NOT NULL"))
Index("ix_jobs_submitted_at", jobs.c.submitted_at, **only_where("submitted_at IS NOT NULL"))
Index("ix_jobs_originals", jobs.c.original_until, **only_where("original_name IS NOT NULL"))
Index("ix_jobs_at_service", jobs.c.submitted_at, **only_where(AT_SERVICE))
Index("ix_jobs_charged_to", jobs.c.charged_to, **only_where("charged_to IS NOT NULL"))
Index("ix_jobs_tokens", jobs.c.answered_at, **only_where("token IS NOT NULL"))
Index(
    # Two presses of "Try again" on one job must not buy two videos: a job has one retry. That retry may be
    # retried in turn.
    "uq_jobs_repeats",
    jobs.c.parent_id,
    unique=True,
    **only_where("NOT lookup AND parent_id IS NOT NULL"),
)
Index(
    # A paid task belongs to one job at a time, so that its video is fetched and posted once.
    "uq_jobs_fetching",
    jobs.c.task_id,
    unique=True,
    **only_where(
        "state IN ('generating', 'ready', 'delivering') AND parked_at IS NULL AND task_id IS NOT NULL"
    ),
)
Index("ix_jobs_task_id", jobs.c.task_id, **only_where("task_id IS NOT NULL"))

people: Final = Table(
    "people",
    metadata,
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    Column("changed_at", UtcMoment, nullable=False),
    # Defaults of the user's requests; NULL where the user chose none.
    Column("seconds", Integer),
    Column("size", String(16)),
    Column("resolution", String(8)),
    Column("preset", String(16)),
    Column("private", Boolean),
    Column("ping", Boolean),
)

drafts: Final = Table(  # pictures chosen before the form for the prompt was opened
    "drafts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("person_id", BigInteger, nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("sources", json_column(), nullable=False),
    Column("wish", json_column()),  # the order but for its pictures; None in drafts of older versions
    Column("job_id", String(32)),  # the job that used it up, as long as there is such a job
)
Index("ix_drafts_created_at", drafts.c.created_at)

reports: Final = Table(  # at most one report for each user and video
    "reports",
    metadata,
    Column("job_id", String(32), primary_key=True),
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("reason", String(16), nullable=False),
    Column("words", Text, nullable=False),
    Column("guild_id", BigInteger),  # NULL outside of servers, where nobody decides about it
    Column("channel_id", BigInteger),  # the message with the video
    Column("message_id", BigInteger),
    Column("hides", Boolean, nullable=False, default=False, server_default=false()),
    Column("language", String(8)),  # the reporter's
    Column("outcome", String(16)),  # "removed" or "stays"
    Column("decided_at", UtcMoment),
    Column("told_at", UtcMoment),  # when the reporter heard of it
)
Index("ix_reports_guild_id", reports.c.guild_id)
Index("ix_reports_person_id", reports.c.person_id)

operator_orders: Final = Table(  # what the command line wants done to jobs, also by a bot that runs
    "operator_orders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("job_id", String(32), nullable=False),
    Column("action", String(16), nullable=False),
    Column("task_id", Text),
    Column("ordered_at", UtcMoment, nullable=False),
    Column("done_at", UtcMoment),
    Column("outcome", Text),
)

heartbeats: Final = Table(  # when a process last showed that it runs on this database
    "heartbeats",
    metadata,
    Column("process_id", String(64), primary_key=True),
    Column("beat_at", UtcMoment, nullable=False),
)

greetings: Final = Table(  # servers in which the bot has said what it does: each once, also after it left
    "greetings",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("greeted_at", UtcMoment, nullable=False),
)
