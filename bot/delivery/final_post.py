"""Final post of a job: made once, by the first open route, with a journal of what was begun."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import stamina
import structlog

from bot.delivery.fallbacks import Fallback
from bot.delivery.messages import (
    AnswerUnreadableError,
    DeliveryDoubtfulError,
    DeliveryError,
    DiscordUnavailableError,
    NotCarriedOutError,
    Post,
    PostForbiddenError,
    PostRefusedError,
    ReplyUnreachableError,
    WordsRefusedError,
)
from bot.delivery.reply_routes import ReplyRoutes
from bot.delivery.routes import Route

log: Final = structlog.get_logger(__name__)

_TOKEN_PAUSE_S: Final = 1.0
"""Before a private reply's token that was refused is tried once more."""


@dataclass(frozen=True)
class Posted:
    """Result of a final post: its route, the message that shows it, and what was not as it was meant to be."""

    route: Route
    message_id: int
    fallback: Fallback | None = None


@dataclass(frozen=True)
class Attempt:
    """A post that was begun: it may or may not have arrived."""

    route: Route
    started_at: datetime

    @property
    def by_public_route(self) -> bool:
        """True if others may have seen what it brought, moderators among them."""
        return self.route is not Route.DIRECT_MESSAGE


@dataclass(frozen=True)
class Journal:
    """Journal by which a video is posted only once: what an earlier run began, and how to note what begins now."""

    earlier: Attempt | None
    begin: Callable[[Attempt], Awaitable[None]]
    """Stores an attempt; it is not made before this returns."""
    permitted: Callable[[bool], Awaitable[bool]]
    """Asks the rules right before every try to post a video: Discord may have been away for hours. True says that
    the video may have been seen, so that somebody may have decided about it. Raises `PermissionUntoldError`."""
    counted: "CountUpload"
    """Surrounds every upload."""
    doubtful: bool
    """True if the video may have been seen already: by an earlier run, or a try with a file of another size."""


CountUpload = Callable[[], AbstractAsyncContextManager[None]]
"""Makes a context manager in which a video is uploaded; waiting for Discord is outside of it."""


async def not_noted(attempt: Attempt) -> None:
    """Leave the attempt that is stored as it is."""
    del attempt


def uncounted() -> AbstractAsyncContextManager[None]:
    """Count nothing."""
    return nullcontext()


