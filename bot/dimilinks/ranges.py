"""Tells what the head of an answer says about the length of the whole file (RFC 9110, 14.4 and 15.3.7)."""

import re
from http import HTTPStatus
from typing import Final

import aiohttp
from aiohttp import hdrs

from bot.dimilinks.errors import TruncatedVideoError
from bot.dimilinks.mp4 import Length

_RANGE: Final = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII | re.IGNORECASE)


def length_of(response: aiohttp.ClientResponse) -> Length:
    """Return MET if the whole file has come when all of this answer has; UNKNOWN if its head does not tell.

    206 is also the answer of gateways that pass a whole file on in one piece. Raises `TruncatedVideoError` if it
    says itself that this is only a part.
    """
    if response.status != HTTPStatus.PARTIAL_CONTENT:
        return Length.UNKNOWN if response.content_length is None else Length.MET
    found = _RANGE.fullmatch(response.headers.get(hdrs.CONTENT_RANGE, "").strip())
    if found is None:
        return Length.UNKNOWN
    first, last, total = found.groups()
    if int(first) or (total != "*" and int(last) + 1 < int(total)):
        raise TruncatedVideoError("only a part of the video was sent", http_status=response.status)
    return Length.UNKNOWN if total == "*" or response.content_length is None else Length.MET
