"""Jobs: flags taken out of prompts, pictures at the beginning of chains, videos that moderators are to see."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The step forward. There is none back: that is what the backup is for."""
    for name in ("had_flags", "from_people", "awaits_posting"):
        op.add_column("jobs", sa.Column(name, sa.Boolean, server_default=sa.false(), nullable=False))
