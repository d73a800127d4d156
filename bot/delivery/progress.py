"""Progress card of a running job: the newest card wins, and edits are rare."""

import asyncio
import contextlib
from collections.abc import Callable
from enum import StrEnum
from types import TracebackType
from typing import Final, Self

import stamina
import structlog

from bot.delivery.card import Card
from bot.delivery.messages import (
    AnsweredElsewhereError,
    DeliveryError,
    DiscordUnavailableError,
    Post,
    PostRefusedError,
    ReplyAddress,
    ReplyUnreachableError,
    UploadTooLargeError,
    WordsRefusedError,
)
from bot.delivery.reply_routes import ReplyRoutes
from bot.delivery.routes import TOKEN_TRUSTED_FOR, Route

log: Final = structlog.get_logger(__name__)

EDIT_INTERVAL_S: Final = 2.5
_EDIT_TIMEOUT_S: Final = 30.0
_CONFIRM_WITHIN_S: Final = 120.0
_LEAVE_WITHIN_S: Final = 5.0
_NONCE_TRUSTED_FOR_S: Final = 60.0
"""Time for which Discord is believed to remember a nonce; it says "a few minutes" (*Create Message*)."""
_LOOK_AGAIN_INTERVALS: Final = 4
"""A card whose job says nothing new, such as one that waits in line, is looked at again after so many."""


class Existence(StrEnum):
    """Existence of a reply, as far as it is known."""

    CERTAIN = "certain"
    DOUBTFUL = "doubtful"
    """Its token is dead, and its message was not noted."""
    NONE = "none"
    """Discord never took the acknowledgement."""
    ELSEWHERE = "elsewhere"
    """Another process answered what asked."""


