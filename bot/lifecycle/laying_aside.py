"""Leaves a bought job whose video could not be delivered at rest, to be fetched from `/jobs`."""

from bot.jobs import cards
from bot.jobs.job import Failure, JobState, found_delivered
from bot.lifecycle.context import JobContext
from bot.lifecycle.last_cards import shows_video, tell


async def lay_aside(context: JobContext, failure: Failure, *, takes_away: bool = False) -> None:
    """Leave a bought job at rest; or end it, if its reply holds the video already.

    Its user is told, unless the reply may hold the video: an edit takes that away, which is right only where the
    rules do not allow it there (`takes_away`). A job whose reply was not looked at stays marked for that.
    """
    mark = context.job.ask_again_since if context.is_unseen else None
    shown = False if takes_away else await shows_video(context)
    if shown and context.job.state is JobState.DELIVERING:
        await context.become(found_delivered(context.job, context.now()))
        return
    if shown is False:
        await tell(context, cards.undelivered_card(context.job, failure))
    await context.amend(failure=failure, undelivered_since=context.now(), ask_again_since=mark)
