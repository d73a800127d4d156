"""The one listener for buttons, selects and forms: a custom id leads to its handler.

discord.py hands on no press on a button that its message shows no longer, as when a card changes in that moment,
and it forgets forms with the process. So all of them are read from the interaction itself, by `on_interaction`.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import aiohttp
import discord
import structlog
from discord.ext import commands

from bot.storage.errors import StorageError
from bot.texts import forms, jobs
from cogs.shared.attempt import failed_call
from cogs.shared.interactions import Interaction
from cogs.shared.respond import LookUpTimes, refuse, seconds_for_looking_up, tell
from cogs.shared.seen_events import SeenEvents

log: Final = structlog.get_logger(__name__)

Handler: TypeAlias = Callable[[Interaction, re.Match[str]], Awaitable[None]]


class UnknownCustomIdError(Exception):
    """A custom id of another version, or one that nobody made."""


@dataclass(frozen=True)
class InteractionRoute:
    """Custom ids of one kind and what serves them.

    The handler acknowledges first. It may raise `UnknownCustomIdError` before that, and `StorageError` or
    `TimeoutError` (of a look-up before the acknowledgement) at any moment: the router answers each once.
    """

    pattern: re.Pattern[str]
    handler: Handler
    form: bool = False
    """True for a form that was sent, False for a button or a select that was used."""


class Router(commands.Cog):
    """Hands each press, choice and sent form to its handler, and answers what none of them serves."""

    def __init__(self, routes: list[InteractionRoute], times: LookUpTimes = LookUpTimes()) -> None:  # noqa: B008 - frozen
        self._routes = routes
        self._times = times
        self._seen = SeenEvents()

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Serve one interaction, unless it is a command."""
        form = interaction.type is discord.InteractionType.modal_submit
        if not form and interaction.type is not discord.InteractionType.component:
            return
        if not self._seen.is_new(interaction.id):
            return
        seconds_for_looking_up(interaction, self._times)
        custom_id = str((interaction.data or {}).get("custom_id", ""))
        try:
            await self._handle(interaction, custom_id, form=form)
        except UnknownCustomIdError:
            await refuse(interaction, forms.NOT_UNDERSTOOD if form else jobs.OLD_BUTTON)
        # First, because a timeout of the network is a `TimeoutError` too.
        except (discord.HTTPException, discord.InvalidData, aiohttp.ClientError) as error:
            # Discord itself fails, so nothing can be answered. Other errors are bugs, for the client's `on_error`.
            log.warning("press_not_answered", custom_id=custom_id[:20], **failed_call(error).facts)
        except (StorageError, TimeoutError) as error:
            log.warning("press_not_served", custom_id=custom_id[:20], reason=str(error))
            await tell(interaction, jobs.NOT_STORED)

    async def _handle(self, interaction: Interaction, custom_id: str, *, form: bool) -> None:
        for route in self._routes:
            if route.form is form and (match := route.pattern.fullmatch(custom_id)) is not None:
                await route.handler(interaction, match)
                return
        raise UnknownCustomIdError(custom_id)
