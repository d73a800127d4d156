"""Deletion of personal data: what was asked for, servers that were left, emptied entries, and kept caps."""

import sqlalchemy as sa
from alembic import op

from bot.storage.partial_index import only_where

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The step forward. There is none back: that is what the backup is for."""
    op.add_column("jobs", sa.Column("charged_to", sa.BigInteger))
    op.create_index("ix_jobs_charged_to", "jobs", ["charged_to"], **only_where("charged_to IS NOT NULL"))
    op.add_column("audit", sa.Column("sealed_by", sa.Integer))
    op.create_index("ix_audit_job_id", "audit", ["job_id"], **only_where("job_id IS NOT NULL"))
    op.create_table(
        "deletions",
        sa.Column("person_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("texts_gone_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("person_id", name="pk_deletions"),
    )
    op.create_table(
        "left_servers",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("left_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", name="pk_left_servers"),
    )
