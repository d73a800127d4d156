"""Presses on *Full quality* and *More* below finished videos, and on what *More* offers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot.delivery.card import Action
from bot.delivery.messages import ReplyAddress
from bot.services.animations import Animations
from bot.services.full_quality import FullQuality
from bot.texts import copies
from bot.texts.buttons import LABELS
from bot.texts.messages import Message
from bot.video_files.animating import AnimationKind
from cogs.shared.buttons import PlainButton
from cogs.shared.interactions import Interaction, address_of, language_of
from cogs.shared.job_buttons import ButtonReference, job_routes
from cogs.shared.respond import acknowledge, answer, refuse
from cogs.shared.router import InteractionRoute

_OFFERED: Final = (Action.AS_GIF, Action.AS_WEBP)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CopyButtons:
    """Serves presses. Holds nothing between them, so they work after a restart too."""

    full_quality: FullQuality
    animations: Animations
    now: Callable[[], datetime]

    def routes(self) -> list[InteractionRoute]:
        """Return the routes of these buttons."""
        return job_routes(
            {
                Action.FULL_QUALITY: self._full_quality,
                Action.MORE: self._more,
                Action.AS_GIF: self._as_gif,
                Action.AS_WEBP: self._as_webp,
            }
        )

    async def _more(self, interaction: Interaction, reference: ButtonReference) -> None:
        language = language_of(interaction, private=True)
        buttons = [
            PlainButton(LABELS[action].in_language(language), replace(reference, action=action).custom_id)
            for action in _OFFERED
        ]
        await refuse(interaction, copies.MORE, buttons)

    async def _full_quality(self, interaction: Interaction, reference: ButtonReference) -> None:
        await self._fill_in(interaction, lambda reply: self.full_quality.send(reference.job_id, reply))

    async def _as_gif(self, interaction: Interaction, reference: ButtonReference) -> None:
        await self._animate(interaction, reference, AnimationKind.GIF)

    async def _as_webp(self, interaction: Interaction, reference: ButtonReference) -> None:
        await self._animate(interaction, reference, AnimationKind.WEBP)

    async def _animate(
        self, interaction: Interaction, reference: ButtonReference, kind: AnimationKind
    ) -> None:
        await self._fill_in(interaction, lambda reply: self.animations.send(reference.job_id, reply, kind))

    async def _fill_in(
        self, interaction: Interaction, send: Callable[[ReplyAddress], Awaitable[Message | None]]
    ) -> None:
        """Acknowledge at once, then let the service fill in the answer, or say why it does not."""
        now = self.now()
        acknowledged = await acknowledge(interaction, private=True)
        if acknowledged is None:
            return
        reply = address_of(interaction, message_id=acknowledged.message_id, private=True, now=now)
        said = await send(reply)
        if said is not None:
            await answer(interaction, said)
