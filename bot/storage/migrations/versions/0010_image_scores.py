"""Jobs: what the image check found in their pictures and in the finished video."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The step forward. There is none back: that is what the backup is for."""
    op.add_column("jobs", sa.Column("pictures_percent", sa.Integer))
    op.add_column("jobs", sa.Column("video_percent", sa.Integer))
