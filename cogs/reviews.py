"""Moderators' presses on questions: votes, reasons, and looks at hidden videos."""

import re
from collections.abc import Mapping
from typing import Final

import discord
import structlog
from discord import ui
from discord.ext import commands

from bot.jobs import Extra, Hiding, ReviewDesk, Sitting
from bot.moderation.policy import Person, Place, may_moderate
from bot.moderation.reviews import Review, ReviewStore, ReviewSubject
from bot.moderation.servers import RuleBook
from bot.storage import StorageError
from bot.texts import jobs as job_words
from bot.texts import moderation as words
from bot.texts.moderation import DenyReason, ReviewAction
from bot.texts.sentences import Language, Sentence
from bot.video import Preset
from cogs.ui.acknowledgement import acknowledge, answer, open_form, show_file
from cogs.ui.job_button import custom_id_of
from cogs.ui.place import place_of
from cogs.ui.reply import language_of, person_of
from cogs.ui.review_card import CUSTOM_ID
from cogs.ui.video_form import SentForm, form_id_of

log: Final = structlog.get_logger(__name__)

_WHY: Final = re.compile(r"sm-why:(?P<action>[a-z]+):(?P<review>[0-9a-f]{32})")
_REASON, _WORDS = "reason", "words"
_WORDS_CHARS: Final = 300
_ANSWERS: Final[Mapping[Sitting, Sentence]] = {
    Sitting.COUNTED: words.VOTE_COUNTED,
    Sitting.DECIDED: words.VOTE_DECIDED,
    Sitting.TAKEN_BACK: words.VOTE_TAKEN_BACK,
    Sitting.NO_VOTE: words.VOTE_NOT_THERE,
    Sitting.CLOSED: words.VOTE_CLOSED,
    Sitting.NOT_ALLOWED: words.VOTE_NOT_YOURS,
    Sitting.OWN: words.VOTE_OWN,
}
_EXTRAS: Final[Mapping[ReviewAction, Extra]] = {
    ReviewAction.APPROVE_AND_TRUST: Extra.TRUST,
    ReviewAction.DENY_AND_SUSPEND: Extra.SUSPEND,
    ReviewAction.REMOVE_AND_STRIKE: Extra.STRIKE,
}
_ASKING_WHY: Final = frozenset(
    {
        ReviewAction.DENY,
        ReviewAction.DENY_AND_SUSPEND,
        ReviewAction.REMOVE,
        ReviewAction.REMOVE_AND_STRIKE,
    }
)

Interaction = discord.Interaction[discord.Client]


class ReviewsCog(commands.Cog):
    """Receives presses; holds nothing between them. Who may do what is asked again at each."""

    def __init__(
        self,
        client: discord.Client,
        desk: ReviewDesk,
        reviews: ReviewStore,
        hiding: Hiding,
        rules: RuleBook,
    ) -> None:
        self._client = client
        self._desk = desk
        self._reviews = reviews
        self._hiding = hiding
        self._rules = rules

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Serve one press, or one form with a reason."""
        form = _WHY.fullmatch(form_id_of(interaction))
        pressed = CUSTOM_ID.fullmatch(custom_id_of(interaction))
        match = form or pressed
        if match is None:
            return
        try:
            action = ReviewAction(match["action"])
        except ValueError:
            return
        if pressed is not None and action in _ASKING_WHY:
            language = language_of(interaction, private=True)
            await open_form(interaction, _why_form(action, match["review"], language))
            return
        if await acknowledge(interaction, private=True) is None:
            return
        try:
            await self._serve(interaction, action, match["review"])
        except StorageError:
            await answer(interaction, job_words.NOT_STORED)

    @commands.Cog.listener()
    async def on_member_ban(self, guild: discord.Guild, user: discord.User | discord.Member) -> None:
        """End what waits for somebody who was banned."""
        try:
            ended = await self._desk.banned(guild.id, user.id)
        except StorageError as error:
            log.warning("ban_not_followed", guild=guild.id, reason=str(error))
            return
        if ended:
            log.info("reviews_ended_by_ban", guild=guild.id, reviews=ended)

    async def _serve(self, interaction: Interaction, action: ReviewAction, review_id: str) -> None:
        review = await self._reviews.get(review_id)
        if review is None:
            await answer(interaction, words.VOTE_CLOSED)
            return
        person = self._moderator(interaction, review)
        match action:
            case ReviewAction.TAKE_BACK:
                await answer(interaction, _ANSWERS[await self._desk.take_back(review_id, person)])
            case ReviewAction.VIEW:
                await self._view(interaction, review, person)
            case _:
                approves = action not in _ASKING_WHY
                reason = "" if approves else _reason(interaction)
                sitting = await self._desk.vote(
                    review_id,
                    person,
                    approves=approves,
                    reason=reason,
                    extra=_EXTRAS.get(action, Extra.NONE),
                )
                await answer(interaction, _ANSWERS[sitting])

    async def _view(self, interaction: Interaction, review: Review, person: Person) -> None:
        if not may_moderate(person, self._rules.of(review.guild_id), review.guild_id):
            await answer(interaction, words.VOTE_NOT_YOURS)
            return
        case = await self._desk.case(review)
        spicy = case is not None and case.job.request.preset is Preset.SPICY
        reported = review.subject is ReviewSubject.REPORT
        if reported and spicy and place_of(interaction) is not Place.AGE_RESTRICTED_CHANNEL:
            await answer(interaction, words.REVIEW_NOT_RESTRICTED)
            return
        path = await self._hiding.view(review, person)
        if path is None:
            await answer(interaction, words.HIDDEN_GONE)
        else:
            await show_file(interaction, words.VIEWED, path, "SPOILER_video.mp4")

    def _moderator(self, interaction: Interaction, review: Review) -> Person:
        """Who presses, as the review's server knows them; in direct messages only its owner is anybody."""
        if interaction.guild_id is not None:
            return person_of(interaction)
        guild = self._client.get_guild(review.guild_id)
        owns = guild is not None and guild.owner_id == interaction.user.id
        if not owns:
            return Person(interaction.user.id)
        return Person(interaction.user.id, review.guild_id, moderates=True, manages=True)


def _reason(interaction: Interaction) -> str:
    """The moderator's own words, or the chosen ones in English, which are translated for whoever reads them."""
    form = SentForm.of(interaction)
    if form is None:
        return ""
    typed = form.text(_WORDS).strip()[:_WORDS_CHARS]
    if typed:
        return typed
    try:
        return words.DENY_REASONS[DenyReason(form.text(_REASON))].english
    except ValueError:
        return ""


def _why_form(action: ReviewAction, review_id: str, language: Language) -> ui.Modal:
    form = ui.Modal(title=words.DENY_TITLE.in_language(language), custom_id=f"sm-why:{action}:{review_id}")
    options = [
        discord.SelectOption(label=name.in_language(language), value=reason.value)
        for reason, name in words.DENY_REASONS.items()
    ]
    chosen: ui.Select[ui.Modal] = ui.Select(custom_id=_REASON, options=options)
    form.add_item(ui.Label(text=words.DENY_CHOICE.in_language(language), component=chosen))
    typed: ui.TextInput[ui.Modal] = ui.TextInput(
        custom_id=_WORDS, style=discord.TextStyle.paragraph, required=False, max_length=_WORDS_CHARS
    )
    form.add_item(
        ui.Label(
            text=words.DENY_WORDS.in_language(language),
            description=words.DENY_WORDS_HINT.in_language(language),
            component=typed,
        )
    )
    form.stop()
    return form
