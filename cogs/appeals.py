"""Appeals: one message before moderators other than the one who decided, once for each suspension."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import discord
import structlog
from discord import ui
from discord.ext import commands

from bot.delivery import DiscordUnavailableError, PostRefusedError, ReplyUnreachableError
from bot.jobs import Books
from bot.moderation.audit import AuditTrail, Deed, Entry
from bot.moderation.members import Member
from bot.moderation.policy import Person, may_moderate
from bot.storage import StorageError
from bot.texts import jobs as job_words
from bot.texts import moderation as words
from bot.texts.jobs import day
from bot.texts.sentences import Language, Sentence
from cogs.review_board import DiscordBoard
from cogs.ui.acknowledgement import acknowledge, answer, open_form
from cogs.ui.appeals import PREFIX
from cogs.ui.buttons import PlainButton, row_of_plain
from cogs.ui.job_button import custom_id_of
from cogs.ui.reply import language_of, person_of
from cogs.ui.video_form import SentForm, form_id_of

log: Final = structlog.get_logger(__name__)

_PRESSED: Final = re.compile(rf"{PREFIX}(?P<guild>[0-9]{{1,20}})")
_DECIDED: Final = re.compile(
    r"sm-appealed:(?P<act>lift|keep):(?P<guild>[0-9]{1,20}):(?P<person>[0-9]{1,20}):(?P<until>[0-9]{1,20})"
)
_WORDS: Final = "words"
_WORDS_CHARS: Final = 1000

Interaction = discord.Interaction[discord.Client]
Tell = Callable[[int, str], Awaitable[None]]


class AppealsCog(commands.Cog):
    """Receives appeals and the moderators' answers to them; holds nothing between them that matters."""

    def __init__(
        self,
        client: discord.Client,
        books: Books,
        board: DiscordBoard,
        trail: AuditTrail,
        tell: Tell,
        *,
        now: Callable[[], datetime],
    ) -> None:
        """`tell` sends words to one person directly, and raises the errors of `bot.delivery`."""
        self._client = client
        self._books = books
        self._board = board
        self._trail = trail
        self._tell = tell
        self._now = now
        self._deciding = asyncio.Lock()
        self._kept: set[tuple[int, int, datetime | None]] = set()
        """Appeals that were turned down: whose card may still be seen somewhere as it was."""

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Open the form of an appeal, receive it, or receive what a moderator decided."""
        pressed = _PRESSED.fullmatch(custom_id_of(interaction))
        if pressed is not None:
            await open_form(interaction, _form(pressed["guild"], language_of(interaction, private=True)))
            return
        sent = _PRESSED.fullmatch(form_id_of(interaction))
        decided = _DECIDED.fullmatch(custom_id_of(interaction))
        if sent is None and decided is None:
            return
        if await acknowledge(interaction, private=True) is None:
            return
        try:
            if sent is not None:
                await self._receive(interaction, int(sent["guild"]))
            elif decided is not None:
                await self._decide(interaction, _Card.of(decided), lifts=decided["act"] == "lift")
        except StorageError:
            await answer(interaction, job_words.NOT_STORED)

    async def _receive(self, interaction: Interaction, guild_id: int) -> None:
        person_id, form = interaction.user.id, SentForm.of(interaction)
        said = form.text(_WORDS).strip()[:_WORDS_CHARS] if form is not None else ""
        members = self._books.members
        if not await members.appeal(guild_id, person_id, self._now()):
            await answer(interaction, words.APPEALED_BEFORE)
            return
        member = members.of(guild_id, person_id)
        reached = False
        try:
            await self._log(guild_id, Deed.APPEALED, person_id, person_id, said)
            reached = await self._board.put_words(guild_id, lambda language: _card(member, said, language))
        finally:
            if not reached:  # it can be made once, so it has to be before somebody
                await members.take_appeal_back(guild_id, person_id)
        await answer(interaction, words.APPEALED if reached else words.APPEAL_UNREACHED)

    async def _decide(self, interaction: Interaction, card: "_Card", *, lifts: bool) -> None:
        guild_id, person_id = card.guild_id, card.person_id
        decider = self._moderator(interaction, guild_id)
        async with self._deciding:
            refused = self._refused(decider, card)
            if refused is not None:
                await answer(interaction, refused)
                return
            appealed_at = self._books.members.of(guild_id, person_id).appealed_at
            if lifts:
                await self._books.members.lift(guild_id, person_id)
                await self._log(guild_id, Deed.SUSPENSION_LIFTED, decider.id, person_id, "appeal")
            decision = "lifted" if lifts else "kept"
            await self._log(guild_id, Deed.APPEAL_DECIDED, decider.id, person_id, decision)
            self._kept.add((guild_id, person_id, appealed_at))
        outcome = words.APPEAL_LIFTED if lifts else words.APPEAL_KEPT
        await answer(interaction, outcome)
        if interaction.message is not None:
            await self._board.close_words(interaction.message, guild_id, outcome)
        await self._tell_person(guild_id, person_id, lifts=lifts)

    def _refused(self, decider: Person, card: "_Card") -> Sentence | None:
        """Why somebody cannot decide about an appeal; None if they can."""
        guild_id, person_id = card.guild_id, card.person_id
        member = self._books.members.of(guild_id, person_id)
        if not may_moderate(decider, self._books.rules.of(guild_id), guild_id):
            return words.VOTE_NOT_YOURS
        if decider.id == person_id:
            return words.VOTE_OWN
        over = not member.is_suspended(self._now()) or member.appealed_at is None
        if over or _moment(member) != card.until or (guild_id, person_id, member.appealed_at) in self._kept:
            return words.VOTE_CLOSED
        return words.APPEAL_NOT_YOURS if member.suspended_by == decider.id else None

    async def _tell_person(self, guild_id: int, person_id: int, *, lifts: bool) -> None:
        guild = self._client.get_guild(guild_id)
        language = Language.of(guild.preferred_locale.value if guild is not None else None)
        told = words.YOUR_APPEAL_LIFTED if lifts else words.YOUR_APPEAL_KEPT
        try:
            await self._tell(person_id, told.in_language(language))
        except (DiscordUnavailableError, PostRefusedError, ReplyUnreachableError) as error:
            log.info("person_not_told", reason=str(error))

    def _moderator(self, interaction: Interaction, guild_id: int) -> Person:
        """Who presses, as the server knows them; in direct messages only its owner is anybody."""
        if interaction.guild_id is not None:
            return person_of(interaction)
        guild = self._client.get_guild(guild_id)
        owns = guild is not None and guild.owner_id == interaction.user.id
        return Person(interaction.user.id, guild_id if owns else None, moderates=owns, manages=owns)

    async def _log(self, guild_id: int, deed: Deed, actor_id: int, person_id: int, reason: str) -> None:
        await self._trail.append(Entry(guild_id, self._now(), deed, actor_id, person_id, None, reason))


@dataclass(frozen=True)
class _Card:
    """Which suspension a card is about: somebody may be suspended again while an old one is still seen."""

    guild_id: int
    person_id: int
    until: int

    @classmethod
    def of(cls, match: re.Match[str]) -> "_Card":
        return cls(int(match["guild"]), int(match["person"]), int(match["until"]))


def _moment(member: Member) -> int:
    """The end of a suspension as a card's buttons tell it."""
    return int(member.suspended_until.timestamp()) if member.suspended_until is not None else 0


