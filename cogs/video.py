"""`/video`: reads what was asked, acknowledges, hands it to the service that makes the video."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.images import ImageSource
from bot.jobs import Ask, Order, VideoService, Wish
from bot.texts import commands as words
from bot.texts import explanations
from bot.texts.explanations import Explanation
from bot.video import PROMPT_MAX_CHARS, Preset, Resolution, Seconds, Size
from cogs.ui.acknowledgement import acknowledge, answer, refuse
from cogs.ui.place import place_of
from cogs.ui.reply import address_of, person_of

_KEPT_FIRST_WITHIN_S: Final = 1.0
"""Of the three seconds that Discord grants for an acknowledgement."""


def _choices(names: Iterable[tuple[StrEnum, str]]) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=name, value=value.value) for value, name in names]


class VideoCog(commands.Cog):
    """The slash command that makes a video."""

    def __init__(self, service: VideoService, *, group: str | None, now: Callable[[], datetime]) -> None:
        self._service = service
        self._group = group
        self._now = now

    @app_commands.command(name="video", description=words.VIDEO)
    @app_commands.describe(
        prompt=words.PROMPT,
        seconds=words.SECONDS,
        size=words.SIZE,
        resolution=words.RESOLUTION,
        preset=words.PRESET,
        image=words.picture(1),
        image2=words.picture(2),
        image3=words.picture(3),
        image4=words.picture(4),
        image5=words.picture(5),
        image6=words.picture(6),
        image7=words.picture(7),
        private=words.PRIVATE,
    )
    @app_commands.choices(
        seconds=_choices(words.SECONDS_NAMES.items()),
        size=_choices(words.SIZE_NAMES.items()),
        resolution=_choices(words.RESOLUTION_NAMES.items()),
        preset=_choices(words.PRESET_NAMES.items()),
    )
    async def video(  # noqa: PLR0917 - the command's options, which Discord fills by name
        self,
        interaction: discord.Interaction,
        prompt: app_commands.Range[str, 1, PROMPT_MAX_CHARS],
        seconds: str = Seconds.S6,
        size: str = Size.LANDSCAPE,
        resolution: str = Resolution.P720,
        preset: str = Preset.NORMAL,
        image: discord.Attachment | None = None,
        image2: discord.Attachment | None = None,
        image3: discord.Attachment | None = None,
        image4: discord.Attachment | None = None,
        image5: discord.Attachment | None = None,
        image6: discord.Attachment | None = None,
        image7: discord.Attachment | None = None,
        private: bool = False,  # noqa: FBT001, FBT002 - Discord's option decides the parameter's form
    ) -> None:
        """Make a video from a prompt and up to seven pictures."""
        attached = (image, image2, image3, image4, image5, image6, image7)
        pictures = tuple(_source(attachment) for attachment in attached if attachment is not None)
        ask = Ask(
            wish=Wish(prompt, seconds, size, resolution, preset, len(pictures), self._group),
            pictures=pictures,
            place=place_of(interaction),
            person=person_of(interaction),
            may_attach_files=interaction.app_permissions.attach_files,
        )
        await self._take(interaction, ask, private=private)

    async def _take(self, interaction: discord.Interaction, ask: Ask, *, private: bool) -> None:
        examined = self._service.examine(ask)
        if isinstance(examined, Explanation):
            await refuse(interaction, str(examined))
            return
        reply = address_of(interaction, message_id=None, private=private, now=self._now())
        job = self._service.place(Order(examined, ask.pictures, reply, interaction.guild_id))
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(self._service.keep(job))
            # Kept first, a few milliseconds as a rule: an acknowledged request that is kept nowhere would be
            # forgotten if the process died now, and one that is kept but not acknowledged is never begun. But
            # no disk, however slow, may keep a person waiting.
            await asyncio.wait([keeping], timeout=_KEPT_FIRST_WITHIN_S)
            acknowledged = await acknowledge(interaction, private=private)
        if acknowledged is None:
            await self._service.withdraw(job)
        elif not keeping.result():
            await answer(interaction, str(explanations.NOT_KEPT))
        else:
            await self._service.begin(job, acknowledged.message_id)


def _source(attachment: discord.Attachment) -> ImageSource:
    return ImageSource(url=attachment.url, filename=attachment.filename, size_bytes=attachment.size)
