"""`/video`: reads what was asked, acknowledges, hands it to the service that makes the video."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import discord
import structlog
from discord import app_commands
from discord.ext import commands

from bot.people.cache import PreferenceCache
from bot.services.order import VideoOptions, VideoOrder
from bot.services.prompt_history import PromptHistory
from bot.services.requests import VideoRequests
from bot.storage.errors import StorageError
from bot.texts import commands as words
from bot.texts import explanations
from bot.video import PROMPT_MAX_CHARS
from cogs.shared.choices import video_options
from cogs.shared.interactions import Interaction
from cogs.shared.pictures import of_attachment
from cogs.shared.requesting import request_video
from cogs.shared.respond import before_acknowledging, refuse
from cogs.video.form_opening import FormOpening

log: Final = structlog.get_logger(__name__)


class VideoCog(commands.Cog):
    """The slash command that makes a video."""

    def __init__(
        self,
        requests: VideoRequests,
        opening: FormOpening,
        people: PreferenceCache,
        prompt_history: PromptHistory,
        *,
        group: str | None,
        now: Callable[[], datetime],
    ) -> None:
        self._requests = requests
        self._now = now
        self._opening = opening
        self._people = people
        self._prompt_history = prompt_history
        self._group = group

    @app_commands.command(name="video", description=words.VIDEO.english)
    @app_commands.describe(
        prompt=words.PROMPT.english,
        image=words.picture(1).english,
        image2=words.picture(2).english,
        image3=words.picture(3).english,
        image4=words.picture(4).english,
        image5=words.picture(5).english,
        image6=words.picture(6).english,
        image7=words.picture(7).english,
        more=words.MORE.english,
    )
    @video_options
    async def video(  # noqa: PLR0917 - the command's options, which Discord fills by name
        self,
        interaction: Interaction,
        prompt: app_commands.Range[str, 1, PROMPT_MAX_CHARS],
        seconds: str | None = None,
        size: str | None = None,
        resolution: str | None = None,
        preset: str | None = None,
        image: discord.Attachment | None = None,
        image2: discord.Attachment | None = None,
        image3: discord.Attachment | None = None,
        image4: discord.Attachment | None = None,
        image5: discord.Attachment | None = None,
        image6: discord.Attachment | None = None,
        image7: discord.Attachment | None = None,
        private: bool | None = None,  # noqa: FBT001 - Discord's option decides the parameter's form
        more: bool = False,  # noqa: FBT001, FBT002 - likewise
    ) -> None:
        """Make a video from a prompt and up to seven pictures."""
        attached = (image, image2, image3, image4, image5, image6, image7)
        pictures = tuple(of_attachment(attachment) for attachment in attached if attachment is not None)
        meant = await self._meant(interaction, prompt)
        if meant is None:
            await refuse(interaction, explanations.PROMPT_FORGOTTEN)
            return
        preferences = self._people.of(interaction.user.id)
        options = VideoOptions(seconds=seconds, size=size, resolution=resolution, preset=preset)
        order = VideoOrder(
            prompt=meant,
            options=options.completed_by(preferences),
            sources=pictures,
            group=self._group,
            private=(preferences.private or False) if private is None else private,
        )
        if more:
            await self._opening.for_draft(interaction, order)
        else:
            await request_video(self._requests, interaction, order, now=self._now())

    @video.autocomplete("prompt")
    async def _offer_prompts(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        try:
            offered = await self._prompt_history.offer(interaction.user.id, typed)
        except StorageError as error:
            log.info("prompts_not_recalled", reason=str(error))
            return []
        return [app_commands.Choice(name=prompt.shown, value=prompt.sent) for prompt in offered]

    async def _meant(self, interaction: Interaction, prompt: str) -> str | None:
        """The prompt itself, also where an earlier one was chosen; None for one that cannot be found."""
        if not self._prompt_history.is_mark(prompt):
            return prompt
        try:
            async with before_acknowledging(interaction):
                return await self._prompt_history.prompt(interaction.user.id, prompt)
        except (StorageError, TimeoutError) as error:
            log.warning("prompt_not_recalled", reason=str(error))
            return None
