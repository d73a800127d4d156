"""Moderators' presses on questions: votes, reasons, and looks at hidden videos."""

import re
from collections.abc import Mapping
from typing import Final

from discord import ui
from discord.ext import commands

from bot.delivery.messages import FileLabel
from bot.jobs.shown_video import duration_of
from bot.moderation.policy import Person
from bot.reviews.decisions import Decisions
from bot.reviews.reports import Reports, ViewedFrame, ViewedVideo, ViewRefusal
from bot.reviews.review import DenyReason, Review, ReviewSubject
from bot.reviews.store import ReviewStore
from bot.reviews.vote_record import ExtraAction
from bot.reviews.vote_results import VoteResult
from bot.texts import moderation as words
from bot.texts import refusals
from bot.texts.descriptions import of_frame, of_video
from bot.texts.messages import Language, Message
from bot.texts.word_lists import FILE_NOT_FETCHED
from cogs.moderation.not_moderating import not_moderating
from cogs.moderation.review_card import (
    APPROVALS,
    CUSTOM_ID,
    VIDEO_NAME,
    ReviewAction,
    review_buttons,
    shows_video,
)
from cogs.shared.channels import known_guild
from cogs.shared.integrations import IntegrationsPages
from cogs.shared.interactions import Interaction, language_of
from cogs.shared.modals import REASON, WORDS, YES, SentForm, reason_form, tick_form
from cogs.shared.place import place_of, restricted_channel_in
from cogs.shared.respond import acknowledge, answer, before_acknowledging, open_modal, show_file
from cogs.shared.router import InteractionRoute, UnknownCustomIdError

_WHY: Final = re.compile(r"sm-why:(?P<action>[a-z]+):(?P<review>[0-9a-f]{32})")
_WORDS_CHARS: Final = 300
_ANSWERS: Final[Mapping[VoteResult, Message]] = {
    VoteResult.COUNTED: words.VOTE_COUNTED,
    VoteResult.DECIDED: words.VOTE_DECIDED,
    VoteResult.TAKEN_BACK: words.VOTE_TAKEN_BACK,
    VoteResult.NO_VOTE: words.VOTE_NOT_THERE,
    VoteResult.CLOSED: words.VOTE_CLOSED,
    VoteResult.NOT_ALLOWED: words.VOTE_NOT_YOURS,
    VoteResult.OWN: words.VOTE_OWN,
    VoteResult.UNSEEN: words.VIEW_FIRST,
    VoteResult.STOPPED: words.VOTE_STOPPED,
    VoteResult.BLOCKED: words.VOTE_BLOCKED,
}
_UNSEEN: Final[Mapping[ViewRefusal, Message]] = {
    ViewRefusal.NOT_ALLOWED: words.VOTE_NOT_YOURS,
    ViewRefusal.GONE: words.HIDDEN_GONE,
    ViewRefusal.AWAY: FILE_NOT_FETCHED,
}
_EXTRAS: Final[Mapping[ReviewAction, ExtraAction]] = {
    ReviewAction.APPROVE_AND_TRUST: ExtraAction.TRUST,
    ReviewAction.DENY_AND_SUSPEND: ExtraAction.SUSPEND,
    ReviewAction.REMOVE_AND_STRIKE: ExtraAction.STRIKE,
}
_ASKING_WHY: Final = frozenset(
    {
        ReviewAction.DENY,
        ReviewAction.DENY_AND_SUSPEND,
        ReviewAction.REMOVE,
        ReviewAction.REMOVE_AND_STRIKE,
    }
)


