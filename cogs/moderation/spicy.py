"""`/spicy`: what a server's moderators see and change. Whether somebody is one is asked again at every press."""

import asyncio
import re
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import discord
import structlog
from discord import app_commands, ui
from discord.ext import commands

from bot.delivery.messages import DeliveryError
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditLog
from bot.moderation.audit.rows import UnreadableEntryError
from bot.moderation.gatekeeper import ModerationCaches
from bot.moderation.members.member import ListStatus
from bot.moderation.members.member_changes import MemberChange, MemberChanges
from bot.moderation.policy import may_moderate
from bot.moderation.words.matching import LONGEST_TERM, Effect
from bot.moderation.words.word_changes import WordChange, WordChanges
from bot.moderation.words.word_lists import MOST_TERMS
from bot.reviews.questions import Questions
from bot.reviews.store import ReviewStore
from bot.storage.errors import StorageError
from bot.texts import jobs as job_words
from bot.texts import spicy as words
from bot.texts.messages import Language, Message
from bot.texts.spicy import DESCRIPTIONS, ExportForm, ListChoice, LogGroup, WordAction
from cogs.moderation import spicy_views as views
from cogs.moderation.spicy_views import ExportFile, ListPage, LogPage, Mute, hand_out, term_of
from cogs.shared.choices import choices
from cogs.shared.interactions import language_of, person_of
from cogs.shared.respond import acknowledge, acknowledge_press, answer, refuse, reply_privately
from cogs.shared.router import InteractionRoute, UnknownCustomIdError

log: Final = structlog.get_logger(__name__)

