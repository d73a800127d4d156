"""The pause of submissions and the holds of requests that several processes share."""

from typing import Final

from sqlalchemy import Boolean, Column, Float, Integer, String, Table

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
    Column("probe_claim", Integer),  # of the job's run; a later run has to become the probe anew
    Column("probe_until", UtcMoment),  # when that ends, if its process was killed
)

pause_news: Final = Table(  # one row for each reason of a pause that the operator was ever told of
    "pause_news",
    metadata,
    Column("reason", String(24), primary_key=True),
    Column("told_at", UtcMoment, nullable=False),
    Column("end_is_news", Boolean, nullable=False),  # until the operator was told that submitting goes on
)

request_holds: Final = (
    Table(  # one row for each kind of request that the video service wanted to wait, also later
        "request_holds",
        metadata,
        Column("kind", String(16), primary_key=True),
        Column("reason", String(24), nullable=False),
        Column("asked_s", Float, nullable=False),  # 0 once a request that tried was served
        Column("held_since", UtcMoment, nullable=False),  # these moments are the server's
        Column("held_until", UtcMoment, nullable=False),
        Column("probe_owner", String(64)),  # the process whose request tries
        Column("told_at", UtcMoment),  # when the operator was told last
    )
)
