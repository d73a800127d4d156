"""The step that asks a user if a request is still wanted, because the bot was away for long."""

from datetime import timedelta
from typing import Final

import stamina
import structlog

from bot.delivery.messages import DeliveryError, DiscordUnavailableError, Messages, Post
from bot.delivery.routes import Route, final_routes
from bot.jobs import cards
from bot.jobs.job import JobState
from bot.jobs.shown_video import ending_of
from bot.lifecycle.context import JobContext
from bot.lifecycle.timeouts import Retention, Timeouts

log: Final = structlog.get_logger(__name__)


class AskAgainStep:
    """Asks, and leaves the job at rest. *Make it* and *Cancel* come by `bot/services/job_actions.py`."""

    def __init__(self, *, messages: Messages, timeouts: Timeouts, retention: Retention) -> None:
        self._messages = messages
        self._timeouts = timeouts
        self._retention = retention

    async def run(self, context: JobContext) -> None:
        """Ask about a queued job, or end it as delivered: its video was posted, and a backup does not know that."""
        # A card of progress would take a video away that the reply holds.
        await context.stop_card()
        if await self._is_delivered(context):
            log.warning("video_found_in_reply", job=context.job.id)
            now = context.now()
            await context.move(JobState.DELIVERED, ended_at=now, settled_at=now, ask_again_since=None)
            return
        since = context.job.ask_again_since or context.now()
        await context.tell(cards.ask_again_card(context.job, since + self._retention.unanswered))

    async def _is_delivered(self, context: JobContext) -> bool:
        """Return True if the reply, or a message in its place, shows the video. Waits for Discord."""
        async for attempt in stamina.retry_context(
            on=DiscordUnavailableError, attempts=None, timeout=self._timeouts.deliver_s, wait_max=30.0
        ):
            with attempt:
                return await self._look(context)
        return False

    async def _look(self, context: JobContext) -> bool:
        job, now = context.job, context.now()
        post = Post(cards.delivered_card(job, now=now))
        routes = final_routes(job.reply, max(timedelta(), now - job.reply.created_at).total_seconds())
        if routes[0] is not Route.DIRECT_MESSAGE:
            # Messages to a user are only looked at where there is no other way: each opens a channel.
            routes = [route for route in routes if route is not Route.DIRECT_MESSAGE]
        for route in routes:
            try:
                if await self._found(context, route, post) is not None:
                    return True
            except DiscordUnavailableError:
                raise
            except DeliveryError as error:
                log.info("reply_not_looked_up", job=job.id, route=route, reason=str(error))
        return False

    async def _found(self, context: JobContext, route: Route, post: Post) -> int | None:
        job = context.job
        match route:
            case Route.TOKEN | Route.EDIT_AS_BOT:
                by_token = route is Route.TOKEN
                return await self._messages.find_video(job.reply, ending_of(job), by_token=by_token)
            case Route.ANSWER_IN_CHANNEL:
                return await self._messages.find_answer(job.reply, post, job.created_at)
            case Route.DIRECT_MESSAGE:
                return await self._messages.find_direct(job.reply, post, job.created_at)
