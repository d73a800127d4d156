"""Reviews: changes of messages that are still to be made. Reports: what came of them. Members: ends to be told."""

import sqlalchemy as sa
from alembic import op

from bot.storage.partial_index import only_where

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_LOGGED = """
EXISTS (
    SELECT 1 FROM audit
    WHERE audit.person_id = reviews.person_id AND audit.job_id = reviews.job_id AND audit.action IN ({actions})
    AND (reviews.decided_at IS NOT reviews.created_at OR instr(audit.details, reviews.id) > 0)
)
"""


def upgrade() -> None:
    """The step forward. There is none back: that is what the backup is for."""
    op.add_column("reviews", sa.Column("outstanding", sa.String(8)))
    op.add_column("reviews", sa.Column("refused_at", sa.BigInteger))
    op.create_index(
        "ix_reviews_outstanding",
        "reviews",
        ["outstanding"],
        **only_where("outstanding IS NOT NULL"),
    )
    if op.get_bind().dialect.name == "sqlite":  # no version before this step ran on another kind of database
        _mark_outstanding()
    for column in (
        sa.Column("guild_id", sa.BigInteger),
        sa.Column("channel_id", sa.BigInteger),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("hides", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("language", sa.String(8)),
        sa.Column("outcome", sa.String(16)),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("told_at", sa.BigInteger),
    ):
        op.add_column("reports", column)
    op.create_index("ix_reports_guild_id", "reports", ["guild_id"])
    op.create_index("ix_reports_person_id", "reports", ["person_id"])
    op.add_column("members", sa.Column("end_is_told", sa.Boolean, server_default=sa.true(), nullable=False))


def _mark_outstanding() -> None:
    # Earlier versions read from the log what was not done yet.
    done = _LOGGED.format(actions="'video_restored', 'video_removed'")
    hidden = _LOGGED.format(actions="'video_restored', 'video_removed', 'video_hidden'")
    op.execute(
        "UPDATE reviews SET outstanding = CASE state WHEN 'approved' THEN 'restore' ELSE 'remove' END "  # noqa: S608 - ours
        f"WHERE stage = 'report' AND state <> 'open' AND NOT {done}"
    )
    op.execute(
        "UPDATE reviews SET outstanding = 'hide' "  # noqa: S608 - ours
        f"WHERE stage = 'report' AND state = 'open' AND NOT {hidden}"
    )
