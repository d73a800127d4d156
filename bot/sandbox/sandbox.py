"""Both local services together, and the settings that point a bot at them."""

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from bot.sandbox.dimilinks import DimiLinksSandbox, TaskPace
from bot.sandbox.discord import DiscordSandbox, Intents, RateLimits
from bot.sandbox.video_factory import VideoFactory


class Sandbox:
    """Both services on loopback sockets, for as long as the context manager is open."""

    def __init__(
        self,
        factory: VideoFactory,
        *,
        pace: TaskPace,
        seed: int = 0,
        token_lifetime_s: float = 900.0,
        ack_deadline_s: float = 3.0,
        privileged_intents: Intents = Intents.NONE,
        limits: RateLimits | None = None,
    ) -> None:
        """Args: Discord honours a token for `token_lifetime_s`, and waits `ack_deadline_s` for an answer."""
        self.dimilinks = DimiLinksSandbox(factory=factory, pace=pace, seed=seed)
        self.discord = DiscordSandbox(
            seed=seed,
            token_lifetime_s=token_lifetime_s,
            ack_deadline_s=ack_deadline_s,
            privileged_intents=privileged_intents,
            limits=limits,
        )
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Open the sockets."""
        await self._stack.enter_async_context(self.dimilinks)
        await self._stack.enter_async_context(self.discord)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close everything."""
        await self._stack.aclose()

    @property
    def environment(self) -> dict[str, str]:
        """The settings with which a bot runs against this sandbox, by their names in the environment."""
        return {
            "DISCORD_TOKEN": self.discord.token,
            "DISCORD_API_URL": self.discord.api_url,
            "DISCORD_CDN_HOSTS": self.discord.cdn_host,
            "DIMILINKS_API_KEY": self.dimilinks.api_key,
            "DIMILINKS_BASE_URL": self.dimilinks.base_url,
        }
