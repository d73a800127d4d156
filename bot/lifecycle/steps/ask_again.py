"""The step of jobs whose row may be older than their reply: looks at the reply, and asks what is not bought.

That is so when the bot was away for long, and when a backup was put back: what waits in it may have been bought
since, and what was being made may have been posted. What was posted may have been deleted since, by moderators or
its owner: a video whose reply cannot be seen is never posted by itself. While a job is marked nothing is shown in
its reply before a look at it, however the job goes on or ends: that would take a video away.
"""

from dataclasses import replace
from typing import Final

import structlog

from bot.jobs import cards
from bot.jobs.job import TERMINAL, Failure, FailureReason, JobState, found_delivered
from bot.jobs.shown_reply import ReplyTells
from bot.lifecycle.alarms import OperatorAlarms
from bot.lifecycle.context import JobContext
from bot.lifecycle.last_cards import tell
from bot.lifecycle.laying_aside import lay_aside
from bot.lifecycle.reply_look import ReplyFound, ReplyLook
from bot.lifecycle.timeouts import Retention, Timeouts
from bot.texts import operator

log: Final = structlog.get_logger(__name__)

_BEHIND_ITS_REPLY: Final = (
    "(an earlier state of the bot was put back; the reply shows that it was handed over since)"
)
"""In the place of the answer to a POST, for the operator."""
_WAITS: Final = frozenset({JobState.HELD, JobState.QUEUED})
_DELETED: Final = frozenset({FailureReason.DELETED_BY_OWNER, FailureReason.DELETED_BY_MODERATOR})


class AskAgainStep:
    """Looks, asks, and leaves the job at rest. *Make it* and *Cancel* come by `bot/services/job_actions.py`."""

    def __init__(
        self,
        *,
        replies: ReplyLook,
        timeouts: Timeouts,
        retention: Retention,
        alarms: OperatorAlarms,
    ) -> None:
        self._replies = replies
        self._timeouts = timeouts
        self._retention = retention
        self._alarms = alarms

    async def look_first(self, context: JobContext) -> bool:
        """End a job by what its reply shows and its row does not know, and find out if another one may go on.

        A video that was posted is delivered. A request that waits and was handed to the service may have bought
        something: it is unknown, over for its user and open for the operator, and is not made by this job any more.

        While the reply cannot be seen, its video may have been posted and deleted since. Then the job reaches its
        user alone from now on. A bought video is fetched as long as the service has it, and waits in `/jobs`.

        Returns:
            True if the job's next step may be made.
        """
        found = await self._replies.at(context.job, within_s=self._timeouts.deliver_s)
        context.looked = found
        if found.tells is ReplyTells.POSTED:
            await self._end_as_delivered(context, found)
            return False
        if not found.seen:
            await self._leave_channel(context)
        state = context.job.state
        if state in TERMINAL:
            await self._note_doubt(context, found)
        elif state in _WAITS and found.tells is ReplyTells.PURCHASE:
            await self._end_as_unknown(context)
            return False
        elif state in _WAITS:
            pass  # marked as it is, until its user answers
        elif found.seen or not context.job.bought:
            await context.amend(ask_again_since=None)
        elif state is JobState.DELIVERING:
            await self._lay_aside(context)
            return False
        # Else it is marked as it is: before the post comes the next look.
        return True

    async def ask(self, context: JobContext) -> None:
        """Ask about a queued job, after a look at its reply."""
        since = context.job.ask_again_since or context.now()
        until = since + self._retention.unanswered
        # After a backup no look proves that nothing was bought: what a card shows comes seconds after what is done,
        # and after an hour it is not edited any more.
        seen = context.looked is not None and context.looked.seen
        await tell(context, cards.ask_again_card(context.job, until, seen=seen))

    async def _note_doubt(self, context: JobContext, found: ReplyFound) -> None:
        """Note of an ended job if its reply shows a purchase that its row does not know, and tell the operator."""
        job = context.job
        bought_since = found.tells is ReplyTells.PURCHASE and not job.bought
        await context.amend(ask_again_since=None, may_be_bought=job.may_be_bought or bought_since)
        # What is under way is marked after a backup alone. Without one the row knows all that was bought.
        if bought_since or (not found.seen and (job.may_be_bought or job.bought)):
            self._tell_of_end(context)

    def _tell_of_end(self, context: JobContext) -> None:
        log.warning("restored_job_ended", job=context.job.id, state=context.job.state)
        self._alarms.begin("restored_ended", operator.restored_ended(context.job.id))

    async def _leave_channel(self, context: JobContext) -> None:
        reply = context.job.reply
        if not reply.private or reply.token is not None:
            # The channel's moderators may have removed the video from it; an edit by a token would take it away.
            alone = replace(reply, private=True, token=None)
            await context.keep_reply(alone)
            context.renew_token(alone)

    async def _lay_aside(self, context: JobContext) -> None:
        log.warning("restored_video_laid_aside", job=context.job.id, task=context.job.task_id)
        self._alarms.once("restored_unseen", operator.RESTORED_UNSEEN)
        until = context.now() + self._retention.undelivered
        await lay_aside(context, Failure(FailureReason.BEFORE_RESTORE, cards.kept_until(until)))

    async def _end_as_unknown(self, context: JobContext) -> None:
        log.warning("purchase_found_in_reply", job=context.job.id)
        await context.fail(
            FailureReason.PURCHASE_UNKNOWN,
            to=JobState.UNKNOWN,
            raw_answer=_BEHIND_ITS_REPLY,
            submitted_at=context.job.submitted_at or context.now(),
            review_id=None,
            ask_again_since=None,
            may_be_bought=False,  # the operator's question now
        )

    async def _end_as_delivered(self, context: JobContext, found: ReplyFound) -> None:
        job = context.job
        log.warning("video_found_in_reply", job=job.id, state=job.state)
        if job.state in TERMINAL:
            self._tell_of_end(context)
        await context.stop_card()  # no card of progress comes once the job is not behind its reply any more
        if job.failure is not None and job.failure.reason in _DELETED:
            await context.amend(settled_at=context.now())
            return
        if found.in_channel and job.reply.private:
            # It was left while it could not be seen. Where others see the video, they can report it.
            await context.keep_reply(replace(job.reply, private=False))
        await context.become(found_delivered(context.job, context.now()))
