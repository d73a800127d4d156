"""A message that mentions the bot: what it answers and what it says become a request for a video."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import discord
import structlog
from discord.ext import commands

from bot.delivery.messages import ReplyAddress
from bot.delivery.upload_limits import bot_limit_bytes
from bot.jobs.job import new_job_id
from bot.moderation.gatekeeper import ChannelInfo
from bot.moderation.integrations import Access
from bot.moderation.places import Place, Right
from bot.moderation.policy import Verdict
from bot.people.cache import PreferenceCache
from bot.services.order import RequestOrigin, VideoOptions, VideoOrder
from bot.services.prompt_options import ParsedPrompt, parse_prompt_options
from bot.services.requests import Refused, VideoRequests
from bot.texts import replies as words
from bot.texts.explanations import Explanation
from bot.texts.messages import Language, Translatable
from bot.texts.quoting import clip, escape
from cogs.shared.appeal_button import appeal_button
from cogs.shared.attempt import DISCORD_ERRORS, failed_call, repeat
from cogs.shared.buttons import PlainButton, view_of
from cogs.shared.integrations import IntegrationsPages
from cogs.shared.interactions import parent_of
from cogs.shared.place import missing_for_message, place_of_channel
from cogs.shared.requesting import change_button, show_once_kept
from cogs.shared.seen_events import SeenEvents
from cogs.video.mentions import Addressed, read_addressed

log: Final = structlog.get_logger(__name__)

_SAID: Final = frozenset({discord.MessageType.default, discord.MessageType.reply})
_DRAFT_WITHIN_S: Final = 2.0
"""Longer than this no answer waits for its draft to be kept."""
_UNKNOWN_SHOWN_CHARS: Final = 60
_UNKNOWN_SHOWN: Final = 5
"""With more of them than a few the answer would be longer than a message may be."""


class RepliesCog(commands.Cog):
    """Listens to messages; those that are not meant for the bot are left alone without a word."""

    def __init__(
        self,
        client: discord.Client,
        requests: VideoRequests,
        people: PreferenceCache,
        *,
        pages: IntegrationsPages,
        now: Callable[[], datetime],
        group: str | None,
        cdn_hosts: Sequence[str],
    ) -> None:
        self._client = client
        self._requests = requests
        self._people = people
        self._pages = pages
        self._now = now
        self._group = group
        self._cdn_hosts = cdn_hosts
        self._seen = SeenEvents()

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Serve one message, if it is meant for the bot."""
        me = self._client.user
        if me is None or message.author.bot or message.webhook_id is not None or message.type not in _SAID:
            return
        try:
            await self._serve(message, me.id)
        except DISCORD_ERRORS as error:
            log.info("message_not_answered", **failed_call(error).facts)

    async def _serve(self, message: discord.Message, me_id: int) -> None:
        addressed = await read_addressed(message, me_id, self._cdn_hosts, self._client.intents)
        if addressed is None:
            return
        if not self._seen.is_new(message.id):
            return
        parsed = parse_prompt_options(addressed.text)
        language = _language(message, addressed.text)
        trouble = _trouble(parsed, addressed)
        person = await self._pages.author_of(message)
        away = person.video_access is Access.DENIED or not person.may_write
        if trouble is not None:
            # Where the server does not want the bot to be used, it stays silent.
            if not away:
                order = self._order(message, parsed, addressed) if addressed.pictures else None
                told = Refused(trouble)
                await self._say(message, told, language, missing=_missing(message), order=order)
            return
        order = self._order(message, parsed, addressed)
        origin = RequestOrigin(
            event=f"message:{message.id}",
            person=person,
            channel=ChannelInfo(_place(message), parent_of(message.channel)),
            reply=self._address(message, language),
            missing=_missing(message),
            joined_at=message.author.joined_at if isinstance(message.author, discord.Member) else None,
        )
        refused = await self._requests.accept(order, origin)
        if refused is None:
            return
        suspended = refused.verdict is Verdict.PERSON_SUSPENDED
        try:
            await self._say(
                message,
                refused,
                language,
                missing=origin.missing,
                buttons=(appeal_button(origin.person, language),) if suspended else (),
                order=None if suspended or refused.was_made else order,
                directly=away,
            )
        finally:
            # Whatever became of the words.
            await self._requests.record_refusal(order, origin, refused)

    def _order(self, message: discord.Message, parsed: ParsedPrompt, addressed: Addressed) -> VideoOrder:
        options = VideoOptions(**{option.value: value for option, value in parsed.options.items()})
        preferences = self._people.of(message.author.id)
        return VideoOrder(
            prompt=parsed.prompt,
            options=options.completed_by(preferences),
            sources=addressed.pictures,
            group=self._group,
            # For the form by which it is changed: a message itself is answered where everybody reads.
            private=preferences.private or False,
        )

    def _address(self, message: discord.Message, language: Language) -> ReplyAddress:
        me = self._client.user
        return ReplyAddress(
            application_id=self._client.application_id or (me.id if me is not None else 0),
            token=None,
            person_id=message.author.id,
            channel_id=message.channel.id,
            message_id=None,
            created_at=self._now(),
            upload_limit_bytes=bot_limit_bytes(message.guild),
            private=False,
            language=language,
            asked_message_id=message.id,
            guild_id=message.guild.id if message.guild is not None else None,
            rules_channel_id=parent_of(message.channel),
        )

    async def _say(
        self,
        message: discord.Message,
        refused: Refused,
        language: Language,
        *,
        missing: tuple[Right, ...] = (),
        buttons: tuple[PlainButton, ...] = (),
        order: VideoOrder | None = None,
        directly: bool = False,
    ) -> None:
        """Answer with words; where the bot cannot speak, or is not to, to the person directly.

        Below words in the channel is *Change* for an `order`.
        """
        told, nobody = refused.explanation, discord.AllowedMentions.none()
        if directly or set(missing) - {Right.ATTACH_FILES}:
            if not isinstance(told, Explanation):
                return
            where = words.not_answered(told, f"<#{message.channel.id}>")
            await repeat(
                lambda: message.author.send(
                    where.in_language(language), nonce=str(message.id), allowed_mentions=nobody
                )
            )
            return
        if order is None:
            await _answer(message, told.in_language(language), buttons)
            return
        draft_id, person_id = new_job_id(), message.author.id
        shown = (*buttons, change_button(draft_id, language))
        await show_once_kept(
            self._requests.keep_refused(draft_id, order, person_id, refused),
            _DRAFT_WITHIN_S,
            lambda: _answer(message, told.in_language(language), shown),
        )


