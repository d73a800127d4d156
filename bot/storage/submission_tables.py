"""The pause of submissions that several processes share; also its column types."""

from typing import Final

from sqlalchemy import Column, Float, Integer, String, Table

from bot.storage.tables import UtcMoment, metadata

submission_pauses: Final = Table(  # one row while the video service takes no requests, else none
    "submission_pauses",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("reason", String(24), nullable=False),
    Column("behind", String(24)),  # the bot's own fault that was there before the service was away
    Column("interval_s", Float, nullable=False),
    Column("next_at", UtcMoment, nullable=False),  # from when on a job may be the probe
    Column("probe_job_id", String(32)),  # the job that may be submitted
    Column("probe_until", UtcMoment),  # when that ends, if its process was killed
)
