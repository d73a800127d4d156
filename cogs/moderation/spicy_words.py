"""`/spicy words`: the list of words of a server, page by page, and changes to it."""

import re
from enum import StrEnum
from typing import Final

from discord import ui

from bot.moderation.words.matching import LONGEST_TERM, Effect, Term
from bot.moderation.words.word_lists import MOST_TERMS, ListFullError, WordLists
from bot.texts import jobs as job_words
from bot.texts import word_lists as words
from bot.texts.messages import Language, Message
from cogs.moderation.spicy_page import page_view, turning_buttons

WORDS_ID: Final = re.compile(r"sm-words:(?P<page>[0-9]{1,3})")

_A_PAGE: Final = 12
"""So many stay below the 4000 characters of a message if every character has to be escaped."""


class WordAction(StrEnum):
    """Action on the list of words."""

    LIST = "list"
    ADD = "add"
    REMOVE = "remove"


class WordListPages:
    """Draws and changes the list of words."""

    def __init__(self, lists: WordLists) -> None:
        self._lists = lists

    async def page(self, guild_id: int, page: int, language: Language) -> ui.LayoutView:
        """Draw a page, counted from 0, or the last one if there are fewer."""
        listed = self._lists.terms(guild_id)
        last = max(0, -(-len(listed) // _A_PAGE) - 1)
        page = min(page, last)
        lines = "\n".join(
            _line(stored.term, stored.added_by, language)
            for stored in listed[page * _A_PAGE : (page + 1) * _A_PAGE]
        )
        buttons = turning_buttons("sm-words", page, language, more=page < last)
        small_print = job_words.page(page + 1, last + 1).in_language(language) if buttons else ""
        texts = [lines or words.WORDS_EMPTY.in_language(language)]
        return page_view(words.WORDS_TITLE, texts, language, buttons, small_print)

    async def change(
        self, guild_id: int, action: WordAction, text: str, effect: Effect, *, fragment: bool, by: int
    ) -> Message:
        """Add or remove a term, and return the answer. Raises `bot.storage.StorageError`."""
        term = _term(text, effect, fragment=fragment)
        if isinstance(term, Message):
            return term
        if action is WordAction.REMOVE:
            removed = await self._lists.remove(guild_id, term.text, by)
            return words.term_removed(term.text) if removed else words.TERM_NOT_THERE
        try:
            return words.term_added(term.text, new=await self._lists.add(guild_id, term, by))
        except ListFullError:
            return words.list_full(MOST_TERMS)


def _term(text: str, effect: Effect, *, fragment: bool) -> Term | Message:
    """Return the term, or what is wrong with it."""
    if not text:
        return words.TERM_MISSING
    if len(text) > LONGEST_TERM:
        return words.term_too_long(LONGEST_TERM)
    try:
        return Term(text, effect, fragment)
    except ValueError:
        return words.TERM_TOO_SHORT


def _line(term: Term, added_by: int, language: Language) -> str:
    line = words.term_line(term.text, term.effect, fragment=term.fragment)
    return f"{line.in_language(language)} · <@{added_by}>"
