"""Headers of what is served, which keep links and videos between their user and this bot."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

PLAIN_HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Cache-Control": "private, no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow",
    }
)
"""Headers of every answer."""


def video_headers(name: str) -> dict[str, str]:
    """Return the headers of a video that is saved under a name."""
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "_" for char in name)
    return {
        **PLAIN_HEADERS,
        "Content-Type": "video/mp4",
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
    }
