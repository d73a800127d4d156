"""News to users: what moderators decided about them, until they have heard it."""

import sqlalchemy as sa
from alembic import op

from bot.storage.partial_index import only_where

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The step forward. There is none back: that is what the backup is for."""
    op.create_table(
        "person_news",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("person_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("job_id", sa.String(32)),
        sa.Column("until", sa.BigInteger),
        sa.Column("bought", sa.Boolean, nullable=False),
        sa.Column("told_at", sa.BigInteger),
    )
    op.create_index("ix_person_news_untold", "person_news", ["id"], **only_where("told_at IS NULL"))
