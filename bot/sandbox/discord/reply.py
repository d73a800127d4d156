"""An interaction seen from the side of the user who started it."""

from collections.abc import Callable
from typing import TypeVar

from bot.sandbox.discord.interactions import CallbackKind, Interaction
from bot.sandbox.discord.messages import Message
from bot.sandbox.discord.people import User
from bot.sandbox.discord.versions import MessageVersion, VersionKind
from bot.sandbox.discord.wire import JsonObject

T = TypeVar("T")


class Reply:
    """The result of one slash command, menu entry, button press or modal."""

    def __init__(self, interaction: Interaction) -> None:
        self.interaction = interaction

    @property
    def user(self) -> User:
        """Who asked."""
        return self.interaction.user

    @property
    def dispatched_at(self) -> float:
        """When the interaction was sent to the bot, on the event loop's clock in seconds."""
        return self.interaction.dispatched_at

    @property
    def acknowledged_at(self) -> float | None:
        """When the first answer arrived, on the same clock; None while there is none."""
        return self.interaction.acknowledged_at

    @property
    def ack_delay_s(self) -> float | None:
        """Seconds from dispatch to acknowledgement."""
        at = self.interaction.acknowledged_at
        return None if at is None else at - self.interaction.dispatched_at

    @property
    def ack_type(self) -> CallbackKind | None:
        """How the bot answered first."""
        return self.interaction.ack_type

    @property
    def ephemeral(self) -> bool:
        """True if only the user who asked sees the answer."""
        message = self.message
        return self.interaction.ephemeral if message is None else message.ephemeral

    @property
    def failed(self) -> bool:
        """True if the user reads that the application did not respond."""
        return self.interaction.failure is not None

    @property
    def message(self) -> Message | None:
        """The answer: a message of its own, or the message whose button was pressed."""
        return self.interaction.original

    @property
    def modal(self) -> JsonObject | None:
        """The form the bot opened: `custom_id`, `title`, `components`."""
        return self.interaction.modal

    @property
    def followups(self) -> list[Message]:
        """Further messages sent by the interaction's token."""
        return self.interaction.followups

    @property
    def deleted(self) -> bool:
        """True if the answer was taken away."""
        return self.message is not None and self.message.deleted

    @property
    def versions(self) -> list[MessageVersion]:
        """Every state of the answer that was visible since the user asked, "thinking" included."""
        if self.interaction.failure is not None:
            return [self.interaction.failure]
        message = self.message
        if message is None:
            return []
        return [version for version in message.versions if version.at >= self.interaction.created_at]

    @property
    def current(self) -> MessageVersion | None:
        """The state seen now; None before there is anything."""
        versions = self.versions
        return versions[-1] if versions else None

    @property
    def text(self) -> str:
        """The text of what is seen now, empty before there is anything."""
        version = self.current
        return version.text() if version is not None else ""

    def expire_token(self, status: int = 401) -> None:
        """Kill this interaction's token early; the API then answers `status`, 401 or 404."""
        self.interaction.expire(status)

    async def wait_for(self, predicate: Callable[[MessageVersion], bool], timeout_s: float) -> MessageVersion:
        """The first state of the answer, past or coming, that satisfies `predicate`; `TimeoutError` else."""

        def found() -> MessageVersion | None:
            return next((version for version in self.versions if predicate(version)), None)

        return await self._until(found, timeout_s, "a state of the reply")

    async def wait_for_answer(self, timeout_s: float) -> MessageVersion:
        """The first state that is more than "thinking"; a failure to respond counts."""
        return await self.wait_for(lambda version: version.kind is not VersionKind.THINKING, timeout_s)

    async def wait_for_ack(self, timeout_s: float) -> CallbackKind:
        """The kind of the first answer, once it is there."""
        return await self.interaction.changed.until(
            lambda: self.interaction.ack_type, timeout_s, "an acknowledgement"
        )

    async def wait_for_modal(self, timeout_s: float) -> JsonObject:
        """The form, once the bot opened it."""
        return await self.interaction.changed.until(lambda: self.interaction.modal, timeout_s, "a modal")

    async def wait_for_choices(self, timeout_s: float) -> list[JsonObject]:
        """Wait for the choices offered for the text typed so far; `TimeoutError` when loading it failed."""

        def found() -> tuple[list[JsonObject] | None] | None:
            offered = self.interaction.autocomplete
            return (offered,) if offered is not None or self.failed else None

        (choices,) = await self._until(found, timeout_s, "choices")
        if choices is None:
            raise TimeoutError(f"no choices for {self.interaction.label!r}: loading options failed")
        return choices

    async def wait_for_video(self, timeout_s: float) -> MessageVersion:
        """The first state with a video attached, in the answer or in one of its follow-ups."""

        def found() -> MessageVersion | None:
            seen = [*self.versions, *(version for message in self.followups for version in message.versions)]
            return next((version for version in seen if version.videos), None)

        return await self._until(found, timeout_s, "a video")

    async def wait_for_followup(self, timeout_s: float, *, index: int = 0) -> Message:
        """The follow-up message with this index, once it is there."""

        def found() -> Message | None:
            return self.followups[index] if len(self.followups) > index else None

        return await self._until(found, timeout_s, f"follow-up {index}")

    async def _until(self, found: Callable[[], T | None], timeout_s: float, what: str) -> T:
        label = f"{what} to {self.interaction.label!r} of {self.user.name}"
        return await self.interaction.changed.until(found, timeout_s, label)