class ReviewsCog(commands.Cog):
    """Serves presses. Holds nothing between them; each checks again that the user may do it."""

    def __init__(
        self, decisions: Decisions, reviews: ReviewStore, reports: Reports, pages: IntegrationsPages
    ) -> None:
        self._decisions = decisions
        self._reviews = reviews
        self._reports = reports
        self._pages = pages

    def routes(self) -> list[InteractionRoute]:
        """Return the routes of the buttons below questions, and of the form that asks for a reason."""
        return [InteractionRoute(CUSTOM_ID, self._press), InteractionRoute(_WHY, self._serve, form=True)]

    async def _press(self, interaction: Interaction, match: re.Match[str]) -> None:
        action = _action_of(match)
        language = language_of(interaction, private=True)
        if action is ReviewAction.APPROVE_AND_TRUST and await self._is_blocked(interaction, match["review"]):
            await open_modal(interaction, _unblocking_form(match["review"], language))
        elif action in _ASKING_WHY:
            await open_modal(interaction, denial_form(f"sm-why:{action}:{match['review']}", language))
        else:
            await self._serve(interaction, match)

    async def _is_blocked(self, interaction: Interaction, review_id: str) -> bool:
        async with before_acknowledging(interaction):
            review = await self._reviews.get(review_id)
        return review is not None and self._decisions.is_blocked(review)

    async def _serve(self, interaction: Interaction, match: re.Match[str]) -> None:
        action, review_id = _action_of(match), match["review"]
        if await acknowledge(interaction, private=True) is None:
            return
        review = await self._reviews.get(review_id)
        if review is None:
            await answer(interaction, words.VOTE_CLOSED)
            return
        person = await self._pages.moderator_of(interaction, review.guild_id)
        match action:
            case ReviewAction.TAKE_BACK:
                taken_back = await self._decisions.take_back(review_id, person)
                await answer(interaction, not_moderating(person, _ANSWERS[taken_back]))
            case ReviewAction.VIEW:
                await self._view(interaction, review, person)
            case _:
                approves = action not in _ASKING_WHY
                reason = "" if approves else denial_reason(interaction)
                result = await self._decisions.vote(
                    review_id,
                    person,
                    approves=approves,
                    reason=reason,
                    extra=_EXTRAS.get(action, ExtraAction.NONE),
                    saw_video=shows_video(interaction.message),
                    unblocks=_is_ticked(interaction),
                )
                told = _ANSWERS[result]
                if result is VoteResult.DECIDED and await self._is_outstanding(review_id):
                    told = words.VOTE_DECIDED_NOT_DONE
                await answer(interaction, not_moderating(person, told))

    async def _is_outstanding(self, review_id: str) -> bool:
        """Return True if the message with a reported video is not yet as it was decided."""
        current = await self._reviews.get(review_id)
        return current is not None and current.outstanding is not None

    async def _view(self, interaction: Interaction, review: Review, person: Person) -> None:
        found = await self._reports.view(review, person, place_of(interaction))
        language = language_of(interaction, private=True)
        if isinstance(found, ViewedFrame):
            request = found.job.request
            described = of_frame(1, request.reference_count, request.prompt, language)
            label = FileLabel(f"SPOILER_picture{found.path.suffix}", described)
            await show_file(interaction, words.VIEWED, found.path, label)
        elif isinstance(found, ViewedVideo):
            offered = APPROVALS if review.subject is ReviewSubject.POSTING else ()
            buttons = review_buttons(review.id, offered, language)
            described = of_video(duration_of(found.job), found.job.request.prompt, language)
            label = FileLabel(f"SPOILER_{VIDEO_NAME}", described)
            await show_file(interaction, words.VIEWED, found.path, label, buttons)
        elif found is ViewRefusal.ELSEWHERE:
            guild = await known_guild(interaction.client, review.guild_id)
            await answer(
                interaction,
                words.view_elsewhere(restricted_channel_in(guild)),
            )
        else:
            await answer(interaction, not_moderating(person, _UNSEEN[found]))


def _action_of(match: re.Match[str]) -> ReviewAction:
    try:
        return ReviewAction(match["action"])
    except ValueError:
        raise UnknownCustomIdError from None


def denial_reason(interaction: Interaction) -> str:
    """Return the moderator's own words, or the chosen reason in English, which is translated for each reader."""
    form = SentForm.of(interaction)
    if form is None:
        return ""
    typed = form.text(WORDS).strip()[:_WORDS_CHARS]
    if typed:
        return typed
    try:
        return refusals.DENY_REASONS[DenyReason(form.text(REASON))].english
    except ValueError:
        return ""


def _is_ticked(interaction: Interaction) -> bool:
    form = SentForm.of(interaction)
    return form is not None and form.ticked(YES)


def _unblocking_form(review_id: str, language: Language) -> ui.Modal:
    """Make the form that asks if somebody whom moderators have blocked is to be trusted."""
    return tick_form(
        f"sm-why:{ReviewAction.APPROVE_AND_TRUST}:{review_id}",
        language,
        title=words.UNBLOCK_TITLE,
        text=words.UNBLOCK_TEXT,
        box=(words.UNBLOCK_LABEL, words.UNBLOCK_HINT),
    )


def denial_form(custom_id: str, language: Language) -> ui.Modal:
    """Make the form that asks a moderator for the reason of a denial."""
    return reason_form(
        custom_id,
        language,
        title=words.DENY_TITLE,
        question=words.DENY_CHOICE,
        reasons=refusals.DENY_REASONS.items(),
        words=(words.DENY_WORDS, words.DENY_WORDS_HINT),
        words_max_chars=_WORDS_CHARS,
    )