class ProgressCard:
    """Shows cards on one reply. Enter it as a context manager: it owns one task, which ends with it.

    `render` gives the card of the moment. At most one edit every `interval_s()` seconds is made, only when the
    card changed, and a slow Discord delays the card, not the job. While `may_edit()` is False, the reply may show
    another process's later card or video, and none is made.
    """

    def __init__(
        self,
        routes: ReplyRoutes,
        render: Callable[[], Card | None],
        *,
        interval_s: Callable[[], float],
        may_edit: Callable[[], bool],
    ) -> None:
        self._routes = routes
        self._render = render
        self._interval_s = interval_s
        self._may_edit = may_edit
        self._shown: Card | None = None
        self._changed = asyncio.Event()
        self._hurry = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._asked = False
        self._may_show = True

    async def __aenter__(self) -> Self:
        """Begin to keep the card current."""
        self._task = asyncio.create_task(self._follow(), name="progress-card")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the reply as it is. An edit under way may end: cut short it could reach Discord after the next."""
        if self._task is None:
            return
        self._ask_to_stop()
        try:
            await asyncio.wait([self._task], timeout=_LEAVE_WITHIN_S)
        finally:
            self._task.cancel()
        await asyncio.wait([self._task])

    def mark_changed(self) -> None:
        """Say that the card may have changed; it is shown soon. Never waits."""
        self._changed.set()

    def renew_token(self, address: ReplyAddress) -> None:
        """Use a newer token for the same reply, and show the card at once."""
        self._routes.renew_token(address)
        self._asked = self._may_show = True
        self._shown = None
        self._changed.set()
        self._hurry.set()

    async def stop(self) -> None:
        """Make no more edits. Waits for one that is under way, which could otherwise overtake the final post."""
        self._ask_to_stop()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def leave(self) -> None:
        """Show the card of this moment, and make no more edits."""
        await self.stop()
        card = self._render()
        if card is not None and card != self._shown and self._may_edit():
            await self._show(card)

    async def confirm(self, *, is_own: bool = False) -> Existence:
        """Look whether the reply exists, and if it is this process's: then its message is known from now on.

        No card is shown from now on until `allow`: the message of a reply is stored before its first card. So a
        reply of which it is not known shows no more than the acknowledgement, or is another process's. To a user's
        message the card is the reply. With `is_own` the reply is the job's, whatever it shows.

        Raises `DiscordUnavailableError` when Discord stayed away.
        """
        card, address = self._render(), self._routes.address
        if address.message_id is not None:
            return Existence.CERTAIN
        if card is not None and address.token is None and address.asked_message_id is not None:
            return await self._answer_message(card)
        if card is None or Route.TOKEN not in self._routes.for_progress(asked=self._asked):
            return Existence.DOUBTFUL
        self._may_show = False
        return await self._look(address, is_own=is_own)

    def allow(self) -> None:
        """Show cards from now on."""
        self._may_show = True
        self._changed.set()

    async def _look(self, address: ReplyAddress, *, is_own: bool) -> Existence:
        """Look at the reply to an interaction, while its token lives: a post by it takes away what is shown."""
        within_s = max(TOKEN_TRUSTED_FOR.total_seconds() - self._routes.age_s, 1.0)
        async for attempt in stamina.retry_context(
            on=DiscordUnavailableError, attempts=None, timeout=within_s, wait_max=10.0
        ):
            with attempt:
                try:
                    shown = await self._routes.messages.read_reply(address, by_token=True)
                except ReplyUnreachableError as error:
                    self._routes.close(Route.TOKEN, error)
                    return Existence.NONE if error.unknown else Existence.DOUBTFUL
                if not (is_own or shown.is_announcement):
                    return Existence.ELSEWHERE
                self._routes.learn_message(shown.message_id)
        return Existence.CERTAIN

    async def _answer_message(self, card: Card) -> Existence:
        """Make the reply to a user's message, which nothing but the bot announces."""
        routes = self._routes
        look_first = routes.age_s > _NONCE_TRUSTED_FOR_S
        async for attempt in stamina.retry_context(
            on=DiscordUnavailableError, attempts=None, timeout=_CONFIRM_WITHIN_S, wait_max=10.0
        ):
            with attempt:
                try:
                    message_id = await self._answer_once(card, look_first=look_first or attempt.num > 1)
                except AnsweredElsewhereError:
                    return Existence.ELSEWHERE
                except (ReplyUnreachableError, PostRefusedError, UploadTooLargeError) as error:
                    log.info("answer_refused", reason=str(error))
                    return Existence.NONE
                routes.learn_message(message_id)
                self._shown = card
        return Existence.CERTAIN

    async def _answer_once(self, card: Card, *, look_first: bool) -> int:
        routes = self._routes
        answer, address, post = routes.messages.answer_message, routes.address, Post(card)
        try:
            return await answer(address, routes.as_allowed(post), look_first=look_first)
        except WordsRefusedError as error:
            if not routes.leave_out_quote(Route.ANSWER_IN_CHANNEL, error):
                raise
            return await answer(address, routes.as_allowed(post), look_first=look_first)

    def _ask_to_stop(self) -> None:
        self._stopping = True
        self._changed.set()
        self._hurry.set()

    async def _follow(self) -> None:
        while not self._stopping:
            interval_s = self._interval_s()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(interval_s * _LOOK_AGAIN_INTERVALS):
                    await self._changed.wait()
            self._changed.clear()
            card = None if self._stopping else self._render()
            if card is None or card == self._shown or not (self._may_show and self._may_edit()):
                continue
            self._hurry.clear()
            await self._show(card)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(interval_s):
                    await self._hurry.wait()

    async def _show(self, card: Card) -> None:
        for route in self._routes.for_progress(asked=self._asked):
            if self._routes.is_closed(route):
                continue
            try:
                async with asyncio.timeout(_EDIT_TIMEOUT_S):
                    await self._routes.send_card(route, card)
                self._shown = card
                self._asked = False
            except (DiscordUnavailableError, TimeoutError) as error:
                log.info("progress_edit_skipped", route=route, reason=str(error) or "timeout")
            except DeliveryError as error:
                self._routes.close(route, error)
                continue
            return