class FinalPost:
    """A final post. The reply's progress card must have stopped: one of its edits could overtake the post."""

    def __init__(
        self,
        routes: ReplyRoutes,
        post: Post,
        journal: Journal,
        *,
        now: Callable[[], datetime],
        direct_videos: bool,
    ) -> None:
        """Args: without `direct_videos` no video is ever sent as a direct message."""
        self._routes = routes
        self._post = post
        self._journal = journal
        self._now = now
        self._direct_videos = direct_videos
        self._begun = journal.earlier
        self.doubtful = journal.doubtful
        """True once the video may have been seen where moderators are. It is not posted as a new message then: who
        saw it may have deleted it."""
        self._tried = False
        self._unread_by: Route | None = None
        """Route by which the post was made with an answer that could not be read."""
        self._tried_token_again = False
        self._may_be_there = journal.earlier is not None and journal.earlier.route.makes_new_message

    async def make(self, *, patience_s: float) -> Posted:
        """Make the post, repeating while Discord is away.

        Raises:
            ReplyUnreachableError: Every route is closed.
            DeliveryDoubtfulError: The video may have been seen already, in the reply or in the channel.
            UploadTooLargeError: Discord does not take a file of this size.
            PostForbiddenError: The rules do not allow the video where it would be posted.
            DiscordUnavailableError: Discord stayed away for `patience_s` seconds.
        """
        self._routes.forget_refusals()
        self._tried_token_again = self._routes.reopen_private_token()
        # Edits are free to repeat, and new messages carry a nonce, so a repeated call cannot post twice.
        async for attempt in stamina.retry_context(
            on=DiscordUnavailableError, attempts=None, timeout=patience_s, wait_initial=0.5, wait_max=30.0
        ):
            with attempt:
                return await self._by_an_open_way()
        raise AssertionError("a retry context ends by returning or raising")

    async def _by_an_open_way(self) -> Posted:
        has_video = self._post.video is not None
        if has_video and self._may_be_there and (found := await self._made_earlier()) is not None:
            return found
        for route in self._routes.for_final_post():
            if self._routes.is_closed(route):
                continue
            if has_video and route.makes_new_message:
                if self.doubtful and not self._has_begun(route):
                    raise DeliveryDoubtfulError("the video may have been seen already")
                if route is Route.DIRECT_MESSAGE and not self._direct_videos:
                    continue
            try:
                return Posted(route, await self._by(route), self._routes.fallback(route))
            except (ReplyUnreachableError, PostRefusedError) as error:
                self._routes.close(route, error)
            except NotCarriedOutError:
                raise
            except DiscordUnavailableError as error:
                self.doubtful |= has_video and route is not Route.DIRECT_MESSAGE
                self._unread_by = route if isinstance(error, AnswerUnreadableError) else None
                raise
        raise ReplyUnreachableError("every route to the user is closed")

    async def _made_earlier(self) -> Posted | None:
        """Return the new message of an earlier run, if it arrived: whichever route is open now, it is the post."""
        begun = self._journal.earlier
        message_id = await self._find(begun.route, begun.started_at) if begun is not None else None
        self._may_be_there = False
        if begun is None or message_id is None:
            return None
        return Posted(begun.route, message_id, self._routes.fallback(begun.route))

    async def _by(self, route: Route) -> int:
        """Post by one route: without the prompt if AutoMod refuses that, and twice by a private reply's token."""
        while True:
            if self._post.video is not None:
                if not await self._journal.permitted(self._tried or self.doubtful):
                    raise PostForbiddenError("the rules do not allow it here")
                self._tried = True
            try:
                return await (self._upload(route) if self._post.video is not None else self._once(route))
            except WordsRefusedError as error:
                if not self._routes.leave_out_quote(route, error):
                    raise
            except ReplyUnreachableError as error:
                private = route is Route.TOKEN and self._routes.address.private
                if not (private and error.may_pass) or self._tried_token_again:
                    raise
                self._tried_token_again = True
                log.info("token_tried_again", reason=str(error))
                await asyncio.sleep(_TOKEN_PAUSE_S)

    async def _upload(self, route: Route) -> int:
        if self._unread_by is route and (found := await self._shown_by_now(route)) is not None:
            return found
        async with self._journal.counted():
            return await self._once(route)

    async def _once(self, route: Route) -> int:
        if route.makes_new_message:
            if self._begun is not None and self._has_begun(route):
                found = await self._find(route, self._begun.started_at)
                if found is not None:
                    return found
                if self.doubtful and self._post.video is not None:
                    raise DeliveryDoubtfulError("the new message may have been deleted since")
            else:
                # Stored before the first byte leaves: a process that dies after it looks before it posts again.
                self._begun = Attempt(route, self._now())
                await self._journal.begin(self._begun)
        return await self._routes.send(route, self._post)

    def _has_begun(self, route: Route) -> bool:
        """Return True if a new message by this route was begun last: it is looked for, and not made again."""
        return self._begun is not None and self._begun.route is route

    async def _shown_by_now(self, route: Route) -> int | None:
        """Return the id of the reply's message if it shows the video: the unreadable answer may be Discord's."""
        if route.makes_new_message or self._post.video is None:
            return None  # `_once` looks for a new message
        ending = self._post.video.ending
        return await self._routes.messages.find_video(
            self._routes.address, ending, by_token=route is Route.TOKEN
        )

    async def _find(self, route: Route, since: datetime) -> int | None:
        """Return the id of the message of an attempt that arrived, if it can be found."""
        messages, address = self._routes.messages, self._routes.address
        try:
            if route is Route.DIRECT_MESSAGE:
                return await messages.find_direct(address, self._post, since)
            return await messages.find_answer(address, self._post, since)
        except ReplyUnreachableError as error:
            # Without the permission to read back, Discord's memory of the nonce has to do.
            log.info("earlier_post_not_looked_up", route=route, reason=str(error))
            return None


async def ping(routes: ReplyRoutes, posted: Posted) -> None:
    """Mention the user, unless the last post was a new message, which did. Worth one try."""
    if posted.route.makes_new_message:
        return
    try:
        await routes.messages.ping(routes.address, by_token=posted.route is Route.TOKEN)
    except DeliveryError as error:
        log.info("person_not_pinged", reason=str(error))
