"""Jobs: the file by which a video was posted, and its original, which is kept for a while."""

import sqlalchemy as sa
from alembic import op

from bot.storage.partial_index import only_where

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The step forward. There is none back: that is what the backup is for."""
    op.add_column("jobs", sa.Column("posted_file", sa.JSON(none_as_null=True)))
    op.add_column("jobs", sa.Column("original_name", sa.Text))
    op.add_column("jobs", sa.Column("original_until", sa.BigInteger))
    op.create_index(
        "ix_jobs_originals", "jobs", ["original_until"], **only_where("original_name IS NOT NULL")
    )
