"""Jobs: what the file of the finished video is, and why the last post did not come as it was meant to."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The step forward. There is none back: that is what the backup is for."""
    for name in ("file_facts", "fallback"):
        op.add_column("jobs", sa.Column(name, sa.JSON(none_as_null=True)))
