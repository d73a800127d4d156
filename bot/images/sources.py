"""Checks of a picture's address before anything is fetched: only Discord's file servers are allowed.

Without them, a user could make the bot send requests to any address that the operator's network reaches.
"""

import ipaddress
from collections.abc import Sequence

from yarl import URL

from bot.images.model import ImageSource
from bot.images.problems import ImageProblem


def check_source(source: ImageSource, allowed_hosts: Sequence[str]) -> ImageProblem | None:
    """Check a source without I/O. Returns the first problem, or None."""
    if not is_allowed(source.url, allowed_hosts):
        return ImageProblem.FOREIGN_HOST
    if source.size_bytes == 0:
        return ImageProblem.EMPTY
    if source.size_bytes is not None and source.size_bytes > source.limit_bytes:
        return ImageProblem.TOO_LARGE
    return None


def is_allowed(address: str, allowed_hosts: Sequence[str]) -> bool:
    """Return True if the address is on one of the allowed hosts.

    Plain http is allowed for the local machine only. Addresses with a user name are never allowed, because the
    part before the `@` can be mistaken for the host.

    Args:
        address: The address to check.
        allowed_hosts: Entries of the form `host` (any port) or `host:port`.
    """
    try:
        url = URL(address)
        host, port = url.host, url.port
    except ValueError:
        return False
    if host is None or url.raw_user is not None or url.raw_password is not None:
        return False
    if url.scheme != "https" and not (url.scheme == "http" and _is_this_machine(host)):
        return False
    names = {host.lower(), f"{_bracketed(host.lower())}:{port}"}
    return any(allowed.lower() in names for allowed in allowed_hosts)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
