"""A reply that follows a running job: the newest card wins, edits are rare, the last post always arrives."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from types import TracebackType
from typing import Final, Self

import stamina
import structlog

from bot.delivery.messages import (
    DiscordUnavailableError,
    Messages,
    Post,
    PostRefusedError,
    ReplyAddress,
    ReplyUnreachableError,
    UploadTooLargeError,
)
from bot.delivery.routes import Route, final_routes, progress_route
from bot.texts.cards import Card

log: Final = structlog.get_logger(__name__)

EDIT_INTERVAL_S: Final = 2.5
_PROGRESS_EDIT_TIMEOUT_S: Final = 30.0
_FINAL_POST_TIMEOUT_S: Final = 900.0


class LiveReply:
    """Shows cards on one reply. Enter it as a context manager: it owns one task, which ends with it.

    `show` never waits: at most one edit every `interval_s` seconds is made, only when the card changed, and a
    slow Discord delays the card, not the job. `finish` makes the last post and returns the way it took.
    """

    def __init__(
        self,
        messages: Messages,
        address: ReplyAddress,
        *,
        now: Callable[[], datetime],
        interval_s: float = EDIT_INTERVAL_S,
    ) -> None:
        self._messages = messages
        self._address = address
        self._now = now
        self._interval_s = interval_s
        self._wanted: Card | None = None
        self._shown: Card | None = None
        self._closed = False
        self._changed = asyncio.Event()
        self._finishing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Start following."""
        self._task = asyncio.create_task(self._follow(), name="live-reply")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop following; an edit under way is abandoned."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def show(self, card: Card) -> None:
        """Have the reply show `card` soon, unless a newer one comes first."""
        self._wanted = card
        self._changed.set()

    async def finish(self, post: Post) -> Route:
        """Make the last post, by the first way that is open, repeating for up to `_FINAL_POST_TIMEOUT_S`.

        Waits for an edit under way, which could otherwise overtake the last post. Raises
        `ReplyUnreachableError` when every way is closed, `UploadTooLargeError`, `PostRefusedError`, or
        `DiscordUnavailableError` when Discord stayed away for the whole time.
        """
        self._finishing.set()
        self._changed.set()
        if self._task is not None:
            await asyncio.wait([self._task])
        for route in final_routes(self._address, self._now()):
            try:
                await self._post_persistently(route, post)
            except ReplyUnreachableError as closed:
                log.info("delivery_route_closed", route=route, reason=str(closed))
            else:
                return route
        raise ReplyUnreachableError("every way to the person is closed")

    async def _post_persistently(self, route: Route, post: Post) -> None:
        # Edits are free to repeat, and new messages carry a nonce, so a repeated call cannot post twice.
        async for attempt in stamina.retry_context(
            on=DiscordUnavailableError, attempts=None, timeout=_FINAL_POST_TIMEOUT_S, wait_max=30.0
        ):
            with attempt:
                await self._call(route)(self._address, post)

    def _call(self, route: Route) -> Callable[[ReplyAddress, Post], Awaitable[None]]:
        match route:
            case Route.TOKEN:
                return self._messages.edit_by_token
            case Route.EDIT_AS_BOT:
                return self._messages.edit_as_bot
            case Route.ANSWER_IN_CHANNEL:
                return self._messages.answer_in_channel
            case Route.DIRECT_MESSAGE:
                return self._messages.direct_message

    async def _follow(self) -> None:
        while not self._finishing.is_set():
            await self._changed.wait()
            self._changed.clear()
            card = self._wanted
            if card is None or card == self._shown or self._closed or self._finishing.is_set():
                continue
            await self._show_now(card)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._interval_s):
                    await self._finishing.wait()

    async def _show_now(self, card: Card) -> None:
        route = progress_route(self._address, self._now())
        if route is None:
            return
        try:
            async with asyncio.timeout(_PROGRESS_EDIT_TIMEOUT_S):
                await self._call(route)(self._address, Post(card))
            self._shown = card
        except (DiscordUnavailableError, TimeoutError) as error:
            log.info("progress_edit_skipped", route=route, reason=str(error) or "timeout")
        except (ReplyUnreachableError, PostRefusedError, UploadTooLargeError) as error:
            # Never repeated: refused requests count towards Discord's ban for invalid requests.
            self._closed = True
            log.info("progress_edits_stopped", route=route, reason=str(error))
