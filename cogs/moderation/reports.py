"""*Report*: a form with a reason, stored once for each user and video, and passed on to the operator."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import discord
import structlog
from discord import ui

from bot.delivery.card import Action
from bot.moderation.reporting import ReportReason
from bot.reviews.case import VideoMessage
from bot.reviews.report_store import Report
from bot.reviews.reports import ReportResult, Reports
from bot.services.action_results import ActionResult
from bot.services.job_actions import JobActions
from bot.texts import forms, moderation, operator
from bot.texts.messages import Language
from cogs.shared.action_texts import ANSWERS
from cogs.shared.integrations import IntegrationsPages
from cogs.shared.interactions import Interaction, language_of, link_to
from cogs.shared.job_buttons import ButtonReference, job_routes
from cogs.shared.modals import REASON, WORDS, SentForm, reason_form
from cogs.shared.respond import acknowledge, answer, open_modal
from cogs.shared.router import InteractionRoute, UnknownCustomIdError

log: Final = structlog.get_logger(__name__)

_MARK: Final = "sm-report:"
_CUSTOM_ID: Final = re.compile(r"sm-report:(?P<job>[0-9a-f]{32})")
_WORDS_CHARS: Final = 1000
_ANSWERS: Final = {
    ReportResult.TO_BE_HIDDEN: moderation.REPORTED_NOT_HIDDEN,
    ReportResult.HIDES_NOTHING: moderation.REPORTED_HIDES_NOTHING,
}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ReportButtons:
    """Receives reports. `tell` passes words on to the operator."""

    reports: Reports
    actions: JobActions
    pages: IntegrationsPages
    tell: Callable[[str], None]
    now: Callable[[], datetime]

    def routes(self) -> list[InteractionRoute]:
        """Return the routes of *Report* and of its form."""
        return [
            *job_routes({Action.REPORT: self._open}),
            InteractionRoute(_CUSTOM_ID, self._receive, form=True),
        ]

    async def _open(self, interaction: Interaction, reference: ButtonReference) -> None:
        await open_modal(interaction, _form(reference.job_id, language_of(interaction, private=True)))

    async def _receive(self, interaction: Interaction, match: re.Match[str]) -> None:
        job_id, form = match["job"], SentForm.of(interaction)
        if form is None or (reason := form.text(REASON)) not in set(ReportReason):
            raise UnknownCustomIdError
        if await acknowledge(interaction, private=True) is None:
            return
        reason, added = ReportReason(reason), form.text(WORDS)[:_WORDS_CHARS]
        user, language = interaction.user, language_of(interaction, private=True)
        report = Report(job_id, user.id, self.now(), reason, added, language=language)
        joined_at = user.joined_at if isinstance(user, discord.Member) else None
        person = await self.pages.person_of(interaction)
        found = await self.actions.shown(job_id, person)
        if isinstance(found, ActionResult):
            await answer(interaction, ANSWERS[found])
            return
        came_of_it = await self.reports.report(
            report, person, _shown(interaction, job_id), joined_at=joined_at
        )
        if came_of_it in {ReportResult.GONE, ReportResult.BEFORE}:
            gone = came_of_it is ReportResult.GONE
            await answer(interaction, ANSWERS[ActionResult.GONE] if gone else forms.REPORTED_BEFORE)
            return
        log.warning("video_reported", job=job_id, person=interaction.user.id, reason=reason)
        link = link_to(interaction.message)
        self.tell(operator.video_reported(forms.REPORT_REASONS[reason].english, added, job_id, link))
        await answer(interaction, _ANSWERS.get(came_of_it, forms.REPORTED))


def _shown(interaction: Interaction, job_id: str) -> VideoMessage | None:
    """Return the message with the video, if the bot itself can change it.

    A forged form could name one video and come from the message of another, so the message's own button decides.
    """
    message = interaction.message
    if message is None or message.flags.ephemeral or not interaction.is_guild_integration():
        return None
    return VideoMessage(message.channel.id, message.id) if _can_report(message, job_id) else None


def _can_report(message: discord.Message, job_id: str) -> bool:
    """Return True if the message has a button to report this video."""
    found = ui.LayoutView.from_message(message, timeout=None).walk_children()
    mark = f"sm:{Action.REPORT}:{job_id}:"
    return any(str(getattr(item, "custom_id", "")).startswith(mark) for item in found)


def _form(job_id: str, language: Language) -> ui.Modal:
    return reason_form(
        f"{_MARK}{job_id}",
        language,
        title=forms.REPORT_TITLE,
        question=forms.REPORT_REASON,
        reasons=forms.REPORT_REASONS.items(),
        words=(forms.REPORT_WORDS, forms.REPORT_WORDS_HINT),
        words_max_chars=_WORDS_CHARS,
    )
