"""Routes to one reply while its job runs: its address, the age of its token, and the closed routes."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog

from bot.delivery.card import Card
from bot.delivery.fallbacks import Fallback, fallback_of
from bot.delivery.messages import (
    DeliveryError,
    Messages,
    Post,
    ReplyAddress,
    ReplyUnreachableError,
    ThreadClosedError,
    WordsRefusedError,
)
from bot.delivery.routes import Route, asked_routes, final_routes, progress_routes

log: Final = structlog.get_logger(__name__)


class ReplyRoutes:
    """Sends posts to one reply. What its progress card and its final post learn of a route counts for both."""

    def __init__(
        self,
        messages: Messages,
        address: ReplyAddress,
        *,
        now: Callable[[], datetime],
        asked_at: datetime | None = None,
    ) -> None:
        """Args: `asked_at` is when the message was made, where that was before its present token."""
        self.messages = messages
        self._address = address
        self._now = now
        self._closed: dict[Route, DeliveryError] = {}
        self._refused: dict[Route, DeliveryError] = {}
        self._quotes = True
        self._count_age_from(address)
        message_at = asked_at or address.created_at
        self._message_older_s = max(0.0, (address.created_at - message_at).total_seconds())

    @property
    def address(self) -> ReplyAddress:
        """Address of the reply, as far as it is known by now."""
        return self._address

    @property
    def age_s(self) -> float:
        """Seconds since the interaction of the address came."""
        return self._age_then_s + asyncio.get_running_loop().time() - self._then_s

    def renew_token(self, address: ReplyAddress) -> None:
        """Use a newer token for the same reply, and open every route again."""
        self._message_older_s += self.age_s
        self._address = address
        self._count_age_from(address)
        self._closed.clear()
        self._refused.clear()

    def learn_message(self, message_id: int) -> None:
        """Note the id of the reply's message."""
        self._address = replace(self._address, message_id=message_id)

    def move_to(self, message_id: int) -> None:
        """Take a new message of the bot in the channel for the reply from now on, which no token edits."""
        self._address = replace(self._address, message_id=message_id, token=None)
        self._closed.clear()
        self._refused.clear()

    def for_progress(self, *, asked: bool) -> Sequence[Route]:
        """Return the routes for a running job's card, closed ones among them; `asked` if a user asked to see it."""
        routes = progress_routes(self._address, self.age_s, self._message_older_s + self.age_s)
        return routes or (asked_routes(self._address, self.age_s) if asked else [])

    def for_final_post(self) -> Sequence[Route]:
        """Return the routes for the final post, closed ones among them."""
        return final_routes(self._address, self.age_s)

    @property
    def opens_by_token(self) -> bool:
        """True if the final post is first tried with the interaction's token."""
        return Route.TOKEN in self.for_final_post() and not self.is_closed(Route.TOKEN)

    def is_closed(self, route: Route) -> bool:
        """Return True if a post by this route was refused."""
        return route in self._closed or route in self._refused

    def close(self, route: Route, error: DeliveryError) -> None:
        """Close a route: refused requests count towards Discord's ban for invalid requests."""
        (self._closed if isinstance(error, ReplyUnreachableError) else self._refused)[route] = error
        if route is Route.EDIT_AS_BOT and isinstance(error, ThreadClosedError):
            # A new message would open the thread, against the moderators who closed it.
            self._refused[Route.ANSWER_IN_CHANNEL] = error
        log.info("route_closed", route=route, reason=str(error))

    def forget_refusals(self) -> None:
        """Open the routes again by which Discord refused a post for its content: the next post is another."""
        self._refused.clear()

    def reopen_private_token(self) -> bool:
        """Open the token's route to a private reply again, if what closed it may have passed.

        Returns True if it was closed: nothing but a direct message is left then.
        """
        error = self._closed.get(Route.TOKEN)
        if not (self._address.private and isinstance(error, ReplyUnreachableError) and error.may_pass):
            return False
        del self._closed[Route.TOKEN]
        log.info("token_tried_again", reason=str(error))
        return True

    def leave_out_quote(self, route: Route, error: DeliveryError) -> bool:
        """Make all posts without the prompt from now on. Returns False if that is so already."""
        quoted, self._quotes = self._quotes, False
        if quoted:
            log.warning("prompt_left_out", route=route, reason=str(error))
        return quoted

    def as_allowed(self, post: Post) -> Post:
        """Return the post, without the prompt if AutoMod refused that."""
        return post if self._quotes else post.without_quote()

    def fallback(self, route: Route) -> Fallback | None:
        """Return what was otherwise about a final post that came by this route."""
        # The reply to a user's message never had a token.
        best = Route.TOKEN if self._address.asked_message_id is None else Route.EDIT_AS_BOT
        return fallback_of(route, best, self._closed | self._refused, unquoted=not self._quotes)

    async def send_card(self, route: Route, card: Card) -> int:
        """Show a card of a running job, once more without the prompt if AutoMod refuses that; as `send`.

        An archived thread stays as it is: the final post opens it.
        """
        try:
            return await self.send(route, Post(card), opens_thread=False)
        except WordsRefusedError as error:
            if not self.leave_out_quote(route, error):
                raise
            return await self.send(route, Post(card), opens_thread=False)

    async def send(self, route: Route, post: Post, *, opens_thread: bool = True) -> int:
        """Make a post by one route. Returns the id of the message that shows it. Raises `DeliveryError`."""
        post, token = self.as_allowed(post), self._address.token
        try:
            return await self._send(route, post, opens_thread=opens_thread)
        except ReplyUnreachableError as error:
            if route is not Route.TOKEN or self._address.token is token:
                raise
            # A user's press renewed the token while the post by the older one was refused.
            log.info("older_token_refused", reason=str(error))
        return await self.send(route, post, opens_thread=opens_thread)

    async def _send(self, route: Route, post: Post, *, opens_thread: bool) -> int:
        match route:
            case Route.TOKEN:
                message_id = await self.messages.edit_by_token(self._address, post)
                if self._address.message_id is None:
                    self.learn_message(message_id)
                return message_id
            case Route.EDIT_AS_BOT:
                return await self.messages.edit_as_bot(self._address, post, opens_thread=opens_thread)
            case Route.ANSWER_IN_CHANNEL:
                return await self.messages.answer_in_channel(self._address, post)
            case Route.DIRECT_MESSAGE:
                return await self.messages.direct_message(self._address, post)

    async def shows_video(self, ending: str) -> bool | None:
        """Return True if the reply holds a video with this end of its name, False if no edit can take one away.

        None if nobody knows.
        """
        for by_token in (True, False):
            try:
                return await self.messages.find_video(self._address, ending, by_token=by_token) is not None
            except ReplyUnreachableError:
                continue  # what cannot be looked at by this way cannot be edited by it either
            except DeliveryError as error:
                log.info("reply_not_looked_up", reason=str(error))
                return None
        return False

    def _count_age_from(self, address: ReplyAddress) -> None:
        # The wall clock is asked once; from then on a clock that jumps cannot make a token older or younger.
        self._age_then_s = max(0.0, (self._now() - address.created_at).total_seconds())
        self._then_s = asyncio.get_running_loop().time()
