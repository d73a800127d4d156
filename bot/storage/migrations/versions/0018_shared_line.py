"""The line of jobs that several processes share, and an index of the jobs at the video service."""

import sqlalchemy as sa
from alembic import op

from bot.storage.partial_index import only_where

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The step forward. There is none back: that is what the backup is for."""
    op.create_table(
        "line_entries",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("claim", sa.Integer, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("slot_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("job_id", name="pk_line_entries"),
    )
    op.create_index("ix_line_entries_waiting", "line_entries", ["number"], **only_where("slot_at IS NULL"))
    op.create_index("ix_line_entries_slots", "line_entries", ["slot_at"], **only_where("slot_at IS NOT NULL"))
    at_service = "state IN ('submitting', 'generating') AND settled_at IS NULL AND parked_at IS NULL"
    op.create_index("ix_jobs_at_service", "jobs", ["submitted_at"], **only_where(at_service))
