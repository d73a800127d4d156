"""Results of users' presses on jobs and videos."""

from dataclasses import dataclass
from enum import StrEnum

from bot.jobs.job import Job
from bot.reviews.review import Review


class ActionResult(StrEnum):
    """Result of a press."""

    DONE = "done"
    CANCELLED_IN_DOUBT = "cancelled_in_doubt"
    """The same as `DONE`, of a request that may have been bought before the bot's data was lost."""
    ASK = "ask"
    """The video is bought: stop watching, or let it finish?"""
    HANDING_OVER = "handing_over"
    ALREADY_READY = "already_ready"
    ALREADY_ENDED = "already_ended"
    ALREADY_REPEATED = "already_repeated"
    ALREADY_FETCHED = "already_fetched"
    NOT_ASKED = "not_asked"
    NOT_ALLOWED = "not_allowed"
    GONE = "gone"
    PUT_AWAY = "put_away"
    """Hidden because of reports, or removed by moderators."""


@dataclass(frozen=True)
class Deletion:
    """A deletion of a message with a video that is noted and not made yet.

    `review` is the decision of a moderator to remove another user's video.
    """

    job: Job
    by: int
    review: Review | None
