"""The table of the jobs."""

import sqlalchemy as sa
from alembic import op

from bot.storage.partial_index import only_where

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The step forward. There is none back: that is what the backup is for."""
    # Plain types instead of today's own: this step stays what it is when they change.
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("seconds", sa.Integer, nullable=False),
        sa.Column("size", sa.String(16), nullable=False),
        sa.Column("resolution", sa.String(8), nullable=False),
        sa.Column("preset", sa.String(16), nullable=False),
        sa.Column("reference_count", sa.Integer, nullable=False),
        sa.Column("channel_group", sa.Text),
        sa.Column("sources", sa.JSON, nullable=False),
        sa.Column("pictures", sa.JSON),
        sa.Column("person_id", sa.BigInteger, nullable=False),
        sa.Column("guild_id", sa.BigInteger),
        sa.Column("channel_id", sa.BigInteger),
        sa.Column("application_id", sa.BigInteger, nullable=False),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("private", sa.Boolean, nullable=False),
        sa.Column("token", sa.Text),
        sa.Column("answered_at", sa.BigInteger, nullable=False),
        sa.Column("upload_limit_bytes", sa.BigInteger, nullable=False),
        sa.Column("task_id", sa.Text),
        sa.Column("submitted_at", sa.BigInteger),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("ready_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("settled_at", sa.BigInteger),
        sa.Column("parked_at", sa.BigInteger),
        sa.Column("video_name", sa.Text),
        sa.Column("failure", sa.JSON),
        sa.Column("parent_id", sa.String(32)),
        sa.Column("lookup", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("post_route", sa.String(24)),
        sa.Column("post_started_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    _create_indices()


def _create_indices() -> None:
    op.create_index("ix_jobs_unsettled", "jobs", ["created_at"], **only_where("settled_at IS NULL"))
    op.create_index("ix_jobs_person_id_created_at", "jobs", ["person_id", "created_at"])
    op.create_index("ix_jobs_ready_at", "jobs", ["ready_at"], **only_where("ready_at IS NOT NULL"))
    op.create_index(
        "ix_jobs_submitted_at", "jobs", ["submitted_at"], **only_where("submitted_at IS NOT NULL")
    )
    op.create_index("ix_jobs_tokens", "jobs", ["answered_at"], **only_where("token IS NOT NULL"))
    op.create_index(
        "uq_jobs_repeats",
        "jobs",
        ["parent_id"],
        unique=True,
        **only_where("NOT lookup AND parent_id IS NOT NULL"),
    )
    op.create_index(
        "uq_jobs_fetching",
        "jobs",
        ["task_id"],
        unique=True,
        **only_where("state IN ('generating', 'ready', 'delivering', 'delivered') AND task_id IS NOT NULL"),
    )
