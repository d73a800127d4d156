"""A reply that follows a running job: the newest card wins, edits are rare, the last post always arrives."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import Final, Self

import stamina
import structlog

from bot.delivery.card import Card
from bot.delivery.messages import (
    DeliveryDoubtfulError,
    DiscordUnavailableError,
    Messages,
    Post,
    PostForbiddenError,
    PostRefusedError,
    ReplyAddress,
    ReplyUnreachableError,
    UploadTooLargeError,
)
from bot.delivery.routes import Route, asked_routes, final_routes, progress_routes

log: Final = structlog.get_logger(__name__)

EDIT_INTERVAL_S: Final = 2.5
FINAL_POST_PATIENCE_S: Final = 6 * 3600.0
"""How long Discord may stay away before a finished video is laid aside for the person to fetch."""
_PROGRESS_EDIT_TIMEOUT_S: Final = 30.0
_LEAVE_WITHIN_S: Final = 5.0
_NONCE_TRUSTED_FOR_S: Final = 60.0
"""How long Discord is believed to remember a nonce; it says "a few minutes" (*Create Message*)."""
_LOOK_AGAIN_INTERVALS: Final = 4
"""A card whose job says nothing new, such as one that waits in line, is looked at again after so many."""


class Existence(StrEnum):
    """Whether there is a reply at all."""

    CERTAIN = "certain"
    DOUBTFUL = "doubtful"
    """Its token is dead, and nobody noted its message."""
    NONE = "none"
    """Discord never took the acknowledgement."""


@dataclass(frozen=True)
class Posted:
    """The last post arrived: by which way, and in which message it can be seen."""

    route: Route
    message_id: int


@dataclass(frozen=True)
class Attempt:
    """A post that an earlier run was about to make: it may or may not have arrived."""

    route: Route
    started_at: datetime


@dataclass(frozen=True)
class Journal:
    """How a video is posted once only: what an earlier run began, and how to note what is begun now."""

    earlier: Attempt | None
    begin: Callable[[Attempt], Awaitable[None]]
    permitted: Callable[[], Awaitable[bool]] | None = None
    """Asked right before every try to post a video: Discord may have been away for hours."""


class LiveReply:
    """Shows cards on one reply. Enter it as a context manager: it owns one task, which ends with it.

    `render` gives the card of the moment. At most one edit every `interval_s()` seconds is made, only when the
    card changed, and a slow Discord delays the card, not the job. `finish` makes the last post.
    """

    def __init__(
        self,
        messages: Messages,
        address: ReplyAddress,
        render: Callable[[], Card | None],
        *,
        now: Callable[[], datetime],
        interval_s: Callable[[], float],
        patience_s: float = FINAL_POST_PATIENCE_S,
        asked_at: datetime | None = None,
        direct_videos: bool = True,
    ) -> None:
        """`asked_at` is when the message was made, where that was before its present token.

        Without `direct_videos` no video is ever sent as a direct message.
        """
        self._direct_videos = direct_videos
        self._messages = messages
        self._address = address
        self._render = render
        self._now = now
        self._interval_s = interval_s
        self._patience_s = patience_s
        self._shown: Card | None = None
        self._closed: set[Route] = set()
        self._refused: set[Route] = set()
        self._begun: Attempt | None = None
        self._doubtful = False
        self._changed = asyncio.Event()
        self._hurry = asyncio.Event()
        self._finishing = False
        self._task: asyncio.Task[None] | None = None
        self._asked = False
        self._count_age_from(address)
        message_at = asked_at or address.created_at
        self._message_older_s = max(0.0, (address.created_at - message_at).total_seconds())

    @property
    def address(self) -> ReplyAddress:
        """Where the reply lives, as far as it is known by now."""
        return self._address

    async def __aenter__(self) -> Self:
        """Start following."""
        self._task = asyncio.create_task(self._follow(), name="live-reply")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop following. An edit under way may end: one that is cut short could reach Discord after the next."""
        if self._task is None:
            return
        self._stop_following()
        try:
            await asyncio.wait([self._task], timeout=_LEAVE_WITHIN_S)
        finally:
            self._task.cancel()
        await asyncio.wait([self._task])

    def poke(self) -> None:
        """Say that the card may have changed; it is shown soon. Never waits."""
        self._changed.set()

    def readdress(self, address: ReplyAddress) -> None:
        """Use a newer token for the same reply, and show the card at once."""
        self._message_older_s += self._age_s()
        self._address = address
        self._count_age_from(address)
        self._asked = True
        self._closed.clear()
        self._refused.clear()
        self._shown = None
        self._changed.set()
        self._hurry.set()

    async def confirm(self) -> Existence:
        """Show the card once, at once, and see by that whether the reply exists.

        Raises `DiscordUnavailableError` when Discord stayed away for two minutes.
        """
        card = self._render()
        if self._address.message_id is not None:
            return Existence.CERTAIN
        if card is not None and self._address.token is None and self._address.asked_message_id is not None:
            return await self._answer_message(card)
        if card is None or Route.TOKEN not in self._progress_routes():
            return Existence.DOUBTFUL
        async for attempt in stamina.retry_context(
            on=DiscordUnavailableError, attempts=None, timeout=_PROGRESS_EDIT_TIMEOUT_S * 4, wait_max=10.0
        ):
            with attempt:
                try:
                    await self._call(Route.TOKEN, Post(card))
                    self._shown = card
                except ReplyUnreachableError as error:
                    self._close(Route.TOKEN, error)
                    return Existence.NONE if error.unknown else Existence.DOUBTFUL
                except (PostRefusedError, UploadTooLargeError) as error:
                    log.info("card_refused", reason=str(error))
        return Existence.CERTAIN

    async def _answer_message(self, card: Card) -> Existence:
        """Make the reply to a person's message, which nothing but the bot announces."""
        look_first = self._age_s() > _NONCE_TRUSTED_FOR_S
        async for attempt in stamina.retry_context(
            on=DiscordUnavailableError, attempts=None, timeout=_PROGRESS_EDIT_TIMEOUT_S * 4, wait_max=10.0
        ):
            with attempt:
                try:
                    message_id = await self._messages.answer_message(
                        self._address, Post(card), look_first=look_first or attempt.num > 1
                    )
                except (ReplyUnreachableError, PostRefusedError, UploadTooLargeError) as error:
                    log.info("answer_refused", reason=str(error))
                    return Existence.NONE
                self._address = replace(self._address, message_id=message_id)
                self._shown = card
        return Existence.CERTAIN

    async def ping(self, posted: Posted) -> None:
        """Mention the person, unless the last post was a new message, which did. Worth one try."""
        if posted.route.makes_new_message:
            return
        try:
            await self._messages.ping(self._address, by_token=posted.route is Route.TOKEN)
        except (DiscordUnavailableError, PostRefusedError, ReplyUnreachableError) as error:
            log.info("person_not_pinged", reason=str(error))

    async def finish(self, post: Post, journal: Journal) -> Posted:
        """Make the last post, by the first way that is open, repeating while Discord is away.

        Waits for an edit under way, which could otherwise overtake the last post. Raises
        `ReplyUnreachableError` when every way is closed, `DeliveryDoubtfulError`, `UploadTooLargeError`,
        `PostForbiddenError`, or
        `DiscordUnavailableError` when Discord stayed away for `patience_s`.
        """
        self._stop_following()
        if self._task is not None:
            await asyncio.wait([self._task])
        self._refused.clear()
        self._begun = journal.earlier
        self._doubtful = journal.earlier is not None and journal.earlier.route is Route.TOKEN
        # Edits are free to repeat, and new messages carry a nonce, so a repeated call cannot post twice.
        async for attempt in stamina.retry_context(
            on=DiscordUnavailableError,
            attempts=None,
            timeout=self._patience_s,
            wait_initial=0.5,
            wait_max=30.0,
        ):
            with attempt:
                return await self._post_by_an_open_way(post, journal)
        raise AssertionError("a retry context ends by returning or raising")

    async def _post_by_an_open_way(self, post: Post, journal: Journal) -> Posted:
        for route in final_routes(self._address, self._age_s()):
            if route in self._closed | self._refused:
                continue
            if route is Route.DIRECT_MESSAGE and self._doubtful and post.video is not None:
                raise DeliveryDoubtfulError("the video may be in the reply already")
            if post.video is not None:
                if route is Route.DIRECT_MESSAGE and not self._direct_videos:
                    continue
                if journal.permitted is not None and not await journal.permitted():
                    raise PostForbiddenError("the rules do not allow it here")
            try:
                return Posted(route, await self._post_once(route, post, journal))
            except (ReplyUnreachableError, PostRefusedError) as error:
                self._close(route, error)
            except DiscordUnavailableError:
                self._doubtful = self._doubtful or route is Route.TOKEN
                raise
        raise ReplyUnreachableError("every way to the person is closed")

    async def _post_once(self, route: Route, post: Post, journal: Journal) -> int:
        if route.makes_new_message:
            if self._begun is not None and self._begun.route is route:
                found = await self._find(route, post, self._begun.started_at)
                if found is not None:
                    return found
            else:
                self._begun = Attempt(route, self._now())
                await journal.begin(self._begun)
        return await self._call(route, post)

    async def _find(self, route: Route, post: Post, since: datetime) -> int | None:
        try:
            if route is Route.DIRECT_MESSAGE:
                return await self._messages.find_direct(self._address, post, since)
            return await self._messages.find_answer(self._address, post, since)
        except ReplyUnreachableError as error:
            # Without the permission to read back, Discord's memory of the nonce has to do.
            log.info("earlier_post_not_looked_up", route=route, reason=str(error))
            return None

    async def _call(self, route: Route, post: Post) -> int:
        match route:
            case Route.TOKEN:
                message_id = await self._messages.edit_by_token(self._address, post)
                if self._address.message_id is None:
                    self._address = replace(self._address, message_id=message_id)
                return message_id
            case Route.EDIT_AS_BOT:
                return await self._messages.edit_as_bot(self._address, post)
            case Route.ANSWER_IN_CHANNEL:
                return await self._messages.answer_in_channel(self._address, post)
            case Route.DIRECT_MESSAGE:
                return await self._messages.direct_message(self._address, post)

    def _stop_following(self) -> None:
        self._finishing = True
        self._changed.set()
        self._hurry.set()

    async def _follow(self) -> None:
        while not self._finishing:
            interval_s = self._interval_s()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(interval_s * _LOOK_AGAIN_INTERVALS):
                    await self._changed.wait()
            self._changed.clear()
            card = None if self._finishing else self._render()
            if card is None or card == self._shown:
                continue
            self._hurry.clear()
            await self._show(card)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(interval_s):
                    await self._hurry.wait()

    async def _show(self, card: Card) -> None:
        for route in self._progress_routes():
            if route in self._closed | self._refused:
                continue
            try:
                async with asyncio.timeout(_PROGRESS_EDIT_TIMEOUT_S):
                    await self._call(route, Post(card))
                self._shown = card
                self._asked = False
            except (DiscordUnavailableError, TimeoutError) as error:
                log.info("progress_edit_skipped", route=route, reason=str(error) or "timeout")
            except (ReplyUnreachableError, PostRefusedError, UploadTooLargeError) as error:
                self._close(route, error)
                continue
            return

    def _progress_routes(self) -> Sequence[Route]:
        age_s = self._age_s()
        routes = progress_routes(self._address, age_s, self._message_older_s + age_s)
        return routes or (asked_routes(self._address, age_s) if self._asked else [])

    def _close(self, route: Route, error: Exception) -> None:
        """Never repeat it: refused requests count towards Discord's ban for invalid requests."""
        (self._closed if isinstance(error, ReplyUnreachableError) else self._refused).add(route)
        log.info("route_closed", route=route, reason=str(error))

    def _count_age_from(self, address: ReplyAddress) -> None:
        # The wall clock is asked once; from then on a clock that jumps cannot make a token older or younger.
        self._age_then_s = max(0.0, (self._now() - address.created_at).total_seconds())
        self._then_s = asyncio.get_running_loop().time()

    def _age_s(self) -> float:
        return self._age_then_s + asyncio.get_running_loop().time() - self._then_s
