"""Looks at the reply of a job whose row may be older than it, and at the messages that may be in its place."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import stamina
import structlog

from bot.delivery.messages import (
    DeliveryError,
    DiscordUnavailableError,
    Messages,
    Post,
    ReplyAddress,
    ReplyUnreachableError,
    ShownReply,
)
from bot.delivery.routes import Route, final_routes
from bot.jobs import cards
from bot.jobs.job import Job
from bot.jobs.shown_reply import ReplyTells, told_by
from bot.jobs.shown_video import ending_of

log: Final = structlog.get_logger(__name__)

_WHILE_WAITED_FOR_S: Final = 10.0
_TOKEN_PAUSE_S: Final = 1.0
"""Before a private reply's token that was refused is tried once more."""


@dataclass(frozen=True)
class ReplyFound:
    """Result of a look at the reply; `seen` is False if the reply itself could not be looked at."""

    tells: ReplyTells
    seen: bool
    in_channel: bool = False
    """True if the video is in a message that the channel's members see."""


class ReplyLook:
    """Looks at replies; changes nothing."""

    def __init__(self, messages: Messages, now: Callable[[], datetime]) -> None:
        self._messages = messages
        self._now = now

    async def shows_more(self, job: Job) -> bool:
        """Return True if the reply shows more than the row knows, while somebody who pressed waits for the answer.

        Where it could not be looked at when its user was asked, it may be open by now.
        """
        return (await self.at(job, within_s=_WHILE_WAITED_FOR_S)).tells is not ReplyTells.NOTHING

    async def at(self, job: Job, *, within_s: float) -> ReplyFound:
        """Look at the reply of a job, and at messages in its place. Waits so long for a Discord that is away."""
        try:
            async for attempt in stamina.retry_context(
                on=DiscordUnavailableError, attempts=None, timeout=within_s, wait_max=30.0
            ):
                with attempt:
                    return await self._look(job)
        except DiscordUnavailableError as error:
            log.warning("reply_not_looked_up", job=job.id, reason=str(error))
        return ReplyFound(ReplyTells.NOTHING, seen=False)

    async def _look(self, job: Job) -> ReplyFound:
        tells, seen = ReplyTells.NOTHING, False
        for route in self._routes(job.reply):
            try:
                found = await self._told_by(job, route)
            except DiscordUnavailableError:
                raise
            except DeliveryError as error:
                log.info("reply_not_looked_up", job=job.id, route=route, reason=str(error))
                continue
            if found is ReplyTells.POSTED:
                public = route in {Route.EDIT_AS_BOT, Route.ANSWER_IN_CHANNEL}
                return ReplyFound(found, seen=True, in_channel=public and job.reply.guild_id is not None)
            seen = seen or not route.makes_new_message
            tells = found if found is ReplyTells.PURCHASE else tells
        return ReplyFound(tells, seen)

    def _routes(self, reply: ReplyAddress) -> Sequence[Route]:
        routes = list(final_routes(reply, max(timedelta(), self._now() - reply.created_at).total_seconds()))
        if routes[0] is not Route.DIRECT_MESSAGE:
            # Messages to a user are only looked at where there is no other way: each opens a channel.
            routes.remove(Route.DIRECT_MESSAGE)
        elif reply.message_id is not None:
            # A channel that was left because it could not be looked at may be open again.
            routes.insert(0, Route.EDIT_AS_BOT)
        return routes

    async def _told_by(self, job: Job, route: Route) -> ReplyTells:
        post = Post(cards.delivered_card(job, now=self._now()))
        match route:
            case Route.TOKEN | Route.EDIT_AS_BOT:
                shown = await self._read_reply(job.reply, by_token=route is Route.TOKEN)
                if any(path.endswith(ending_of(job)) for path in shown.media):
                    return ReplyTells.POSTED
                return told_by(shown.text)
            case Route.ANSWER_IN_CHANNEL:
                posted = await self._messages.find_answer(job.reply, post, job.created_at)
            case Route.DIRECT_MESSAGE:
                posted = await self._messages.find_direct(job.reply, post, job.created_at)
        return ReplyTells.POSTED if posted is not None else ReplyTells.NOTHING

    async def _read_reply(self, reply: ReplyAddress, *, by_token: bool) -> ShownReply:
        """Read the reply; twice by the token of a private one, as Discord refuses a living token now and then."""
        try:
            return await self._messages.read_reply(reply, by_token=by_token)
        except ReplyUnreachableError as error:
            if not (by_token and reply.private and error.may_pass):
                raise
        await asyncio.sleep(_TOKEN_PAUSE_S)
        return await self._messages.read_reply(reply, by_token=by_token)
