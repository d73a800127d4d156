"""Tables of several processes: caps, pauses, waits, the line, leader, shards, files to be deleted in a store.

Beside them the channel whose rules count for a job's reply, and jobs that an earlier bot may have bought.
"""

import sqlalchemy as sa
from alembic import op

from bot.storage.partial_index import only_where
from bot.storage.quota_tables import COUNT, RESERVED, triggers_of

revision = "0015"
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
        sa.Column("probe_claim", sa.Integer),
        sa.Column("probe_until", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_submission_pauses"),
    )
    op.create_table(
        "pause_news",
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("told_at", sa.BigInteger, nullable=False),
        sa.Column("end_is_news", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("reason", name="pk_pause_news"),
    )
    op.create_table(
        "request_holds",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("asked_s", sa.Float, nullable=False),
        sa.Column("held_since", sa.BigInteger, nullable=False),
        sa.Column("held_until", sa.BigInteger, nullable=False),
        sa.Column("probe_owner", sa.String(64)),
        sa.Column("told_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("kind", name="pk_request_holds"),
    )
    op.create_table(
        "line_entries",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("claim", sa.Integer, nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("slot_at", sa.BigInteger),
        sa.Column("resting", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("job_id", name="pk_line_entries"),
    )
    op.create_index(
        "ix_line_entries_waiting", "line_entries", ["turn", "number"], **only_where("slot_at IS NULL")
    )
    op.create_index("ix_line_entries_slots", "line_entries", ["slot_at"], **only_where("slot_at IS NOT NULL"))
    at_service = "state IN ('submitting', 'generating') AND settled_at IS NULL AND parked_at IS NULL"
    op.create_index("ix_jobs_at_service", "jobs", ["submitted_at"], **only_where(at_service))
    op.create_table(
        "leader_lease",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("held_until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_leader_lease"),
    )
    op.create_table(
        "gateway_shards",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("shard_count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gateway_shards"),
    )
    op.create_table(
        "file_deletions",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("noted_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_file_deletions"),
    )
    op.add_column("jobs", sa.Column("rules_channel_id", sa.BigInteger))
    may_be_bought = sa.Column("may_be_bought", sa.Boolean, server_default=sa.false(), nullable=False)
    op.add_column("jobs", may_be_bought)
