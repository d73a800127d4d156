"""The children that open videos."""

from typing import Final

from bot.children.pool import ChildPool
from bot.children.process import ChildSpec

_WITHIN_S: Final = 60.0
"""Seconds for one video: the end of a long one without an index can only be found by decoding all of it."""
_NICENESS: Final = 5


def video_pool(memory_bytes: int) -> ChildPool:
    """Return a pool of one child for videos, which is an async context manager.

    Args:
        memory_bytes: Limit of the child's address space.
    """
    spec = ChildSpec("bot.video_files.decoding.main", memory_bytes, niceness=_NICENESS)
    return ChildPool(spec, at_once=1, within_s=_WITHIN_S)
