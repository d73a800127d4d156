"""News to users on the Discord client: direct messages, and mentions where they waited for moderators."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import discord
import structlog

from bot.delivery.breaker import InvalidRequestBreaker
from bot.jobs.job import Job
from bot.reviews.review import Review, ReviewState, ReviewSubject
from bot.texts import person_news as words
from bot.texts.jobs import day
from bot.texts.messages import Language, Message
from bot.texts.moderation import APPEAL_BUTTON
from cogs.shared.appeal_button import PREFIX
from cogs.shared.attempt import FailedCall, attempt
from cogs.shared.buttons import PlainButton, view_of

log: Final = structlog.get_logger(__name__)

_TIMEOUT_S: Final = 30.0
_TOLD_ONCE_IN_S: Final = 60.0
"""Of several videos that are removed without a reason one is told: a purge removes many."""
_NOBODY: Final = discord.AllowedMentions.none()


class DiscordPersonNews:
    """Tells users. Whoever cannot be reached directly is mentioned where they waited, without a reason."""

    def __init__(self, client: discord.Client, breaker: InvalidRequestBreaker) -> None:
        self._client = client
        self._breaker = breaker
        self._removed_at_s: dict[tuple[int, int], float] = {}

    async def removed(self, job: Job, reason: str) -> None:
        """Tell the user whose video was removed."""
        guild_id, person_id = job.guild_id or 0, job.reply.person_id
        time_s = asyncio.get_running_loop().time()
        before_s = self._removed_at_s.get((guild_id, person_id))
        if not reason.strip() and before_s is not None and time_s - before_s < _TOLD_ONCE_IN_S:
            return
        self._removed_at_s[guild_id, person_id] = time_s
        told = words.removed(self._server(guild_id), reason)
        await self._send(guild_id, person_id, _linked(job, told))

    async def struck(self, guild_id: int, person_id: int, reason: str) -> None:
        """Tell a user of a strike."""
        await self._send(guild_id, person_id, words.struck(self._server(guild_id), reason))

    async def suspended(self, guild_id: int, person_id: int, *, until: datetime, reason: str) -> None:
        """Tell a user of a suspension, with the button to appeal."""
        button = PlainButton(APPEAL_BUTTON.in_language(self._language(guild_id)), f"{PREFIX}{guild_id}")
        told = words.suspended(self._server(guild_id), day(until), reason)
        await self._send(guild_id, person_id, told, [button])

    async def suspension_over(self, guild_id: int, person_id: int) -> None:
        """Tell a user that a suspension has ended."""
        await self._send(guild_id, person_id, words.suspension_over(self._server(guild_id)))

    async def decided(self, job: Job, review: Review) -> None:
        """Tell a user who waited for moderators that they decided, once."""
        guild_id, person_id = review.guild_id, review.person_id
        bought = review.subject is ReviewSubject.POSTING
        server = self._server(guild_id)
        match review.state:
            case ReviewState.APPROVED:
                if bought and job.ping:
                    return  # the video itself mentions them
                told = words.agreed(bought=bought)
                if not await self._mention(job, told):
                    await self._send(guild_id, person_id, _linked(job, told))
                return
            case ReviewState.DENIED:
                told = words.denied(server, review.reason, bought=bought)
            case ReviewState.EXPIRED:
                told = words.undecided(server)
            case ReviewState.OPEN | ReviewState.WITHDRAWN:
                return
        # The reason is between moderators and the user: in public nothing is said of it.
        if not await self._send(guild_id, person_id, _linked(job, told)):
            await self._mention(job, words.decided())

    async def _send(
        self, guild_id: int, person_id: int, told: Message, buttons: Sequence[PlainButton] = ()
    ) -> bool:
        """Send a direct message. Returns False if it did not arrive."""
        if self._breaker.open:
            return False
        channel = await attempt(self._client.create_dm(discord.Object(person_id)), _TIMEOUT_S)
        if isinstance(channel, FailedCall):
            log.info("person_not_told", person=person_id, **channel.facts)
            return False
        text = told.in_language(self._language(guild_id))
        view = view_of(buttons) if buttons else discord.utils.MISSING
        sent = await attempt(channel.send(text, view=view, allowed_mentions=_NOBODY), _TIMEOUT_S)
        if isinstance(sent, FailedCall):
            log.info("person_not_told", person=person_id, **sent.facts)
            return False
        return True

    async def _mention(self, job: Job, told: Message) -> bool:
        """Mention the user where they wait. Returns False if nobody else sees that, or it did not arrive."""
        reply = job.reply
        if reply.private or reply.channel_id is None or reply.guild_id is None or self._breaker.open:
            return False
        text = words.mentioned(reply.person_id, _linked(job, told)).in_language(reply.language)
        allowed = discord.AllowedMentions(
            everyone=False, roles=False, users=[discord.Object(reply.person_id)], replied_user=False
        )
        channel = self._client.get_partial_messageable(reply.channel_id, guild_id=reply.guild_id)
        sent = await attempt(channel.send(text, allowed_mentions=allowed), _TIMEOUT_S)
        if isinstance(sent, FailedCall):
            log.info("person_not_mentioned", person=reply.person_id, **sent.facts)
        return not isinstance(sent, FailedCall)

    def _server(self, guild_id: int) -> str:
        return str(self._client.get_guild(guild_id) or guild_id)

    def _language(self, guild_id: int) -> Language:
        guild = self._client.get_guild(guild_id)
        return Language.of(guild.preferred_locale.value if guild is not None else None)


def _linked(job: Job, told: Message) -> Message:
    """Add the address of the job's reply, if it can be opened from elsewhere."""
    reply = job.reply
    if reply.private or None in {reply.guild_id, reply.channel_id, reply.message_id}:
        return told
    address = f"https://discord.com/channels/{reply.guild_id}/{reply.channel_id}/{reply.message_id}"
    return words.linked(told, address)
