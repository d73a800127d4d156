"""Claims, counted starts, raw answers and tasks of jobs; used drafts; the operator's orders; heartbeats."""

import sqlalchemy as sa
from alembic import op

from bot.storage.partial_index import only_where

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The step forward. There is none back: that is what the backup is for."""
    for column in (
        sa.Column("claim", sa.Integer, server_default="0", nullable=False),
        sa.Column("claimed_by", sa.String(64)),
        sa.Column("starts", sa.Integer, server_default="0", nullable=False),
        sa.Column("raw_answer", sa.Text),
        sa.Column("ask_again_since", sa.BigInteger),
    ):
        op.add_column("jobs", column)
    # A delivered video whose message is gone may be fetched again.
    op.drop_index("uq_jobs_fetching", "jobs")
    op.create_index(
        "uq_jobs_fetching",
        "jobs",
        ["task_id"],
        unique=True,
        **only_where(
            "state IN ('generating', 'ready', 'delivering') AND parked_at IS NULL AND task_id IS NOT NULL"
        ),
    )
    op.create_index("ix_jobs_task_id", "jobs", ["task_id"], **only_where("task_id IS NOT NULL"))
    op.add_column("drafts", sa.Column("job_id", sa.String(32)))
    op.create_table(
        "operator_orders",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("task_id", sa.Text),
        sa.Column("ordered_at", sa.BigInteger, nullable=False),
        sa.Column("done_at", sa.BigInteger),
        sa.Column("outcome", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_operator_orders"),
    )
    op.create_table(
        "heartbeats",
        sa.Column("process_id", sa.String(64), nullable=False),
        sa.Column("beat_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("process_id", name="pk_heartbeats"),
    )
