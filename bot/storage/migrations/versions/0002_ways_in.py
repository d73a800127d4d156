"""Languages, pings and parents of jobs; people's defaults, drafts of forms, reports."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The step forward. There is none back: that is what the backup is for."""
    op.add_column("jobs", sa.Column("parent_url", sa.Text))
    op.add_column("jobs", sa.Column("ping", sa.Boolean, server_default=sa.false(), nullable=False))
    op.add_column("jobs", sa.Column("language", sa.String(8), server_default="en-US", nullable=False))
    op.add_column("jobs", sa.Column("asked_message_id", sa.BigInteger))
    op.create_table(
        "people",
        sa.Column("person_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("seconds", sa.Integer),
        sa.Column("size", sa.String(16)),
        sa.Column("resolution", sa.String(8)),
        sa.Column("preset", sa.String(16)),
        sa.Column("private", sa.Boolean),
        sa.Column("ping", sa.Boolean),
        sa.PrimaryKeyConstraint("person_id", name="pk_people"),
    )
    op.create_table(
        "drafts",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("sources", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drafts"),
    )
    op.create_index("ix_drafts_created_at", "drafts", ["created_at"])
    op.create_table(
        "reports",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("job_id", "person_id", name="pk_reports"),
    )
