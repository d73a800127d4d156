"""News to users on the Discord client: direct messages, and mentions where they waited for moderators."""

from collections.abc import Sequence
from typing import Final

import discord
import structlog

from bot.delivery.breaker import InvalidRequestBreaker
from bot.jobs.job import Job
from bot.moderation.members.news import News, NewsKind
from bot.reviews.person_news import Told
from bot.texts import person_news as words
from bot.texts.jobs import day
from bot.texts.messages import Language, Message
from bot.texts.moderation import APPEAL_BUTTON, YOUR_APPEAL_KEPT, YOUR_APPEAL_LIFTED
from cogs.shared.appeal_button import PREFIX
from cogs.shared.attempt import FailedCall, attempt
from cogs.shared.buttons import PlainButton, view_of
from cogs.shared.channels import guild_of

log: Final = structlog.get_logger(__name__)

_TIMEOUT_S: Final = 30.0
_NOBODY: Final = discord.AllowedMentions.none()


class DiscordNewsMessenger:
    """Tells users. Whoever cannot be reached directly is mentioned where they waited, without a reason."""

    def __init__(self, client: discord.Client, breaker: InvalidRequestBreaker) -> None:
        self._client = client
        self._breaker = breaker

    async def send(self, news: News, job: Job | None) -> Told:
        """Send news about `job`. A repetition within some minutes shows nothing twice. Does not raise."""
        guild = await guild_of(self._client, news.guild_id)
        if news.kind is NewsKind.APPROVED:
            told = await self._mention(news, job, words.agreed(bought=news.bought))
            return await self._send(news, job, guild) if told is Told.UNREACHABLE else told
        told = await self._send(news, job, guild)
        waited = news.kind in {NewsKind.DENIED, NewsKind.UNDECIDED}
        if told is Told.UNREACHABLE and waited:
            # The reason is between moderators and the user: in public nothing is said of it.
            return await self._mention(news, job, words.decided())
        return told

    async def _send(self, news: News, job: Job | None, guild: discord.Guild | None) -> Told:
        """Send a direct message; with news of a suspension the button to appeal."""
        if self._breaker.open:
            return Told.LATER
        channel = await attempt(self._client.create_dm(discord.Object(news.person_id)), _TIMEOUT_S)
        if isinstance(channel, FailedCall):
            return _failed("person_not_told", news, channel)
        language = Language.of(guild.preferred_locale.value if guild is not None else None)
        buttons: Sequence[PlainButton] = ()
        if news.kind is NewsKind.SUSPENDED:
            buttons = (PlainButton(APPEAL_BUTTON.in_language(language), f"{PREFIX}{news.guild_id}"),)
        text = _linked(job, _words(news, guild)).in_language(language)
        view = view_of(buttons) if buttons else discord.utils.MISSING
        sending = channel.send(text, view=view, nonce=_nonce(news), allowed_mentions=_NOBODY)
        sent = await attempt(sending, _TIMEOUT_S)
        return _failed("person_not_told", news, sent) if isinstance(sent, FailedCall) else Told.TOLD

    async def _mention(self, news: News, job: Job | None, told: Message) -> Told:
        """Mention the user where they wait. Where nobody else sees that, they are not reached by it."""
        reply = job.reply if job is not None else None
        if reply is None or reply.private or reply.channel_id is None or reply.guild_id is None:
            return Told.UNREACHABLE
        if self._breaker.open:
            return Told.LATER
        text = words.mentioned(reply.person_id, _linked(job, told)).in_language(reply.language)
        allowed = discord.AllowedMentions(
            everyone=False, roles=False, users=[discord.Object(reply.person_id)], replied_user=False
        )
        channel = self._client.get_partial_messageable(reply.channel_id, guild_id=reply.guild_id)
        sending = channel.send(text, nonce=_nonce(news), allowed_mentions=allowed)
        sent = await attempt(sending, _TIMEOUT_S)
        return _failed("person_not_mentioned", news, sent) if isinstance(sent, FailedCall) else Told.TOLD


def _words(news: News, guild: discord.Guild | None) -> Message:
    server = str(guild or news.guild_id)
    match news.kind:
        case NewsKind.REMOVED:
            told = words.removed(server, news.reason)
        case NewsKind.STRUCK:
            told = words.struck(server, news.reason)
        case NewsKind.SUSPENDED:
            until = day(news.until) if news.until is not None else "—"
            told = words.suspended(server, until, news.reason)
        case NewsKind.SUSPENSION_OVER:
            told = words.suspension_over(server)
        case NewsKind.APPROVED:
            told = words.agreed(bought=news.bought)
        case NewsKind.DENIED:
            told = words.denied(server, news.reason, bought=news.bought)
        case NewsKind.UNDECIDED:
            told = words.undecided(server)
        case NewsKind.APPEAL_LIFTED:
            told = YOUR_APPEAL_LIFTED
        case NewsKind.APPEAL_KEPT:
            told = YOUR_APPEAL_KEPT
    return told


def _failed(event: str, news: News, failed: FailedCall) -> Told:
    log.info(event, person=news.person_id, **failed.facts)
    return Told.LATER if failed.passing else Told.UNREACHABLE


def _nonce(news: News) -> str:
    """Return the name by which Discord drops a repetition. The database gives an id anew once it is unused."""
    return f"news-{news.id}-{int(news.at.timestamp())}"


def _linked(job: Job | None, told: Message) -> Message:
    """Add the address of the job's reply, if it can be opened from elsewhere."""
    reply = job.reply if job is not None else None
    if reply is None or reply.private or None in {reply.guild_id, reply.channel_id, reply.message_id}:
        return told
    address = f"https://discord.com/channels/{reply.guild_id}/{reply.channel_id}/{reply.message_id}"
    return words.linked(told, address)
