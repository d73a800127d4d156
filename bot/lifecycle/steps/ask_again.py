"""The step of jobs whose row may be older than their reply: looks at the reply, and asks what is not bought.

That is so when the bot was away for long, and when a backup was put back: what waits in it may have been bought
since, and what was being made may have been posted. What was posted may have been deleted since, by moderators or
its owner: a video whose reply cannot be seen is never posted by itself.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import stamina
import structlog

from bot.delivery.messages import (
    DeliveryError,
    DiscordUnavailableError,
    Messages,
    Post,
    ReplyUnreachableError,
    ShownReply,
)
from bot.delivery.routes import Route, final_routes
from bot.jobs import cards
from bot.jobs.job import Failure, FailureReason, JobState
from bot.jobs.shown_reply import ReplyTells, told_by
from bot.jobs.shown_video import ending_of
from bot.lifecycle.alarms import OperatorAlarms
from bot.lifecycle.context import JobContext
from bot.lifecycle.timeouts import Retention, Timeouts
from bot.texts import operator

log: Final = structlog.get_logger(__name__)

_BEHIND_ITS_REPLY: Final = (
    "(an earlier state of the bot was put back; the reply shows that it was handed over since)"
)
"""In the place of the answer to a POST, for the operator."""
_TOKEN_PAUSE_S: Final = 1.0
"""Before a private reply's token that was refused is tried once more."""


@dataclass(frozen=True)
class _Look:
    """Result of a look at the reply; `seen` is False if the reply itself could not be looked at."""

    tells: ReplyTells
    seen: bool


