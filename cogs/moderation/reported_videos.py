"""Moderators' presses on reported videos that are still in sight, in `/spicy queue`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.reviews.report_decisions import ReportDecision, ReportDecisions
from bot.texts import moderation as words
from bot.texts.messages import Message
from cogs.moderation.not_moderating import not_moderating
from cogs.moderation.reviews import denial_form, denial_reason
from cogs.shared.integrations import IntegrationsPages
from cogs.shared.interactions import Interaction, language_of
from cogs.shared.respond import acknowledge, answer, open_modal
from cogs.shared.router import InteractionRoute

_PRESSED: Final = re.compile(r"sm-rep:(?P<act>remove|strike|leave):(?P<job>[0-9a-f]{32})")
_WHY: Final = re.compile(r"sm-rep-why:(?P<strike>strike:)?(?P<job>[0-9a-f]{32})")
_ANSWERS: Final[Mapping[ReportDecision, Message]] = {
    ReportDecision.DONE: words.VOTE_DECIDED,
    ReportDecision.NOT_DONE: words.VOTE_DECIDED_NOT_DONE,
    ReportDecision.CLOSED: words.VOTE_CLOSED,
    ReportDecision.NOT_ALLOWED: words.VOTE_NOT_YOURS,
    ReportDecision.OWN: words.VOTE_OWN,
}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ReportedVideoButtons:
    """Serves *Remove*, *Remove and strike* and *Leave it*. Each press checks again that the user may decide."""

    decisions: ReportDecisions
    pages: IntegrationsPages

    def routes(self) -> list[InteractionRoute]:
        """Return the routes of the buttons, and of the form that asks for a reason."""
        return [
            InteractionRoute(_PRESSED, self._press),
            InteractionRoute(_WHY, self._remove, form=True),
        ]

    async def _press(self, interaction: Interaction, match: re.Match[str]) -> None:
        if match["act"] != "leave":
            language = language_of(interaction, private=True)
            strike = "strike:" if match["act"] == "strike" else ""
            await open_modal(interaction, denial_form(f"sm-rep-why:{strike}{match['job']}", language))
            return
        if await acknowledge(interaction, private=True) is None:
            return
        person = await self.pages.person_of(interaction)
        result = await self.decisions.dismiss(match["job"], person)
        told = words.REPORTS_LEFT if result is ReportDecision.DONE else _ANSWERS[result]
        await answer(interaction, not_moderating(person, told))

    async def _remove(self, interaction: Interaction, match: re.Match[str]) -> None:
        if await acknowledge(interaction, private=True) is None:
            return
        person = await self.pages.person_of(interaction)
        strikes = match["strike"] is not None
        result = await self.decisions.remove(
            match["job"], person, denial_reason(interaction), strikes=strikes
        )
        await answer(interaction, not_moderating(person, _ANSWERS[result]))
