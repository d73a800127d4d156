"""The demo's server: its people and channels, and what they do as a Discord client would."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.cli.demo.events import Typed
from bot.cli.failure import CommandFailedError, ExitStatus
from bot.sandbox.discord import Attachment, Channel, DiscordSandbox, Message, Reply, User
from bot.services.order import VideoOrder
from bot.texts import console, console_demo, settings_panel
from bot.texts import moderation as moderation_words
from bot.video import REFERENCES_MAX, Preset

_ANSWER_S: Final = 120.0
APPROVE: Final = moderation_words.REVIEW_LABELS["yes"].english
_Option = str | int | bool | Attachment


@dataclass(frozen=True)
class DemoServer:
    """A server with a member, a moderator, and a channel of its moderators where the preset needs one."""

    discord: DiscordSandbox
    channel: Channel
    reviews: Channel | None
    member: User
    moderator: User

    @classmethod
    def made(cls, discord: DiscordSandbox, preset: str | None) -> "DemoServer":
        """Make the server in the sandbox."""
        guild = discord.add_guild("Demo server")
        member, moderator = discord.add_user("ada"), discord.add_user("mo")
        guild.join(member)
        guild.join(moderator, [guild.add_role("Moderators", ["manage_messages", "manage_guild"])])
        spicy = preset == Preset.SPICY
        channel = guild.add_channel("after-dark" if spicy else "general", nsfw=spicy)
        reviews = guild.add_channel("reviews", nsfw=True) if spicy else None
        return cls(discord, channel, reviews, member, moderator)

    async def set_rules(self, tell: Callable[[Typed], None]) -> None:
        """Have the moderator switch *spicy* on, with approval, in `/settings`. Raises `TimeoutError`."""
        if self.reviews is None:
            return
        who, where = self.moderator, self.reviews

        def told(kind: str, line: str) -> None:
            tell(Typed(kind, who.name, where.name, line, 0.0))

        opened = await self._answered(await self.discord.invoke("settings", user=who, channel=where))
        told("command", console_demo.typed(who.name, "/settings"))
        await self._answered(
            await self.discord.press(opened, settings_panel.PAGE_NAMES["people"].english, user=who)
        )
        await self._answered(await self.discord.select(opened, "sm-set:review_channel_id", [where], user=who))
        told("setting", console_demo.chose(who.name, "review channel", f"#{where.name}"))
        await self._answered(
            await self.discord.press(opened, settings_panel.PAGE_NAMES["spicy"].english, user=who)
        )
        form = await self.discord.select(opened, "sm-set:modes.spicy", ["approval"], user=who)
        await form.wait_for_modal(_ANSWER_S)
        confirmed = {settings_panel.CONFIRM_LABEL.english: True}
        await self._answered(await self.discord.submit(form, confirmed))
        told("setting", console_demo.chose(who.name, "spicy", "approval, rules confirmed"))

    async def type_video(self, order: VideoOrder, images: tuple[Path, ...]) -> tuple[Reply, str]:
        """Have the member type `/video`; returns the reply and the command as the chat shows it."""
        typed = await self._typed(order, images)
        shown = " ".join(
            f"{name}: {value.filename if isinstance(value, Attachment) else value}"
            for name, value in typed.items()
        )
        # Forced: what Discord's own client would not even send is for the bot to answer.
        reply = await self.discord.invoke(
            "video", user=self.member, channel=self.channel, options=typed, force=True
        )
        return reply, console_demo.typed(self.member.name, f"/video {shown}")

    async def approve(self, question: Message) -> None:
        """Have the moderator press *Approve*."""
        await self.discord.press(question, APPROVE, user=self.moderator)

    async def _answered(self, reply: Reply) -> Reply:
        await reply.wait_for_answer(_ANSWER_S)
        return reply

    async def _typed(self, order: VideoOrder, images: tuple[Path, ...]) -> dict[str, _Option]:
        options = order.options
        chosen = {
            "prompt": order.prompt,
            "seconds": options.seconds,
            "size": options.size,
            "resolution": options.resolution,
            "preset": options.preset,
        }
        typed: dict[str, _Option] = {name: value for name, value in chosen.items() if value is not None}
        if len(images) > REFERENCES_MAX:
            raise CommandFailedError(console.failed(console.too_many_images()), ExitStatus.FAILED)
        for number, path in enumerate(images, start=1):
            name = "image" if number == 1 else f"image{number}"
            try:
                typed[name] = await asyncio.to_thread(self.discord.upload, path.name, path)
            except OSError as error:
                told = console.failed(f"{path}: {error.strerror}")
                raise CommandFailedError(told, ExitStatus.FAILED) from None
        return typed
