"""Jobs about which moderators are asked. Most wait for the answer; those of deleted users are over already."""

from sqlalchemy import ColumnElement, exists, or_

from bot.storage.moderation_tables import reviews
from bot.storage.tables import jobs


def is_asked_about() -> ColumnElement[bool]:
    """True for jobs about whose making or posting a question is open.

    The words are those of `ReviewState` and `ReviewSubject` in `bot/reviews/review.py`, a layer above this one.
    """
    return exists().where(
        reviews.c.job_id == jobs.c.id, reviews.c.state == "open", reviews.c.stage != "report"
    )


def is_reported() -> ColumnElement[bool]:
    """True for jobs about whose posted video a question is open, or whose video is still to be shown again.

    The words are those of `Outstanding` as well.
    """
    undone = or_(reviews.c.state == "open", reviews.c.outstanding == "restore")
    return exists().where(reviews.c.job_id == jobs.c.id, reviews.c.stage == "report", undone)
