"""`/spicy words` and `/spicy test`: the list of words of a server, changes to it, and what it makes of a prompt."""

import re
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import discord
from discord import ui

from bot.delivery.messages import FileLabel
from bot.moderation.gatekeeper import ModerationCaches
from bot.moderation.words.exchange import FILE_MAX_BYTES, NotAListError, read_terms, write_terms
from bot.moderation.words.exemptions import Exemption, WordExemptions
from bot.moderation.words.findings import FoundTerm
from bot.moderation.words.matching import LONGEST_TERM, Effect, Term
from bot.moderation.words.word_lists import MOST_TERMS, ListFullError
from bot.texts import jobs as job_words
from bot.texts import word_lists as words
from bot.texts.descriptions import WORDS_EXPORT
from bot.texts.messages import Language, Message
from bot.texts.spicy import UNCHANGED
from bot.video import Preset
from cogs.moderation.spicy_page import page_view, turning_buttons
from cogs.shared.attempt import FailedCall, attempt
from cogs.shared.interactions import Interaction, language_of
from cogs.shared.respond import answer, show_file

WORDS_ID: Final = re.compile(r"sm-words:(?P<page>[0-9]{1,3})")

_A_PAGE: Final = 12
"""So many stay below the 4000 characters of a message, beside 50 roles and channels."""
_FOUND_SHOWN: Final = 8
_AROUND: Final = 20
"""Characters of a prompt that are shown on each side of a term."""
_DOWNLOAD_WITHIN_S: Final = 10.0


class WordAction(StrEnum):
    """Action on the list of words."""

    LIST = "list"
    ADD = "add"
    REMOVE = "remove"
    EXPORT = "export"
    IMPORT = "import"
    EXEMPT = "exempt"
    CONCERN = "concern"


@dataclass(frozen=True)
class WordChange:
    """What a moderator filled in."""

    action: WordAction
    text: str
    effect: Effect
    fragment: bool
    file: discord.Attachment | None
    exemption: Exemption | None


@dataclass(frozen=True)
class Trial:
    """A prompt that a moderator tries, as a member without roles would type it in a channel."""

    prompt: str
    preset: Preset
    channel_id: int | None


class WordListPages:
    """Draws and changes the list of words. Methods raise `bot.storage.errors.StorageError`."""

    def __init__(self, caches: ModerationCaches, exemptions: WordExemptions) -> None:
        self._caches = caches
        self._lists = caches.words
        self._exemptions = exemptions

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
        mentions = " ".join(one.mention for one in self._exemptions.of(guild_id))
        if mentions:
            texts.append(words.exemptions(mentions).in_language(language))
        return page_view(words.WORDS_TITLE, texts, language, buttons, small_print)

    async def trial(self, guild_id: int, tried: Trial, language: Language) -> ui.LayoutView:
        """Draw what a prompt would lead to. Nothing is kept."""
        prompt = tried.prompt
        findings = await self._caches.find_words(
            guild_id, prompt, spicy=tried.preset is Preset.SPICY, channel_id=tried.channel_id
        )
        lines = [_found_line(one, prompt).in_language(language) for one in findings.found[:_FOUND_SHOWN]]
        texts = [words.TEST_VERDICTS[findings.verdict].in_language(language), *lines]
        return page_view(words.TEST_TITLE, texts, language)

    async def export(self, interaction: Interaction, guild_id: int) -> None:
        """Fill in the answer that was announced with the list as a file."""
        terms = [stored.term for stored in self._lists.terms(guild_id)]
        if not terms:
            await answer(interaction, words.WORDS_EMPTY)
            return
        with tempfile.TemporaryDirectory(prefix="stillmotion-words-") as folder:
            path = Path(folder) / "words.csv"
            path.write_text(write_terms(terms), encoding="utf-8", newline="")
            described = WORDS_EXPORT.in_language(language_of(interaction, private=True))
            await show_file(interaction, words.EXPORTED, path, FileLabel(path.name, described))

    async def change(self, guild_id: int, change: WordChange, *, by: int) -> Message:
        """Carry a change out, and return the answer."""
        match change.action:
            case WordAction.IMPORT:
                return await self._import(guild_id, change.file, by)
            case WordAction.EXEMPT | WordAction.CONCERN:
                return await self._exempt(guild_id, change, by)
            case _:
                return await self._change_term(guild_id, change, by)

    async def _change_term(self, guild_id: int, change: WordChange, by: int) -> Message:
        term = _term(change.text, change.effect, fragment=change.fragment)
        if isinstance(term, Message):
            return term
        if change.action is WordAction.REMOVE:
            removed = await self._lists.remove(guild_id, term.text, by)
            return words.term_removed(term.text) if removed else words.TERM_NOT_THERE
        try:
            return words.term_added(term.text, new=await self._lists.add(guild_id, term, by))
        except ListFullError:
            return words.list_full(MOST_TERMS)

    async def _import(self, guild_id: int, file: discord.Attachment | None, by: int) -> Message:
        if file is None:
            return words.FILE_MISSING
        if file.size > FILE_MAX_BYTES:
            return words.FILE_UNREADABLE
        content = await attempt(file.read(), _DOWNLOAD_WITHIN_S)
        if isinstance(content, FailedCall):
            return words.FILE_NOT_FETCHED
        try:
            read = await read_terms(content)
            added, changed = await self._lists.add_all(guild_id, read.terms, by)
        except NotAListError:
            return words.FILE_UNREADABLE
        except ListFullError as error:
            return words.too_many_imported(error.new, error.room, MOST_TERMS)
        return words.imported(added, changed, read.bad_lines)

    async def _exempt(self, guild_id: int, change: WordChange, by: int) -> Message:
        if change.exemption is None:
            return words.EXEMPTION_MISSING
        exempt = change.action is WordAction.EXEMPT
        changed = await self._exemptions.change(guild_id, change.exemption, exempt=exempt, by=by)
        return words.exempted(change.exemption.mention, exempt=exempt) if changed else UNCHANGED


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


def _found_line(found: FoundTerm, prompt: str) -> Message:
    excerpt = prompt[max(0, found.start - _AROUND) : found.end + _AROUND]
    return words.found_line(found.term.text, found.term.effect, found.start, excerpt, shipped=found.shipped)
