"""Explanations of failures that the video service names: by its known codes, or by quoting it."""

from collections.abc import Mapping
from typing import Final

from bot.texts.explanations import Explanation, Money, nothing_charged
from bot.texts.messages import Message, sentence
from bot.texts.quoting import quote_vendor
from bot.video import REFERENCES_MAX

UPSTREAM_CODE: Final = "upstream_error"
CONTENT_CODE: Final = "content_policy_violation"
PICTURE_CODE: Final = "invalid_reference_image"
_TOO_LARGE_STATUS: Final = "413"
SERVICE_CODES: Final[Mapping[str, Message]] = {
    UPSTREAM_CODE: sentence("The model behind the video service could not make this video."),
    CONTENT_CODE: sentence("The video service's content rules do not allow this request."),
    PICTURE_CODE: sentence("The video service refused a picture."),
}
"""Sentences by the service's codes. A job stores the code, as the service's own words are often Chinese."""


def words_of_service(code: str | None, message: str) -> str:
    """Return the code if it has a sentence in every language, otherwise the service's own words."""
    return code if code in SERVICE_CODES else message


def request_rejected(detail: str) -> Explanation:
    """The service refused this request: by its content rules, or in its own words, where they may be quoted."""
    if detail == CONTENT_CODE:
        return nothing_charged(SERVICE_CODES[detail], sentence("Change the prompt or the pictures."))
    what = (
        sentence("The video service refused the request: {message}", message=quote_vendor(detail))
        if detail.strip()
        else sentence("The video service refused the request.")
    )
    return nothing_charged(what, sentence("Change it and try again."))


def refused_unread(status: str) -> Explanation:
    """Something in front of the service refused the request twice, before it had arrived whole."""
    if status == _TOO_LARGE_STATUS:
        return nothing_charged(
            sentence("Your request is too large for the video service."),
            sentence("Use fewer or smaller pictures."),
        )
    return nothing_charged(
        sentence("Your request did not get through to the video service (HTTP {status}).", status=status),
        sentence("Change it and try again."),
    )


def reference_rejected(detail: str) -> Explanation:
    """HTTP 400 `invalid_reference_image`, or another refusal of a picture in the service's own words."""
    return nothing_charged(
        SERVICE_CODES[PICTURE_CODE]
        if detail == PICTURE_CODE or not detail.strip()
        else sentence("The video service refused a picture: {message}", message=quote_vendor(detail)),
        sentence(
            "You can use {limit} pictures at most: PNG, JPEG or WebP, each smaller than 10 MB.",
            limit=REFERENCES_MAX,
        ),
    )


def generation_failed(detail: str) -> Explanation:
    """The task ended as `failed`; the vendor does not say whether such tasks are charged."""
    if detail == UPSTREAM_CODE:
        what = SERVICE_CODES[detail]
    elif detail.strip():
        what = sentence(
            "The video service could not make this video: {message}", message=quote_vendor(detail)
        )
    else:
        what = sentence("The video service could not make this video.")
    return Explanation(
        what,
        Money.UNKNOWN,
        sentence("Try again, perhaps with other words or pictures."),
    )
