"""Appeals against suspensions: one for each, decided by another moderator than the one who suspended."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import discord
from discord import ui

from bot.moderation.members.member import Member
from bot.reviews.appeals import AppealDecision, AppealResult, Appeals, end_of
from bot.texts import moderation as words
from bot.texts.jobs import day
from bot.texts.messages import Language, Message
from bot.texts.quoting import PROMPT_SHOWN_CHARS
from cogs.moderation.not_moderating import not_moderating
from cogs.moderation.review_channel import DiscordReviewChannel
from cogs.shared.appeal_button import PREFIX
from cogs.shared.buttons import PlainButton, row_of_plain
from cogs.shared.integrations import IntegrationsPages
from cogs.shared.interactions import Interaction, language_of
from cogs.shared.layout import layout_of
from cogs.shared.modals import WORDS, SentForm, words_form
from cogs.shared.respond import acknowledge, answer, open_modal
from cogs.shared.router import InteractionRoute

_PRESSED: Final = re.compile(rf"{PREFIX}(?P<guild>[0-9]{{1,20}})")
_DECIDED: Final = re.compile(
    r"sm-appealed:(?P<act>lift|keep):(?P<guild>[0-9]{1,20}):(?P<person>[0-9]{1,20}):(?P<until>[0-9]{1,20})"
)
_WORDS_CHARS: Final = 1000

_RECEIVED: Final[Mapping[AppealResult, Message]] = {
    AppealResult.RECEIVED: words.APPEALED,
    AppealResult.BEFORE: words.APPEALED_BEFORE,
    AppealResult.QUEUED: words.APPEAL_QUEUED,
}
_REFUSED: Final[Mapping[AppealDecision, Message]] = {
    AppealDecision.NOT_ALLOWED: words.VOTE_NOT_YOURS,
    AppealDecision.OWN: words.VOTE_OWN,
    AppealDecision.SUSPENDER: words.APPEAL_NOT_YOURS,
    AppealDecision.CLOSED: words.VOTE_CLOSED,
}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AppealButtons:
    """Receives appeals and the moderators' decisions about them. Holds nothing between them."""

    appeals: Appeals
    review_channel: DiscordReviewChannel
    pages: IntegrationsPages

    def routes(self) -> list[InteractionRoute]:
        """Return the routes of *Appeal*, of its form, and of the moderators' answers."""
        return [
            InteractionRoute(_PRESSED, self._open),
            InteractionRoute(_PRESSED, self._receive, form=True),
            InteractionRoute(_DECIDED, self._decide),
        ]

    async def _open(self, interaction: Interaction, match: re.Match[str]) -> None:
        await open_modal(interaction, _form(match["guild"], language_of(interaction, private=True)))

    async def _receive(self, interaction: Interaction, match: re.Match[str]) -> None:
        if await acknowledge(interaction, private=True) is None:
            return
        guild_id = int(match["guild"])
        form = SentForm.of(interaction)
        said = form.text(WORDS).strip()[:_WORDS_CHARS] if form is not None else ""

        async def reach(member: Member) -> bool:
            return await self.review_channel.put_words(
                guild_id, lambda language: _card(member, said, language)
            )

        received = await self.appeals.receive(guild_id, interaction.user.id, said, reach)
        await answer(interaction, _RECEIVED[received])

    async def _decide(self, interaction: Interaction, match: re.Match[str]) -> None:
        if await acknowledge(interaction, private=True) is None:
            return
        guild_id, person_id, lifts = int(match["guild"]), int(match["person"]), match["act"] == "lift"
        decider = await self.pages.moderator_of(interaction, guild_id)
        came_of_it = await self.appeals.decide(
            decider, guild_id, person_id, until=int(match["until"]), lifts=lifts
        )
        if came_of_it is not AppealDecision.DONE:
            await answer(interaction, not_moderating(decider, _REFUSED[came_of_it]))
            return
        outcome = words.APPEAL_LIFTED if lifts else words.APPEAL_KEPT
        await answer(interaction, outcome)
        # An answer to `/spicy queue` is no card, and is drawn anew when it is asked for again.
        if interaction.message is not None and not interaction.message.flags.ephemeral:
            await self.review_channel.close_words(interaction.message, guild_id, outcome)


def _form(guild_id: str, language: Language) -> ui.Modal:
    return words_form(
        f"{PREFIX}{guild_id}",
        language,
        title=words.APPEAL_TITLE,
        question=words.APPEAL_WORDS,
        words_max_chars=_WORDS_CHARS,
    )


def _card(member: Member, said: str, language: Language) -> ui.LayoutView:
    return layout_of(
        f"### {words.APPEAL_HEADLINE.in_language(language)}",
        appeal_line_of(member, language),
        words.whole_prompt(said),
        row_of_plain(appeal_buttons(member, language)),
    )


def appeal_line_of(member: Member, language: Language, reason_chars: int = PROMPT_SHOWN_CHARS) -> str:
    """Write who appeals, and against which suspension, whose reason is cut at `reason_chars`."""
    until = day(member.suspended_until) if member.suspended_until is not None else "—"
    told = words.appeal_line(member.person_id, until, member.suspended_by, member.suspended_for, reason_chars)
    return told.in_language(language)


def appeal_buttons(member: Member, language: Language) -> list[PlainButton]:
    """Make the buttons by which moderators decide an appeal."""
    ids = f"{member.guild_id}:{member.person_id}:{end_of(member)}"
    return [
        PlainButton(label.in_language(language), f"sm-appealed:{act}:{ids}", style)
        for act, label, style in (
            ("lift", words.APPEAL_LIFT, discord.ButtonStyle.success),
            ("keep", words.APPEAL_KEEP, discord.ButtonStyle.danger),
        )
    ]
