"""Counters of the seconds that count against the daily caps, with triggers; the shared pause of submissions."""

import sqlalchemy as sa
from alembic import op

from bot.storage.quota_tables import COUNT, RESERVED, triggers_of

revision = "0017"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The step forward. There is none back: that is what the backup is for."""
    op.create_table(
        "quota_use",
        sa.Column("person_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("day", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("seconds", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "day", name="pk_quota_use"),
    )
    connection = op.get_bind()
    connection.execute(COUNT, {"first": RESERVED})
    for statement in triggers_of(connection.dialect.name):
        connection.execute(sa.text(statement))
    op.create_table(
        "submission_pauses",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("behind", sa.String(24)),
        sa.Column("interval_s", sa.Float, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("probe_job_id", sa.String(32)),
        sa.Column("probe_until", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_submission_pauses"),
    )