class AskAgainStep:
    """Asks, and leaves the job at rest. *Make it* and *Cancel* come by `bot/services/job_actions.py`."""

    def __init__(
        self,
        *,
        messages: Messages,
        timeouts: Timeouts,
        retention: Retention,
        alarms: OperatorAlarms,
    ) -> None:
        self._messages = messages
        self._timeouts = timeouts
        self._retention = retention
        self._alarms = alarms

    async def run(self, context: JobContext) -> None:
        """Ask about a queued job, or end it by what its reply shows and a backup does not know.

        A video that was posted is delivered. A request that was handed to the service may have bought something: it
        is unknown, over for its user and open for the operator, and is not made by this job any more.
        """
        # A card of progress would take a video away that the reply holds.
        await context.stop_card()
        look = await self._look_patiently(context)
        match look.tells:
            case ReplyTells.POSTED:
                await self._end_as_delivered(context)
            case ReplyTells.PURCHASE:
                log.warning("purchase_found_in_reply", job=context.job.id)
                await context.fail(
                    FailureReason.PURCHASE_UNKNOWN,
                    to=JobState.UNKNOWN,
                    raw_answer=_BEHIND_ITS_REPLY,
                    submitted_at=context.job.submitted_at or context.now(),
                    ask_again_since=None,
                    may_be_bought=False,  # the operator's question now
                )
            case ReplyTells.NOTHING:
                since = context.job.ask_again_since or context.now()
                until = since + self._retention.unanswered
                # After a backup no look proves that nothing was bought: what a card shows comes seconds after what
                # is done, and after an hour it is not edited any more.
                if not (look.seen or context.job.may_be_bought):
                    await context.amend(may_be_bought=True)
                await context.tell(cards.ask_again_card(context.job, until))

    async def look_first(self, context: JobContext) -> bool:
        """End a job under way whose video the reply shows already, and find out if another one may go on.

        While the reply cannot be seen, its video may have been posted and deleted since. Then the job reaches its
        user alone from now on, the video is fetched as long as the service has it, and waits in `/jobs`.

        Returns:
            True if the job's next step may be made.
        """
        look = await self._look_patiently(context)
        if look.tells is ReplyTells.POSTED:
            await self._end_as_delivered(context)
            return False
        if not look.seen:
            await self._leave_channel(context)
        if look.seen or not context.job.bought:
            await context.amend(ask_again_since=None)
            return True
        if context.job.state is not JobState.DELIVERING:
            return True  # marked as it is: before the post comes the next look
        await self._lay_aside(context)
        return False

    async def _leave_channel(self, context: JobContext) -> None:
        reply = context.job.reply
        if not reply.private:
            # The channel's moderators may have removed the video from it.
            alone = replace(reply, private=True)
            await context.keep_reply(alone)
            context.renew_token(alone)

    async def _lay_aside(self, context: JobContext) -> None:
        log.warning("restored_video_laid_aside", job=context.job.id, task=context.job.task_id)
        self._alarms.once("restored_unseen", operator.RESTORED_UNSEEN)
        until = context.now() + self._retention.undelivered
        await context.set_aside(Failure(FailureReason.BEFORE_RESTORE, cards.kept_until(until)))

    async def _end_as_delivered(self, context: JobContext) -> None:
        log.warning("video_found_in_reply", job=context.job.id)
        await context.stop_card()  # no card of progress comes once the job is not behind its reply any more
        now = context.now()
        await context.move(
            JobState.DELIVERED, ended_at=now, settled_at=now, video_name=None, ask_again_since=None
        )

    async def _look_patiently(self, context: JobContext) -> _Look:
        """Look at the reply, and at messages in its place. Waits for Discord, up to the limit of a delivery."""
        try:
            async for attempt in stamina.retry_context(
                on=DiscordUnavailableError, attempts=None, timeout=self._timeouts.deliver_s, wait_max=30.0
            ):
                with attempt:
                    return await self._look(context)
        except DiscordUnavailableError as error:
            log.warning("reply_not_looked_up", job=context.job.id, reason=str(error))
        return _Look(ReplyTells.NOTHING, seen=False)

    async def _look(self, context: JobContext) -> _Look:
        job, now = context.job, context.now()
        routes = final_routes(job.reply, max(timedelta(), now - job.reply.created_at).total_seconds())
        if routes[0] is not Route.DIRECT_MESSAGE:
            # Messages to a user are only looked at where there is no other way: each opens a channel.
            routes = [route for route in routes if route is not Route.DIRECT_MESSAGE]
        tells, seen = ReplyTells.NOTHING, False
        for route in routes:
            try:
                found = await self._told_by(context, route)
            except DiscordUnavailableError:
                raise
            except DeliveryError as error:
                log.info("reply_not_looked_up", job=job.id, route=route, reason=str(error))
                continue
            if found is ReplyTells.POSTED:
                return _Look(found, seen=True)
            seen = seen or not route.makes_new_message
            tells = found if found is ReplyTells.PURCHASE else tells
        return _Look(tells, seen)

    async def _told_by(self, context: JobContext, route: Route) -> ReplyTells:
        job = context.job
        post = Post(cards.delivered_card(job, now=context.now()))
        match route:
            case Route.TOKEN | Route.EDIT_AS_BOT:
                shown = await self._read_reply(context, by_token=route is Route.TOKEN)
                if any(path.endswith(ending_of(job)) for path in shown.media):
                    return ReplyTells.POSTED
                return told_by(shown.text)
            case Route.ANSWER_IN_CHANNEL:
                posted = await self._messages.find_answer(job.reply, post, job.created_at)
            case Route.DIRECT_MESSAGE:
                posted = await self._messages.find_direct(job.reply, post, job.created_at)
        return ReplyTells.POSTED if posted is not None else ReplyTells.NOTHING

    async def _read_reply(self, context: JobContext, *, by_token: bool) -> ShownReply:
        """Read the reply; twice by the token of a private one, as Discord refuses a living token now and then."""
        reply = context.job.reply
        try:
            return await self._messages.read_reply(reply, by_token=by_token)
        except ReplyUnreachableError as error:
            if not (by_token and reply.private and error.may_pass):
                raise
        await asyncio.sleep(_TOKEN_PAUSE_S)
        return await self._messages.read_reply(reply, by_token=by_token)
