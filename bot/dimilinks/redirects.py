"""Redirects of downloads: where they lead, and if the key may come along. `download.py` follows them.

The key belongs to the API's own origin: once a redirect has left it, no later request carries the key, not
even one that comes back, since that one was built by somebody else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from yarl import URL

from bot.dimilinks.errors import UnexpectedRedirectError

_HOPS_MAX: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

# From each scheme, the schemes a redirect may lead to: never from encrypted to plain.
_ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    "http": frozenset({"http", "https"}),
    "https": frozenset({"https"}),
}


@dataclass(frozen=True)
class Hop:
    """One address on the way to a video. The first is the API's own."""

    url: URL
    authorized: bool = True
    count: int = 0


def is_redirect(status: int) -> bool:
    """Return True if a status asks to repeat a GET elsewhere (RFC 9110, 15.4)."""
    return status in _REDIRECTS


def hop_after(hop: Hop, location: str | None) -> Hop:
    """Return where an answer at `hop` with this `Location` header leads.

    Raises `UnexpectedRedirectError` after five redirects, and for a target that is missing, not http(s),
    without a host, or plain http after https.
    """
    if hop.count >= _HOPS_MAX:
        raise _refuse(f"more than {_HOPS_MAX} redirects")
    if not location:
        raise _refuse("a redirect without a target")
    url = _target(hop.url, location)
    if url is None or not url.host:
        raise _refuse("a redirect to something that is no address")
    if url.scheme not in _ALLOWED[hop.url.scheme]:
        raise _refuse(f"a redirect from {hop.url.scheme} to another scheme that is not safe to follow")
    return Hop(url, authorized=hop.authorized and _origin(url) == _origin(hop.url), count=hop.count + 1)


def _target(base: URL, location: str) -> URL | None:
    # Signed addresses are signed as they are spelt, so a well-formed one must not be spelt anew.
    as_spelt = location.isascii() and location.isprintable() and " " not in location
    try:
        # An address may carry credentials (user:password@); none of them are ours to send.
        target = URL(location, encoded=as_spelt)
        if target.scheme and not target.host:
            return None
        url = base.join(target)
        return url.with_user(None) if url.raw_user or url.raw_password else url
    except ValueError:
        return None


def _origin(url: URL) -> tuple[str, str, int | None]:
    return url.scheme, (url.raw_host or "").lower(), url.port


def _refuse(what: str) -> UnexpectedRedirectError:
    return UnexpectedRedirectError(what)
