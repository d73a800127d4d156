"""Asking whom pictures show, before the spicy preset starts from them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import discord
from discord import ui

from bot.images import ImageSource
from bot.jobs import Draft, DraftStore, Wish, new_job_id
from bot.texts import moderation as words
from bot.texts.sentences import Language
from cogs.ui.buttons import PlainButton
from cogs.ui.plain_forms import tick_form

PREFIX: Final = "sm-consent:"


@dataclass(frozen=True)
class Pending:
    """A request that waits for its person's confirmation: all of it, also for another process."""

    wish: Wish
    sources: tuple[ImageSource, ...]
    private: bool
    pictures_of: str | None = None
    """The job whose kept pictures it starts from."""
    parent_id: str | None = None
    parent_url: str | None = None


class ConsentRequests:
    """Keeps requests until they are confirmed. Methods raise `bot.storage.StorageError`."""

    def __init__(self, drafts: DraftStore, *, now: Callable[[], datetime]) -> None:
        self._drafts = drafts
        self._now = now

    async def keep(self, person_id: int, pending: Pending) -> str:
        """Keep a request; the id by which its confirmation finds it."""
        wish = vars(pending.wish) | {
            "private": pending.private,
            "pictures_of": pending.pictures_of,
            "parent_id": pending.parent_id,
            "parent_url": pending.parent_url,
        }
        draft = Draft(new_job_id(), person_id, self._now(), pending.sources, wish)
        await self._drafts.add(draft)
        return draft.id

    async def find(self, draft_id: str, person_id: int) -> Pending | None:
        """Somebody's own request, if it is still kept."""
        draft = await self._drafts.get(draft_id, person_id)
        if draft is None or draft.wish is None:
            return None
        said = dict(draft.wish)
        private, pictures_of = bool(said.pop("private")), said.pop("pictures_of")
        parent_id, parent_url = said.pop("parent_id"), said.pop("parent_url")
        return Pending(Wish(**said), draft.sources, private, pictures_of, parent_id, parent_url)


def consent_button(draft_id: str, language: Language) -> PlainButton:
    """The button that opens the form."""
    label = words.CONSENT_BUTTON.in_language(language)
    return PlainButton(label, f"{PREFIX}{draft_id}", discord.ButtonStyle.primary)


def consent_form(draft_id: str, language: Language) -> ui.Modal:
    """The form: what is confirmed, and the box to tick."""
    return tick_form(
        f"{PREFIX}{draft_id}",
        language,
        title=words.CONSENT_TITLE,
        text=words.CONSENT_TEXT,
        box=(words.CONSENT_LABEL, words.CONSENT_HINT),
    )