Interaction = discord.Interaction[discord.Client]
Tell = Callable[[int, str], Awaitable[None]]


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
        caches: ModerationCaches,
        questions: Questions,
        review_store: ReviewStore,
        audit_log: AuditLog,
        tell: Tell,
        *,
        now: Callable[[], datetime],
    ) -> None:
        """`tell` sends words to one person directly, and raises the errors of `bot.delivery`."""
        self._caches, self._audit_log = caches, audit_log
        self._questions, self._review_store = questions, review_store
        self._members = MemberChanges(caches.members, audit_log, now=now)
        self._words = WordChanges(caches.words, now=now)
        self._tell, self._now = tell, now

    @spicy.command(name="queue", description=DESCRIPTIONS["queue"].english)
    async def queue(self, interaction: Interaction) -> None:
        """See what waits for moderators."""
        if (guild_id := await self._begun(interaction)) is not None:
            await self._show(interaction, self._queue(guild_id, 0, _language(interaction)))

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
        choice = ListChoice(listed)
        wanted = ListStatus(choice.value) if choice is not ListChoice.NEITHER else None
        change = await self._members.list_as(guild_id, person.id, wanted, by=interaction.user.id)
        unchanged = change is MemberChange.UNCHANGED
        await answer(interaction, words.UNCHANGED if unchanged else words.LISTED[choice])

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
        server, by = str(interaction.guild or guild_id), interaction.user.id
        if hours:
            ends = await self._members.suspend(guild_id, person.id, hours=hours, reason=reason, by=by)
            until = job_words.day(ends)
            done, news = words.suspended(person.id, until), words.tell_suspended(server, until, reason)
        else:
            change = await self._members.lift(guild_id, person.id, reason=reason, by=by)
            done, news = words.LIFTED, words.tell_lifted(server)
            if change is MemberChange.UNCHANGED:
                done, news = words.UNCHANGED, None
        await answer(interaction, done)
        if news is not None:
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
        if isinstance(made, Message):
            await answer(interaction, made)
            return
        if wanted is WordAction.ADD:
            change = await self._words.add(guild_id, made, by=interaction.user.id)
        else:
            change = await self._words.remove(guild_id, made.text, by=interaction.user.id)
        await answer(interaction, _told_of(change, made.text))

    @spicy.command(name="user", description=DESCRIPTIONS["user"].english)
    @app_commands.describe(**_options("user", "person"))
    async def user(self, interaction: Interaction, person: discord.User) -> None:
        """See what is kept about somebody."""
        if (guild_id := await self._begun(interaction)) is not None:
            await self._show(interaction, self._person(guild_id, person.id, _language(interaction)))

    def routes(self) -> list[InteractionRoute]:
        """Return the routes of the buttons, which change the answer that they belong to."""
        return [InteractionRoute(views.BUTTON_ID, self._press)]

    async def _press(self, interaction: Interaction, match: re.Match[str]) -> None:
        try:
            press = views.read_press(match.string)
        except ValueError:
            raise UnknownCustomIdError from None
        about = press.person_id if isinstance(press, Mute) else None
        if (guild_id := await self._begun(interaction, about=about)) is None:
            return
        language = _language(interaction)
        match press:
            case ListPage("queue", page):
                await self._show(interaction, self._queue(guild_id, page, language))
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
        if guild_id is None or not may_moderate(person, self._caches.rules.of(guild_id), guild_id):
            await refuse(interaction, words.MODERATORS_ONLY)
            return None
        if about == person.id:
            await refuse(interaction, words.NOT_YOURSELF)
            return None
        if interaction.type is discord.InteractionType.component:
            return guild_id if await acknowledge_press(interaction) else None
        return guild_id if await acknowledge(interaction, private=True) else None

    async def _tell_person(self, person_id: int, told: str) -> None:
        try:
            await self._tell(person_id, told)
        except DeliveryError as error:
            log.info("person_not_told", person=person_id, reason=type(error).__name__)

    async def _mute(self, interaction: Interaction, guild_id: int, person_id: int, *, muted: bool) -> None:
        await self._members.mute_reports(guild_id, person_id, muted=muted, by=interaction.user.id)

    async def _show(self, interaction: Interaction, making: Awaitable[ui.LayoutView]) -> None:
        """Show it in the answer that was announced, or in place of the one whose button was pressed."""
        try:
            view = await making
        except StorageError as error:
            pressed = interaction.type is discord.InteractionType.component
            await (reply_privately if pressed else answer)(interaction, _unread(error))
        else:
            await answer(interaction, view)

    async def _queue(self, guild_id: int, page: int, language: Language) -> ui.LayoutView:
        size = views.REVIEWS_A_PAGE
        found = await self._review_store.open_in(guild_id, (page + 1) * size + 1)
        page = min(page, max(0, (len(found) - 1) // size))
        shown = found[page * size :][:size]
        asked = [(review, await self._questions.case(review)) for review in shown]
        return views.queue_view(asked, page, language, more=len(found) > (page + 1) * size)

    async def _entries(self, guild_id: int, wanted: LogPage, language: Language) -> ui.LayoutView:
        size, chosen = views.ENTRIES_A_PAGE, wanted.chosen(guild_id, self._now())
        found = await self._audit_log.store.read(chosen, before=wanted.before or None, limit=size + 1)
        return views.log_view(found[:size], wanted, language, more=len(found) > size)

    async def _terms(self, guild_id: int, page: int, language: Language) -> ui.LayoutView:
        return views.words_view(self._caches.words.terms(guild_id), page, language)

    async def _person(self, guild_id: int, person_id: int, language: Language) -> ui.LayoutView:
        caches, now = self._caches, self._now()
        return views.profile_view(
            caches.members.of(guild_id, person_id),
            await self._questions.record(guild_id, person_id),
            await caches.members.strikes(guild_id, person_id, caches.rules.of(guild_id), now),
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
                last = await file.fill(
                    self._audit_log.store.all_in_order(chosen=wanted.chosen(guild_id, now))
                )
                if last is None:
                    await answer(interaction, words.LOG_EMPTY)
                    return
                count, left_out = await asyncio.to_thread(file.cut, interaction.filesize_limit)
                details = {"entries": count, "last": last.number, "sha256": last.sha256, "form": form.value}
                # Before it is handed out: nobody is to have the log without that being in it.
                person_id, about = interaction.user.id, wanted.person_id or None
                exported = AuditEntry(
                    guild_id, now, AuditAction.LOG_EXPORTED, person_id, about, details=details
                )
                await self._audit_log.append(exported)
            except (StorageError, OSError) as error:
                log.warning("log_not_exported", guild=guild_id, reason=str(error))
                await answer(interaction, _unread(error))
                return
            await hand_out(interaction, file.path, words.exported(count, left_out, last.sha256))


def _language(interaction: Interaction) -> Language:
    return language_of(interaction, private=True)


def _told_of(change: WordChange, term: str) -> Message:
    match change:
        case WordChange.ADDED | WordChange.UPDATED:
            return words.term_added(term, new=change is WordChange.ADDED)
        case WordChange.FULL:
            return words.list_full(MOST_TERMS)
        case WordChange.REMOVED:
            return words.term_removed(term)
        case WordChange.NOT_THERE:
            return words.TERM_NOT_THERE


def _unread(error: StorageError | OSError) -> Message:
    return words.unreadable(error.number) if isinstance(error, UnreadableEntryError) else words.NOT_READ
