"""Tables of moderation: servers' rules and words, members, strikes, reviews with votes, and the audit log.

The columns named `person_id` hold Discord user ids.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, false, true

from bot.storage.partial_index import only_where
from bot.storage.tables import UtcMoment, json_column, metadata

servers: Final = Table(  # each server's rules, as `bot.moderation.rules.ServerRules` writes them
    "servers",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("changed_at", UtcMoment, nullable=False),
    Column("rules", json_column(), nullable=False),
)

terms: Final = Table(  # words that block or hold a prompt; the operator's have guild id 0
    "terms",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("term", String(100), primary_key=True),
    Column("effect", String(8), nullable=False),
    Column("fragment", Boolean, nullable=False),
    Column("added_by", BigInteger, nullable=False),
    Column("added_at", UtcMoment, nullable=False),
)

members: Final = Table(  # users whom a server trusts, blocks or has suspended
    "members",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    Column("listed", String(8)),  # "trusted", "blocked" or NULL
    Column("suspended_until", UtcMoment),
    Column("suspended_by", BigInteger),
    Column("suspended_for", Text),
    Column("appealed_at", UtcMoment),
    Column("reports_muted", Boolean, nullable=False, default=False, server_default=false()),
    # false while a suspension is in force whose end the user is to hear of
    Column("end_is_told", Boolean, nullable=False, default=True, server_default=true()),
)

strikes: Final = Table(
    "strikes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("given_at", UtcMoment, nullable=False),
    Column("given_by", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("job_id", String(32)),
)
Index("ix_strikes_guild_id_person_id", strikes.c.guild_id, strikes.c.person_id)

reviews: Final = Table(  # questions to moderators about one job each
    "reviews",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("job_id", String(32), nullable=False),
    Column("guild_id", BigInteger, nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("stage", String(16), nullable=False),  # "submission", "posting" or "report"
    Column("state", String(16), nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("expires_at", UtcMoment, nullable=False),
    Column("decided_at", UtcMoment),
    Column("decided_by", BigInteger),
    Column("reason", Text),
    Column("channel_id", BigInteger),  # the message with the review's card and buttons
    Column("message_id", BigInteger),
    Column("shown_channel_id", BigInteger),  # the message with the reported video
    Column("shown_message_id", BigInteger),
    Column("outstanding", String(8)),  # "hide", "remove" or "restore": still to be done to that message
    Column("refused_at", UtcMoment),  # when that was last tried in vain
)
Index("ix_reviews_outstanding", reviews.c.outstanding, **only_where("outstanding IS NOT NULL"))
Index("ix_reviews_open", reviews.c.expires_at, **only_where("state = 'open'"))
Index(
    # At most one open review for each job: two concurrent askers get an IntegrityError instead of two cards.
    "uq_reviews_open",
    reviews.c.job_id,
    unique=True,
    **only_where("state = 'open'"),
)
Index("ix_reviews_guild_id_created_at", reviews.c.guild_id, reviews.c.created_at)

votes: Final = Table(
    "votes",
    metadata,
    Column("review_id", String(32), primary_key=True),
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    Column("approves", Boolean, nullable=False),
    Column("reason", Text),
    Column("cast_at", UtcMoment, nullable=False),
)

person_news: Final = Table(  # decisions that users are to hear of
    "person_news",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("reason", Text, nullable=False),
    Column("job_id", String(32)),
    Column("until", UtcMoment),  # the end of a suspension
    Column("bought", Boolean, nullable=False),
    Column("told_at", UtcMoment),  # when the user heard it, or could not be told
)
Index("ix_person_news_untold", person_news.c.id, **only_where("told_at IS NULL"))

audit: Final = Table(  # append-only, a chain of digests: `bot/moderation/audit/chain.py`
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("guild_id", BigInteger, nullable=False),  # 0 if the action concerns the whole bot
    Column("at", UtcMoment, nullable=False),
    Column("actor_id", BigInteger),  # NULL if the bot itself acted
    Column("action", String(32), nullable=False),
    Column("person_id", BigInteger),  # the user whom the action concerns
    Column("job_id", String(32)),
    Column("reason", Text, nullable=False),
    Column("details", json_column(), nullable=False),
    Column("prompt", Text),  # with its salt; emptied when the user's data is removed, the digest stays
    Column("prompt_sha256", String(64)),
    Column("previous_sha256", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("sealed_by", Integer),  # the entry that vouches for this one, whose texts were deleted
)
Index("ix_audit_guild_id_number", audit.c.guild_id, audit.c.number)
Index("ix_audit_person_id", audit.c.person_id)
Index("ix_audit_job_id", audit.c.job_id, **only_where("job_id IS NOT NULL"))
