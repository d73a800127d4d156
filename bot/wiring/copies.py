"""Connects copies of delivered videos: full quality, links and animations."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import yarl

from bot.delivery.messages import Messages
from bot.jobs.postable_files import FileMarks
from bot.media_links.server import MediaLinks
from bot.media_links.signing import LinkSigner, link_key
from bot.services.animations import Animations
from bot.services.copy_access import CopyAccess
from bot.services.full_quality import FullQuality
from bot.services.linked_videos import LinkedVideos
from bot.settings import BadConfigurationError, SettingProblem, Settings
from bot.video_files.animating import VideoAnimating
from bot.wiring.moderation import ModerationWiring
from cogs.jobs.copies import CopyButtons


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CopyWiring:
    """The parts that hand out copies, each built when it is first needed."""

    settings: Settings
    moderation: ModerationWiring
    messages: Messages
    animating: VideoAnimating
    now: Callable[[], datetime]

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator[int | None]:
        """Serve links while the block runs, if the operator wants that; gives the port.

        Raises:
            BadConfigurationError: The address cannot be used.
        """
        links, address = self.links, self.settings.media_address
        async with AsyncExitStack() as stack:
            port: int | None = None
            if links is not None and address is not None:
                prefix = yarl.URL(links.url).raw_path.rstrip("/")
                served = MediaLinks(links.signer, links, prefix=prefix, now=self.now)
                url = yarl.URL(f"//{address}")
                try:
                    port = await stack.enter_async_context(served.serving(url.host or "", url.port or 0))
                except OSError as error:
                    problem = SettingProblem("MEDIA_ADDRESS", f"cannot be used: {error.strerror}")
                    raise BadConfigurationError((problem,)) from None
            yield port

    @cached_property
    def buttons(self) -> CopyButtons:
        """The buttons below finished videos."""
        return CopyButtons(full_quality=self._full_quality, animations=self._animations, now=self.now)

    @cached_property
    def links(self) -> LinkedVideos | None:
        """Links to videos; None if the operator set no address for them.

        Raises:
            BadConfigurationError: Their key can be neither read nor made.
        """
        if self.settings.media_url is None:
            return None
        try:
            key = link_key(self.settings.data_dir)
        except OSError as error:
            problem = SettingProblem("DATA_DIR", f"cannot be used: {error.strerror}")
            raise BadConfigurationError((problem,)) from None
        return LinkedVideos(
            store=self.moderation.store,
            access=self.access,
            is_hidden=self.moderation.reports.is_hidden,
            signer=LinkSigner(key),
            url=self.settings.media_url,
            now=self.now,
        )

    @cached_property
    def access(self) -> CopyAccess:
        """Decides who may have a copy."""
        return CopyAccess(
            store=self.moderation.store,
            originals=self.moderation.originals,
            files=self.moderation.files,
            gatekeeper=self.moderation.gatekeeper,
            is_hidden=self.moderation.reports.is_hidden,
            now=self.now,
        )

    @cached_property
    def _full_quality(self) -> FullQuality:
        return FullQuality(access=self.access, messages=self.messages, links=self.links)

    @cached_property
    def _animations(self) -> Animations:
        return Animations(
            access=self.access,
            animating=self.animating,
            marks=FileMarks(self.settings.file_mark, self.settings.visible_mark),
            messages=self.messages,
            media_dir=self.settings.media_dir,
        )
