"""`/spicy`: what a server's moderators see and change. Whether somebody is one is asked again at every press."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import discord
import structlog
from discord import app_commands, ui
from discord.ext import commands

from bot.delivery import DeliveryError
from bot.jobs import Books, ReviewDesk
from bot.moderation.audit import AuditTrail, Deed, Detail, Entry, UnreadableEntryError
from bot.moderation.members import Listed
from bot.moderation.policy import may_moderate
from bot.moderation.reviews import ReviewStore
from bot.moderation.words import LONGEST_TERM, MOST_TERMS, Effect, Term
from bot.storage import StorageError
from bot.texts import jobs as job_words
from bot.texts import spicy as words
from bot.texts.sentences import Language, Sentence
from bot.texts.spicy import DESCRIPTIONS, ExportForm, ListChoice, LogGroup, WordAction
from cogs.ui import spicy_views as views
from cogs.ui.acknowledgement import acknowledge, acknowledge_press, answer, refuse, reply_privately
from cogs.ui.choices import choices
from cogs.ui.job_button import custom_id_of
from cogs.ui.reply import language_of, person_of
from cogs.ui.spicy_views import ExportFile, ListPage, LogPage, Mute, hand_out, term_of

log: Final = structlog.get_logger(__name__)

Interaction = discord.Interaction[discord.Client]
Tell = Callable[[int, str], Awaitable[None]]
Details = Mapping[str, Detail]


def _options(command: str, *names: str) -> Mapping[str, str]:
    return {name: DESCRIPTIONS[f"{command} {name}"].english for name in names}


class SpicyCog(commands.Cog):
    """Serves the commands and their buttons; holds nothing between them."""

    spicy = app_commands.Group(
        name="spicy",
        description=DESCRIPTIONS[""].english,
        guild_only=True,
        # The client's own contexts would have it in direct messages, whatever `guild_only` says.
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
        default_permissions=discord.Permissions(manage_messages=True),
    )

    def __init__(
        self,
        books: Books,
        reviews: ReviewDesk,
        review_store: ReviewStore,
        trail: AuditTrail,
        tell: Tell,
        *,
        now: Callable[[], datetime],
    ) -> None:
        """`tell` sends words to one person directly, and raises the errors of `bot.delivery`."""
        self._books, self._trail = books, trail
        self._reviews, self._review_store = reviews, review_store
        self._tell, self._now = tell, now

    @spicy.command(name="queue", description=DESCRIPTIONS["queue"].english)
    async def queue(self, interaction: Interaction) -> None:
        """See what waits for moderators."""
        if (guild_id := await self._begun(interaction)) is not None:
            await self._show(interaction, self._questions(guild_id, 0, _language(interaction)))

    @spicy.command(name="log", description=DESCRIPTIONS["log"].english)
    @app_commands.describe(**_options("log", "person", "action", "days", "export"))
    @app_commands.choices(
        action=choices(words.GROUP_NAMES.items()), export=choices(words.EXPORT_NAMES.items())
    )
    async def history(
        self,
        interaction: Interaction,
        person: discord.User | None = None,
        action: str | None = None,
        days: app_commands.Range[int, 1, 3650] | None = None,
        export: str | None = None,
    ) -> None:
        """See what was done, or take it away as a file."""
        if (guild_id := await self._begun(interaction)) is None:
            return
        wanted = LogPage(0, person.id if person else 0, LogGroup(action) if action else None, days or 0)
        if export is None:
            await self._show(interaction, self._entries(guild_id, wanted, _language(interaction)))
        else:
            await self._export(interaction, guild_id, wanted, ExportForm(export))

    @spicy.command(name="trust", description=DESCRIPTIONS["trust"].english)
    @app_commands.rename(listed="list")
    @app_commands.describe(**_options("trust", "person", "listed"))
    @app_commands.choices(listed=choices(words.LIST_NAMES.items()))
    async def trust(
        self, interaction: Interaction, person: discord.User, listed: str = ListChoice.TRUSTED.value
    ) -> None:
        """Put somebody on a list, or take them off."""
        if (guild_id := await self._begun(interaction, about=person.id)) is None:
            return
        choice, members = ListChoice(listed), self._books.members
        wanted = Listed(choice.value) if choice is not ListChoice.NEITHER else None
        deed = Deed(wanted.value) if wanted is not None else Deed.UNLISTED
        if members.of(guild_id, person.id).listed is wanted:
            await answer(interaction, words.UNCHANGED)
            return
        fault = await self._do(interaction, members.list_as(guild_id, person.id, wanted), deed, person.id)
        await answer(interaction, fault or words.LISTED[choice])

    @spicy.command(name="suspend", description=DESCRIPTIONS["suspend"].english)
    @app_commands.describe(**_options("suspend", "person", "hours", "reason"))
    async def suspend(
        self,
        interaction: Interaction,
        person: discord.User,
        hours: app_commands.Range[int, 0, 8760],
        reason: app_commands.Range[str, 1, 500],
    ) -> None:
        """Suspend somebody, or with no hours end that."""
        if (guild_id := await self._begun(interaction, about=person.id)) is None:
            return
        members, now, server = self._books.members, self._now(), str(interaction.guild or guild_id)
        until = now + timedelta(hours=hours)
        if hours:
            change = members.suspend(guild_id, person.id, until=until, by=interaction.user.id, reason=reason)
            deed, done = Deed.SUSPENDED, words.suspended(person.id, job_words.day(until))
            news = words.tell_suspended(server, job_words.day(until), reason)
        elif members.of(guild_id, person.id).is_suspended(now):
            change = members.lift(guild_id, person.id)
            deed, done, news = Deed.SUSPENSION_LIFTED, words.LIFTED, words.tell_lifted(server)
        else:
            await answer(interaction, words.UNCHANGED)
            return
        fault = await self._do(interaction, change, deed, person.id, reason=reason, details={"hours": hours})
        await answer(interaction, fault or done)
        if fault is not job_words.NOT_STORED:
            await self._tell_person(person.id, news.in_language(language_of(interaction, private=False)))

    @spicy.command(name="words", description=DESCRIPTIONS["words"].english)
    @app_commands.describe(**_options("words", "action", "term", "effect", "fragment"))
    @app_commands.choices(
        action=choices(words.ACTION_NAMES.items()),
        effect=choices((Effect(effect), name) for effect, name in words.EFFECT_NAMES.items()),
    )
    async def change_words(
        self,
        interaction: Interaction,
        action: str,
        term: app_commands.Range[str, 1, LONGEST_TERM] | None = None,
        effect: str = Effect.BLOCKED.value,
        fragment: bool = False,  # noqa: FBT001, FBT002 - Discord's option decides the parameter's form
    ) -> None:
        """See the list of words, or change it."""
        if (guild_id := await self._begun(interaction)) is None:
            return
        wanted, text = WordAction(action), (term or "").strip()
        if wanted is WordAction.LIST:
            await self._show(interaction, self._terms(guild_id, 0, _language(interaction)))
            return
        made = term_of(text, Effect(effect), fragment=fragment)
        if isinstance(made, Sentence):
            told = made
        elif wanted is WordAction.ADD:
            told = await self._add(interaction, guild_id, made)
        else:
            told = await self._remove(interaction, guild_id, made)
        await answer(interaction, told)

    @spicy.command(name="user", description=DESCRIPTIONS["user"].english)
    @app_commands.describe(**_options("user", "person"))
    async def user(self, interaction: Interaction, person: discord.User) -> None:
        """See what is kept about somebody."""
        if (guild_id := await self._begun(interaction)) is not None:
            await self._show(interaction, self._person(guild_id, person.id, _language(interaction)))

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Serve a press on one of the buttons, which change the answer that they belong to."""
        try:
            press = views.read_press(custom_id_of(interaction))
        except ValueError:
            await refuse(interaction, job_words.OLD_BUTTON)
            return
        if press is None:
            return
        about = press.person_id if isinstance(press, Mute) else None
        if (guild_id := await self._begun(interaction, about=about)) is None:
            return
        language = _language(interaction)
        match press:
            case ListPage("queue", page):
                await self._show(interaction, self._questions(guild_id, page, language))
            case ListPage(_, page):
                await self._show(interaction, self._terms(guild_id, page, language))
            case LogPage():
                await self._show(interaction, self._entries(guild_id, press, language))
            case Mute(person_id, muted):
                await self._mute(interaction, guild_id, person_id, muted=muted)
                await self._show(interaction, self._person(guild_id, person_id, language))

    async def _begun(self, interaction: Interaction, *, about: int | None = None) -> int | None:
        """The server, if they moderate it, it is not about themselves, and Discord expects an answer now."""
        guild_id, person = interaction.guild_id, person_of(interaction)
        if guild_id is None or not may_moderate(person, self._books.rules.of(guild_id), guild_id):
            await refuse(interaction, words.MODERATORS_ONLY)
            return None
        if about == person.id:
            await refuse(interaction, words.NOT_YOURSELF)
            return None
        if interaction.type is discord.InteractionType.component:
            return guild_id if await acknowledge_press(interaction) else None
        return guild_id if await acknowledge(interaction, private=True) else None

    async def _log(
        self, interaction: Interaction, deed: Deed, person_id: int | None, reason: str, details: Details
    ) -> None:
        guild_id, actor_id = interaction.guild_id or 0, interaction.user.id
        entry = Entry(guild_id, self._now(), deed, actor_id, person_id, None, reason, details)
        await self._trail.append(entry)

    async def _do(
        self,
        interaction: Interaction,
        change: Awaitable[object],
        deed: Deed,
        person_id: int | None = None,
        *,
        reason: str = "",
        details: Details | None = None,
    ) -> Sentence | None:
        """Carry a change out and log it; what to say of it if that did not go well."""
        try:
            await change
        except StorageError:
            return job_words.NOT_STORED
        try:
            await self._log(interaction, deed, person_id, reason, details or {})
        except StorageError as error:
            log.error("deed_not_logged", deed=deed, guild=interaction.guild_id, reason=str(error))
            return words.NOT_LOGGED
        return None

    async def _tell_person(self, person_id: int, told: str) -> None:
        try:
            await self._tell(person_id, told)
        except DeliveryError as error:
            log.info("person_not_told", person=person_id, reason=type(error).__name__)

    async def _add(self, interaction: Interaction, guild_id: int, term: Term) -> Sentence:
        book, before = self._books.words, len(self._books.words.listed(guild_id))
        change = book.add(guild_id, term, interaction.user.id)
        details = {"term": term.text, "effect": term.effect.value, "fragment": term.fragment}
        try:
            fault = await self._do(interaction, change, Deed.TERM_ADDED, details=details)
        except ValueError:
            return words.list_full(MOST_TERMS)
        return fault or words.term_added(term.text, new=len(book.listed(guild_id)) > before)

    async def _remove(self, interaction: Interaction, guild_id: int, term: Term) -> Sentence:
        book = self._books.words
        if all(stored.term.spellings != term.spellings for stored in book.listed(guild_id)):
            return words.TERM_NOT_THERE
        change = book.remove(guild_id, term.text)
        fault = await self._do(interaction, change, Deed.TERM_REMOVED, details={"term": term.text})
        return fault or words.term_removed(term.text)

    async def _mute(self, interaction: Interaction, guild_id: int, person_id: int, *, muted: bool) -> None:
        members = self._books.members
        if members.of(guild_id, person_id).reports_muted is not muted:
            change = members.mute_reports(guild_id, person_id, muted=muted)
            details = {"muted": muted}
            fault = await self._do(interaction, change, Deed.REPORTS_MUTED, person_id, details=details)
            if fault is not None:
                await reply_privately(interaction, fault)

    async def _show(self, interaction: Interaction, making: Awaitable[ui.LayoutView]) -> None:
        """Show it in the answer that was announced, or in place of the one whose button was pressed."""
        try:
            view = await making
        except StorageError as error:
            pressed = interaction.type is discord.InteractionType.component
            await (reply_privately if pressed else answer)(interaction, _unread(error))
        else:
            await answer(interaction, view)

    async def _questions(self, guild_id: int, page: int, language: Language) -> ui.LayoutView:
        size = views.REVIEWS_A_PAGE
        found = await self._review_store.open_in(guild_id, (page + 1) * size + 1)
        page = min(page, max(0, (len(found) - 1) // size))
        shown = found[page * size :][:size]
        asked = [(review, await self._reviews.case(review)) for review in shown]
        return views.queue_view(asked, page, language, more=len(found) > (page + 1) * size)

    async def _entries(self, guild_id: int, wanted: LogPage, language: Language) -> ui.LayoutView:
        size, chosen = views.ENTRIES_A_PAGE, wanted.chosen(guild_id, self._now())
        found = await self._trail.store.read(chosen, before=wanted.before or None, limit=size + 1)
        return views.log_view(found[:size], wanted, language, more=len(found) > size)

    async def _terms(self, guild_id: int, page: int, language: Language) -> ui.LayoutView:
        return views.words_view(self._books.words.listed(guild_id), page, language)

    async def _person(self, guild_id: int, person_id: int, language: Language) -> ui.LayoutView:
        books, now = self._books, self._now()
        return views.profile_view(
            books.members.of(guild_id, person_id),
            await self._reviews.record(guild_id, person_id),
            await books.members.strikes(guild_id, person_id, books.rules.of(guild_id), now),
            await self._review_store.open_of(guild_id, person_id),
            now=now,
            language=language,
        )

    async def _export(
        self, interaction: Interaction, guild_id: int, wanted: LogPage, form: ExportForm
    ) -> None:
        now, suffix = self._now(), "csv" if form is ExportForm.CSV else "jsonl"
        with tempfile.TemporaryDirectory(prefix="stillmotion-log-") as folder:
            file = ExportFile(Path(folder) / f"log-{now:%Y-%m-%d}.{suffix}", form)
            try:
                last = await file.fill(self._trail.store.all_in_order(chosen=wanted.chosen(guild_id, now)))
                if last is None:
                    await answer(interaction, words.LOG_EMPTY)
                    return
                count, left_out = await asyncio.to_thread(file.cut, interaction.filesize_limit)
                details = {"entries": count, "last": last.number, "sha256": last.sha256, "form": form.value}
                # Before it is handed out: nobody is to have the log without that being in it.
                await self._log(interaction, Deed.LOG_EXPORTED, wanted.person_id or None, "", details)
            except (StorageError, OSError) as error:
                log.warning("log_not_exported", guild=guild_id, reason=str(error))
                await answer(interaction, _unread(error))
                return
            await hand_out(interaction, file.path, words.exported(count, left_out, last.sha256))


def _language(interaction: Interaction) -> Language:
    return language_of(interaction, private=True)


def _unread(error: StorageError | OSError) -> Sentence:
    return words.unreadable(error.number) if isinstance(error, UnreadableEntryError) else words.NOT_READ