def _form(guild_id: str, language: Language) -> ui.Modal:
    form = ui.Modal(title=words.APPEAL_TITLE.in_language(language), custom_id=f"{PREFIX}{guild_id}")
    said: ui.TextInput[ui.Modal] = ui.TextInput(
        custom_id=_WORDS, style=discord.TextStyle.paragraph, min_length=1, max_length=_WORDS_CHARS
    )
    form.add_item(ui.Label(text=words.APPEAL_WORDS.in_language(language), component=said))
    form.stop()
    return form


def _card(member: Member, said: str, language: Language) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    until = day(member.suspended_until) if member.suspended_until is not None else "—"
    texts: tuple[Sentence, ...] = (
        words.appeal_line(member.person_id, until, member.suspended_by, member.suspended_for),
    )
    view.add_item(ui.TextDisplay(f"### {words.APPEAL_HEADLINE.in_language(language)}"))
    for text in texts:
        view.add_item(ui.TextDisplay(text.in_language(language)))
    view.add_item(ui.TextDisplay(words.whole_prompt(said)))
    ids = f"{member.guild_id}:{member.person_id}:{_moment(member)}"
    view.add_item(
        row_of_plain(
            (
                PlainButton(
                    words.APPEAL_LIFT.in_language(language),
                    f"sm-appealed:lift:{ids}",
                    discord.ButtonStyle.success,
                ),
                PlainButton(
                    words.APPEAL_KEEP.in_language(language),
                    f"sm-appealed:keep:{ids}",
                    discord.ButtonStyle.danger,
                ),
            )
        )
    )
    view.stop()
    return view
