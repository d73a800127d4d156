"""Clients of the API with a known key and short waits."""

from collections.abc import Awaitable, Callable

from bot.dimilinks import ApiTimeouts, DimiLinks
from tests.dimilinks.servers import RawHandler, RawServer

KEY = "sk-live/9f8e7d+6c5b4a=Zz"
QUICK = ApiTimeouts(
    connect_s=2.0,
    upload_stall_s=2.0,
    submit_answer_s=2.0,
    task_answer_s=2.0,
    download_answer_s=2.0,
    download_idle_s=2.0,
    download_s=5.0,
)
ClientFor = Callable[..., DimiLinks]
ServeRaw = Callable[[RawHandler], Awaitable[RawServer]]
