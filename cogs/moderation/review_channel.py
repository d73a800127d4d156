"""Review channels on the Discord client: show questions to moderators, and how they stand."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, TypeAlias

import discord
import structlog
from discord import ui

from bot.delivery.archived_threads import with_open_thread
from bot.delivery.breaker import InvalidRequestBreaker
from bot.delivery.discord_errors import CLOSED_STATUS, OLD_EDITS_CODE, THREAD_CLOSED_CODES
from bot.delivery.upload_limits import bot_limit_bytes
from bot.moderation.places import Place
from bot.moderation.servers.cache import RuleCache
from bot.reviews.case import CardRefusedError, ReviewCase
from bot.reviews.review import ReviewState
from bot.storage.errors import StorageError
from bot.texts import moderation as words
from bot.texts.messages import Language, Message, two_in_a_row
from cogs.moderation.review_card import ReviewFile, files_of, review_layout
from cogs.shared.attempt import FailedCall, attempt
from cogs.shared.channels import ChannelNotToldError, channel_in, guild_of, known_guild
from cogs.shared.layout import layout_of
from cogs.shared.place import place_of_channel, restricted_channel_in

log: Final = structlog.get_logger(__name__)

_TIMEOUT_S: Final = 120.0
_OWNER_ASKED_EVERY_S: Final = 3600.0
_NONCE_CHARS: Final = 25
"""Discord, *Create Message*."""
_UNKNOWN_CHANNEL: Final = 10003
"""Discord, *JSON Error Codes*."""
_INVALID_FORM: Final = 50035
"""Discord, *JSON Error Codes*: such as of a card that shows a file which its message does not have."""
_LATER: Final = frozenset({OLD_EDITS_CODE, *THREAD_CLOSED_CODES})
"""Refusals of an edit that pass: with time, or once moderators open the thread."""
_NOBODY: Final = discord.AllowedMentions.none()

_Channel: TypeAlias = discord.DMChannel | discord.PartialMessageable


@dataclass(frozen=True)
class _Target:
    """Channel that a card is sent to, with a line above it where that is not the review channel."""

    channel: _Channel
    restricted: bool = False
    lead: Message | None = None


class DiscordReviewChannel:
    """Posts to the review channel; where that is gone or closed, to the server's owner directly."""

    def __init__(self, client: discord.Client, rules: RuleCache, breaker: InvalidRequestBreaker) -> None:
        self._client = client
        self._rules = rules
        self._breaker = breaker
        self._owner_asked_until_s: dict[int, float] = {}
        self._unasked: dict[int, set[str]] = {}

    async def put(self, case: ReviewCase) -> tuple[int, int] | None:
        """Show a question. Returns its channel and message, or None if it reached no moderator."""
        guild = await guild_of(self._client, case.review.guild_id)
        if guild is None:
            return None
        refused = False

        async def send(target: _Target) -> discord.Message | None:
            nonlocal refused
            sent = await self._send(target, case, guild)
            if not isinstance(sent, FailedCall):
                return sent
            log.warning("review_not_put", review=case.review.id, **sent.facts)
            refused = not sent.passing and sent.status not in CLOSED_STATUS
            return None

        sent = await self._reach(guild, send, bundled=case.review.id)
        if sent is None and refused:
            raise CardRefusedError
        return (sent.channel.id, sent.id) if sent is not None else None

    async def update(self, case: ReviewCase) -> bool:
        """Update the card of a question. Returns False if that may work later."""
        review = case.review
        if review.channel_id is None or review.message_id is None:
            return True
        guild = await guild_of(self._client, review.guild_id)
        if guild is None or self._breaker.open:
            return False
        message = self._client.get_partial_messageable(review.channel_id).get_partial_message(
            review.message_id
        )
        language = Language.of(guild.preferred_locale.value)
        try:
            # Asked about only where it makes a difference: a thread that is not in memory is a request to Discord.
            restricted = _is_for_adults(case) and _is_restricted(await channel_in(guild, review.channel_id))
        except ChannelNotToldError:
            return False
        files = await asyncio.to_thread(
            files_of, case, bot_limit_bytes(guild), language, restricted=restricted
        )
        lead = _lead(case, guild, restricted=restricted)
        kept: Any = discord.utils.MISSING if review.state is ReviewState.OPEN else []

        async def edit(files: Sequence[ReviewFile]) -> object:
            view = review_layout(case, files, language, lead)

            def change() -> Awaitable[object]:
                return message.edit(view=view, attachments=kept, allowed_mentions=_NOBODY)

            return await attempt(with_open_thread(self._client, message.channel.id, change), _TIMEOUT_S)

        edited = await edit(files)
        if files and isinstance(edited, FailedCall) and edited.code == _INVALID_FORM:
            # It was posted without the files, which were too large there.
            edited = await edit(())
        if not isinstance(edited, FailedCall):
            return True
        log.info("review_not_shown", review=review.id, **edited.facts)
        if review.is_emptied:
            # Whatever else Discord says, the card still shows what was deleted.
            return edited.status == HTTPStatus.NOT_FOUND
        return not (edited.passing or edited.code in _LATER)

    async def is_deleted(self, channel_id: int) -> bool:
        """Return True if Discord says that there is no such channel; False if it cannot be told."""
        if self._client.get_channel(channel_id) is not None or self._breaker.open:
            return False
        # Archived threads and direct messages are not in memory either.
        found = await attempt(self._client.fetch_channel(channel_id), _TIMEOUT_S)
        return isinstance(found, FailedCall) and found.code == _UNKNOWN_CHANNEL

    async def put_words(self, guild_id: int, card: Callable[[Language], ui.LayoutView]) -> bool:
        """Show moderators a card that is no question. Returns False if it reached no moderator."""
        guild = await known_guild(self._client, guild_id)
        if guild is None or self._breaker.open:
            return False
        view = card(Language.of(guild.preferred_locale.value))

        async def send(target: _Target) -> discord.Message | None:
            sent = await attempt(target.channel.send(view=view, allowed_mentions=_NOBODY), _TIMEOUT_S)
            if not isinstance(sent, FailedCall):
                return sent
            log.warning("moderators_not_told", **sent.facts)
            return None

        return await self._reach(guild, send) is not None

    async def close_words(self, message: discord.Message, guild_id: int, outcome: Message) -> None:
        """Replace such a card by its outcome."""
        guild = await known_guild(self._client, guild_id)
        language = Language.of(guild.preferred_locale.value if guild is not None else None)
        view = layout_of(outcome.in_language(language))

        def edit() -> Awaitable[object]:
            return message.edit(view=view, allowed_mentions=_NOBODY)

        edited = await attempt(with_open_thread(self._client, message.channel.id, edit), _TIMEOUT_S)
        if isinstance(edited, FailedCall):
            log.info("outcome_not_shown", **edited.facts)

    async def _reach(
        self,
        guild: discord.Guild,
        send: Callable[[_Target], Awaitable[discord.Message | None]],
        *,
        bundled: str | None = None,
    ) -> discord.Message | None:
        """Send to the review channel, or else to the server's owner with a line that says why.

        Questions, whose ids are `bundled`, reach the owner at most once an hour: the line says how many others wait
        in `/spicy queue`, where any moderator decides.
        """
        try:
            channel_id = (await self._rules.current(guild.id)).review_channel_id
            channel = await channel_in(guild, channel_id) if channel_id is not None else None
        except ChannelNotToldError:
            return None  # not the owner's turn: the moderators may be there
        except StorageError as error:
            # What is in memory may be a channel that moderators replaced because everybody reads it.
            log.warning("review_channel_not_read", guild=guild.id, error=type(error).__name__)
            return None
        if channel is not None:
            there = self._client.get_partial_messageable(channel.id, guild_id=guild.id)
            sent = await send(_Target(there, _is_restricted(channel)))
            if sent is not None:
                return sent
        waiting, time_s = self._unasked.setdefault(guild.id, set()), asyncio.get_running_loop().time()
        if bundled is not None and time_s < self._owner_asked_until_s.get(guild.id, 0.0):
            waiting.add(bundled)
            return None
        owner = await self._owner(guild)
        lead = words.no_review_channel(len(waiting - {bundled}))
        sent = await send(_Target(owner, lead=lead)) if owner is not None else None
        if bundled is not None and sent is not None:
            self._owner_asked_until_s[guild.id] = time_s + _OWNER_ASKED_EVERY_S
            waiting.clear()
        return sent

    async def _owner(self, guild: discord.Guild) -> discord.DMChannel | None:
        """Return the direct messages with the server's owner, or None if they cannot be opened."""
        if guild.owner_id is None or self._breaker.open:
            return None
        channel = await attempt(self._client.create_dm(discord.Object(guild.owner_id)), _TIMEOUT_S)
        if isinstance(channel, FailedCall):
            log.warning("owner_not_asked", guild=guild.id, **channel.facts)
            return None
        return channel

    async def _send(
        self, target: _Target, case: ReviewCase, guild: discord.Guild
    ) -> discord.Message | FailedCall | None:
        """Post a card, without files if these are too large. Returns None if nothing may be posted now."""
        if self._breaker.open:
            return None
        restricted = target.restricted
        language = Language.of(guild.preferred_locale.value)
        limit_bytes = bot_limit_bytes(None if isinstance(target.channel, discord.DMChannel) else guild)
        files = await asyncio.to_thread(files_of, case, limit_bytes, language, restricted=restricted)
        lead, hidden = target.lead, _lead(case, guild, restricted=restricted)
        if lead is not None and hidden is not None:
            lead = two_in_a_row(lead, hidden)

        async def post(files: Sequence[ReviewFile]) -> discord.Message | FailedCall:
            view, nonce = review_layout(case, files, language, lead or hidden), case.review.id[:_NONCE_CHARS]
            return await attempt(_post(target.channel, view, files, nonce=nonce), _TIMEOUT_S)

        sent = await post(files)
        if files and isinstance(sent, FailedCall) and sent.too_large:
            log.info("review_without_files", review=case.review.id, **sent.facts)
            sent = await post(())
        return sent


async def _post(
    channel: _Channel, view: ui.LayoutView, files: Sequence[ReviewFile], *, nonce: str
) -> discord.Message:
    # OSError if one is gone by now.
    opened = [discord.File(one.path, filename=one.name, description=one.description) for one in files]
    return await channel.send(view=view, files=opened, nonce=nonce, allowed_mentions=_NOBODY)


def _is_restricted(channel: Any) -> bool:  # noqa: ANN401 - discord.py's many kinds of channels
    return place_of_channel(channel) is Place.AGE_RESTRICTED_CHANNEL


def _is_for_adults(case: ReviewCase) -> bool:
    """Return True if a card shows a spicy video or a frame of one, or would in an age-restricted channel."""
    return case.review.state is ReviewState.OPEN and case.hidden_where_open


def _lead(case: ReviewCase, guild: discord.Guild, *, restricted: bool) -> Message | None:
    """Return the line that explains why moderators do not see a spicy video, or a frame of one; else None."""
    if restricted or not _is_for_adults(case):
        return None
    return words.view_elsewhere(restricted_channel_in(guild))
