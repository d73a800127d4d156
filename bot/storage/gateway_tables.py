"""Tables of what several gateways agree on: the leader, and the number of shards into which servers are divided.

One process alone has no rows here.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, String, Table

from bot.storage.tables import UtcMoment, metadata

leader_lease: Final = Table(  # one row, from the first leader on
    "leader_lease",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("holder", String(64), nullable=False),  # the process, as in the claims of jobs
    Column("epoch", BigInteger, nullable=False),  # raised whenever the lease is taken
    Column("held_until", UtcMoment, nullable=False),  # by the server's clock
)
gateway_shards: Final = Table(  # one row, from the first gateway on
    "gateway_shards",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("shard_count", Integer, nullable=False),
)
