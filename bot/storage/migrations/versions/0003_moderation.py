"""Servers' rules, words, members, strikes, reviews with their votes, and the audit log."""

import sqlalchemy as sa
from alembic import op

from bot.storage.partial_index import only_where

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The step forward. There is none back: that is what the backup is for."""
    for column in (
        sa.Column("reply_guild_id", sa.BigInteger),
        sa.Column("role_ids", sa.JSON),
        sa.Column("consented", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("approved", sa.JSON),
        sa.Column("review_id", sa.String(32)),
    ):
        op.add_column("jobs", column)
    op.execute("UPDATE jobs SET reply_guild_id = guild_id")
    op.add_column("drafts", sa.Column("wish", sa.JSON))
    _create_rules()
    _create_people()
    _create_reviews()
    _create_audit()


def _create_rules() -> None:
    op.create_table(
        "servers",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("rules", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", name="pk_servers"),
    )
    op.create_table(
        "terms",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("term", sa.String(100), nullable=False),
        sa.Column("effect", sa.String(8), nullable=False),
        sa.Column("fragment", sa.Boolean, nullable=False),
        sa.Column("added_by", sa.BigInteger, nullable=False),
        sa.Column("added_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "term", name="pk_terms"),
    )


def _create_people() -> None:
    op.create_table(
        "members",
        sa.Column("guild_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("listed", sa.String(8)),
        sa.Column("suspended_until", sa.BigInteger),
        sa.Column("suspended_by", sa.BigInteger),
        sa.Column("suspended_for", sa.Text),
        sa.Column("appealed_at", sa.BigInteger),
        sa.Column("reports_muted", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("guild_id", "person_id", name="pk_members"),
    )
    op.create_table(
        "strikes",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("person_id", sa.BigInteger, nullable=False),
        sa.Column("given_at", sa.BigInteger, nullable=False),
        sa.Column("given_by", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("job_id", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="pk_strikes"),
    )
    op.create_index("ix_strikes_guild_id_person_id", "strikes", ["guild_id", "person_id"])


def _create_reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("person_id", sa.BigInteger, nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("decided_by", sa.BigInteger),
        sa.Column("reason", sa.Text),
        sa.Column("channel_id", sa.BigInteger),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("shown_channel_id", sa.BigInteger),
        sa.Column("shown_message_id", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
    )
    op.create_index("ix_reviews_open", "reviews", ["expires_at"], **only_where("state = 'open'"))
    op.create_index("uq_reviews_open", "reviews", ["job_id"], unique=True, **only_where("state = 'open'"))
    op.create_index("ix_reviews_guild_id_created_at", "reviews", ["guild_id", "created_at"])
    op.create_table(
        "votes",
        sa.Column("review_id", sa.String(32), nullable=False),
        sa.Column("person_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("approves", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("cast_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("review_id", "person_id", name="pk_votes"),
    )


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor_id", sa.BigInteger),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("person_id", sa.BigInteger),
        sa.Column("job_id", sa.String(32)),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("prompt", sa.Text),
        sa.Column("prompt_sha256", sa.String(64)),
        sa.Column("previous_sha256", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit"),
    )
    op.create_index("ix_audit_guild_id_number", "audit", ["guild_id", "number"])
    op.create_index("ix_audit_person_id", "audit", ["person_id"])
