"""Follows one request to its end: shows each version of its messages, and lets the moderator decide."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from bot.app import App
from bot.cli.demo.events import DemoScreen, Shown, Typed
from bot.cli.demo.server import APPROVE, DemoServer
from bot.cli.failure import CommandFailedError, ExitStatus
from bot.jobs.job import TERMINAL, JobState
from bot.sandbox.discord import Attachment, Message, MessageVersion, Reply
from bot.sandbox.discord.versions import VersionKind
from bot.services.requests import job_id_of
from bot.texts import console, console_demo

_STILL_S: Final = 600.0
"""Seconds without any change after which a demo gives up. A loaded machine needs many for a film."""
_LOOK_AGAIN_S: Final = 0.1
_READ_FIRST_S: Final = 2.5
"""A moderator reads before they decide; so does whoever watches."""


@dataclass
class Following:
    """One reply and, if moderators are asked, their question."""

    reply: Reply
    app: App
    server: DemoServer
    screen: DemoScreen
    _shown: dict[int, int] = field(default_factory=dict[int, int])
    _decided: set[int] = field(default_factory=set[int])
    _moved_at: float = 0.0
    _state: JobState | None = None

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def video(self) -> Attachment:
        """Return the posted video. Raises `CommandFailedError` if the request ends without one."""
        self._moved_at = self._now
        while self._now < self._moved_at + _STILL_S:
            # Asked first: whatever the bot shows before it ends is shown when the end is known.
            ended = await self._ended()
            found = self._show_replies()
            if found is not None:
                return found
            await self._let_moderate()
            if ended:
                raise CommandFailedError(console.failed(console_demo.SAID_ABOVE), ExitStatus.FAILED)
            await asyncio.sleep(_LOOK_AGAIN_S)
        raise CommandFailedError(console.failed(console_demo.NO_REPLY), ExitStatus.FAILED)

    async def _ended(self) -> bool:
        """True if no more versions of the reply can come.

        A job that is stored ends in a state for good, and runs until its last card is shown. One that is refused
        is never stored: its reply is answered, while its event is not known.
        """
        version = self.reply.current
        if version is None or version.kind is VersionKind.THINKING:
            return False
        if version.kind is VersionKind.FAILED:
            return True
        job_id = job_id_of(f"interaction:{self.reply.interaction.id}")
        accepted = self.app.requests.knows(job_id)
        job = await self.app.jobs.store.find(job_id)
        if job is None:
            return not accepted
        if job.state is not self._state:
            self._state, self._moved_at = job.state, self._now
        return job.state in TERMINAL and self.app.jobs.runner.running == 0

    def _show_replies(self) -> Attachment | None:
        """Show what is new in the reply and what followed it, and return the first video."""
        found: Attachment | None = None
        for number, versions in enumerate(
            (self.reply.versions, *(one.versions for one in self.reply.followups))
        ):
            for version in versions[self._shown.get(-number, 0) :]:
                self._shown[-number] = self._shown.get(-number, 0) + 1
                self._show("reply", self._shown[-number], version)
                if version.videos and found is None:
                    found = version.videos[0]
        return found

    async def _let_moderate(self) -> None:
        """Show what is new in the moderators' channel; a question that was there to be read is approved."""
        for message in self._questions():
            for version in message.versions[self._shown.get(message.id, 0) :]:
                self._shown[message.id] = self._shown.get(message.id, 0) + 1
                self._show("question", self._shown[message.id], version)
            offered = any(button.label == APPROVE for button in message.current.buttons)
            read = self._now >= message.versions[0].at + _READ_FIRST_S
            if offered and read and message.id not in self._decided:
                self._decided.add(message.id)
                who, where = self.server.moderator.name, message.channel.name
                line = console_demo.pressed(who, APPROVE)
                self.screen.show(Typed("pressed", who, where, line, self._now - self.reply.dispatched_at))
                await self.server.approve(message)

    def _questions(self) -> list[Message]:
        channel = self.server.reviews
        found = channel.messages if channel is not None else []
        return [one for one in found if isinstance(one, Message) and not one.ephemeral]

    def _show(self, about: str, number: int, version: MessageVersion) -> None:
        self._moved_at = self._now
        channel = (
            self.server.channel if about == "reply" or self.server.reviews is None else self.server.reviews
        )
        if about == "question":
            seen_by = console_demo.MODERATORS
        elif version.ephemeral:
            seen_by = console_demo.ONLY_ASKER
        else:
            seen_by = console_demo.ADULTS if channel.age_restricted else console_demo.EVERYONE
        at_s = version.at - self.reply.dispatched_at
        self.screen.show(Shown(about, number, channel.name, seen_by, version, at_s))
