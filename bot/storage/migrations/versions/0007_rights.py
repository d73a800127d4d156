"""Jobs: replies in servers of which the bot was no member, by what the interaction said."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The step forward. There is none back: that is what the backup is for."""
    # Of replies of earlier versions nobody knows it: their servers are asked about.
    op.add_column("jobs", sa.Column("reply_foreign", sa.Boolean, server_default=sa.false(), nullable=False))