async def _answer(message: discord.Message, text: str, buttons: tuple[PlainButton, ...]) -> None:
    reference = message.to_reference(fail_if_not_exists=False)
    await repeat(
        lambda: message.channel.send(
            text,
            view=view_of(buttons) if buttons else discord.utils.MISSING,
            reference=reference,
            mention_author=False,
            nonce=str(message.id),  # a repetition of one that arrived is dropped
            allowed_mentions=discord.AllowedMentions.none(),
        )
    )


def _trouble(parsed: ParsedPrompt, addressed: Addressed) -> Translatable | None:
    """Return why there is nothing to make a video of, or None."""
    if parsed.unknown:
        names = tuple(dict.fromkeys(parsed.unknown))[:_UNKNOWN_SHOWN]
        return words.unknown_options(tuple(escape(clip(name, _UNKNOWN_SHOWN_CHARS)) for name in names))
    if addressed.pictures:
        return None if parsed.prompt else words.WHAT_SHOULD_HAPPEN
    return addressed.without_pictures


def _language(message: discord.Message, text: str) -> Language:
    if message.guild is not None:
        return Language.of(message.guild.preferred_locale.value)
    return Language.of_text(text)


def _place(message: discord.Message) -> Place:
    return Place.DIRECT_MESSAGE if message.guild is None else place_of_channel(message.channel)


def _missing(message: discord.Message) -> tuple[Right, ...]:
    if message.guild is None:
        return ()
    permissions = message.channel.permissions_for(message.guild.me)
    return missing_for_message(permissions, thread=isinstance(message.channel, discord.Thread))
