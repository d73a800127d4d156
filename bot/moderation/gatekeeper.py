"""Gatekeeper: collects the facts of a request and has the policy judge them.

Called when a request is made, before it is bought and before its video is posted. Knows no jobs: the caller
describes a stored job as `StoredRequest` (`bot/jobs/request_facts.py`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bot.moderation.members.cache import MemberCache
from bot.moderation.members.member import Member
from bot.moderation.memberships import Membership, Memberships
from bot.moderation.picture_origin import PictureOrigin, is_spicy
from bot.moderation.places import Place, place_without_server
from bot.moderation.policy import EVERYBODY, Decision, OperatorRules, Person, RequestFacts, Verdict, judge
from bot.moderation.presence import Presence
from bot.moderation.rights import is_new_member
from bot.moderation.rules import USUAL_RULES, ReviewStage, ServerRules
from bot.moderation.servers.cache import RuleCache
from bot.moderation.words.findings import WordFindings, WordVerdict
from bot.moderation.words.word_lists import WordLists
from bot.storage.database import Database
from bot.texts import refusals
from bot.texts.explanations import Explanation
from bot.texts.jobs import day
from bot.video import Preset


@dataclass(frozen=True)
class ChannelInfo:
    """A channel as it is now. For a thread, `channel_id` is its parent's id; it is None if that cannot be told."""

    place: Place
    channel_id: int | None


class ChannelLookup(Protocol):
    """Looks channels up at Discord."""

    async def describe(
        self, guild_id: int | None, channel_id: int | None, *, rules_channel_id: int | None, foreign: bool
    ) -> ChannelInfo:
        """Return the kind of a channel at this moment. One that the bot may not see is not age-restricted.

        Args:
            guild_id: Its server; None for direct messages.
            channel_id: The channel.
            rules_channel_id: The channel whose rules count, by what the event said: of a thread, its parent.
            foreign: True if the interaction said that the bot is no member there.
        """
        ...


@dataclass(frozen=True)
class StoredRequest:
    """Facts of a stored job that the rules judge. `guild_id` is the server in which it was requested."""

    preset: Preset
    prompt: str
    pictures: PictureOrigin
    person_id: int
    is_nobodys: bool
    """True if its user's data was deleted: no rule about users holds for it."""
    guild_id: int | None
    reply_guild_id: int | None
    reply_channel_id: int | None
    reply_foreign: bool
    """True if the bot was no member of the server or the chat of the reply, by what the interaction said."""
    rules_channel_id: int | None
    """The channel whose rules count for the reply: of a thread, its parent. None if that was not stored."""
    role_ids: frozenset[int]
    """The user's roles at the time of the request."""
    approved: Mapping[ReviewStage, datetime]
    """The stages at which moderators approved it, with the moments of their decisions."""
    asked_at: datetime
    bought_at: datetime | None

    @property
    def is_spicy(self) -> bool:
        """True if the rules of spicy videos hold for it."""
        return is_spicy(self.preset, self.pictures)


@dataclass(frozen=True)
class Standing:
    """Decisions of a server's moderators at a moment: its rules, and the record of one user.

    `home` are the rules of the server in which the request was made.
    """

    rules: ServerRules
    member: Member
    home: ServerRules


@dataclass(frozen=True)
class ModerationCaches:
    """Rules, records and lists in memory, so that no acknowledgement waits for the database.

    Only finds in Chinese prompts wait: for the child process that divides them into words.
    """

    rules: RuleCache
    members: MemberCache
    words: WordLists
    operator: OperatorRules
    database: Database

    def standing(self, guild_id: int | None, person_id: int, home_id: int | None) -> Standing:
        """Return what is in memory."""
        member, home = self.members.of(guild_id, person_id), self.rules.of(home_id)
        return Standing(self.rules.of(guild_id), member, home)

    async def stored_standing(self, guild_id: int | None, person_id: int, home_id: int | None) -> Standing:
        """Return what the rows say, if other processes write them; the server's list of words is theirs then, too.

        Raises:
            StorageError: They cannot be read.
        """
        if not self.database.is_shared:
            return self.standing(guild_id, person_id, home_id)
        async with self.database.read() as connection:
            rules = await self.rules.as_stored(connection, guild_id)
            member = await self.members.as_stored(connection, guild_id, person_id)
            home = rules if home_id == guild_id else await self.rules.as_stored(connection, home_id)
            words = await self.words.as_stored(connection, guild_id) if guild_id is not None else ()
        if guild_id is not None:
            await self.words.follow(guild_id, words)
        return Standing(rules, member, home)

    async def find_words(
        self,
        guild_id: int | None,
        prompt: str,
        *,
        spicy: bool,
        role_ids: frozenset[int] = frozenset(),
        channel_id: int | None = None,
        rules: ServerRules | None = None,
    ) -> WordFindings:
        """Judge a prompt by the word lists. Only moderators are told which terms matched; the user never is.

        Args:
            guild_id: The server, or None.
            prompt: The prompt.
            spicy: True if the video is to be spicy.
            role_ids: The user's roles, some of which the server may exempt from its list.
            channel_id: The channel, or its parent for a thread, which it may exempt as well.
            rules: The server's rules, if the caller has read them.
        """
        rules = rules or self.rules.of(guild_id)
        exempt = rules.exempts_from_words(role_ids, channel_id)
        return await self.words.examine(guild_id, prompt, sexual=spicy, exempt=exempt)


@dataclass(frozen=True, eq=False, repr=False)
class Gatekeeper:
    """Judges requests, each time with the facts of that moment."""

    caches: ModerationCaches
    channel_lookup: ChannelLookup
    memberships: Memberships
    now: Callable[[], datetime]

    async def decide(
        self, preset: Preset, prompt: str, person: Person, channel: ChannelInfo, pictures: PictureOrigin
    ) -> Decision:
        """Judge a new request. Needs neither the database nor Discord: it is judged again before it is bought.

        Args:
            preset: The chosen preset.
            prompt: The user's prompt.
            person: The user.
            channel: The channel in which the request was made.
            pictures: The origin of its pictures.
        """
        words = await self.caches.find_words(
            person.guild_id,
            prompt,
            spicy=is_spicy(preset, pictures),
            role_ids=person.role_ids,
            channel_id=channel.channel_id,
        )
        standing = self.caches.standing(person.guild_id, person.id, person.guild_id)
        return judge(self._facts(preset, person, channel, pictures, words=words.verdict, standing=standing))

    async def decide_again(self, request: StoredRequest) -> Decision:
        """Judge a stored request before it is bought or posted, by its channel and its user as they are now.

        What moderators say is read from the database, where other processes write it. Raises `StorageError`.
        """
        guild_id = request.reply_guild_id
        rules = (await self._standing(request)).rules
        found = await self.caches.find_words(guild_id, request.prompt, spicy=request.is_spicy, rules=rules)
        channel = await self._channel_of(request, found.verdict, rules)
        member = await self._membership(request, channel)
        standing = await self._standing(request)  # once more: Discord may have taken its time
        decision = await self._decide_for(member, request, channel, found.verdict, standing)
        if member.presence.is_told:
            return decision
        roles = standing.rules.trusted_roles | standing.rules.word_exempt_roles
        privileged = replace(member, person=replace(member.person, role_ids=roles))
        at_best = await self._decide_for(privileged, request, channel, found.verdict, standing)
        may_pass = at_best.allowed or at_best.untold
        return replace(decision, roles_untold=may_pass and at_best != decision)

    async def _decide_for(
        self,
        member: Membership,
        request: StoredRequest,
        channel: ChannelInfo,
        words: WordVerdict,
        standing: Standing,
    ) -> Decision:
        """Judge a stored request by what is known; `words` is the verdict for who is not exempt from the list."""
        guild_id = request.reply_guild_id
        if words is not WordVerdict.NONE:  # unless the server exempts the roles or the channel from its list
            roles, place = member.person.role_ids, channel.channel_id
            found = await self.caches.find_words(
                guild_id,
                request.prompt,
                spicy=request.is_spicy,
                role_ids=roles,
                channel_id=place,
                rules=standing.rules,
            )
            words = found.verdict
        facts = self._facts(
            request.preset, member.person, channel, request.pictures, words=words, standing=standing
        )
        # Moderators approved this job for their own server only.
        at_home = guild_id == request.guild_id
        approved = request.approved if at_home else dict[ReviewStage, datetime]()
        stopped_at_home = not at_home and standing.home.spicy_stopped
        admission = EVERYBODY if request.is_nobodys else facts.operator.admission
        return judge(
            replace(
                facts,
                approved=approved,
                operator=replace(facts.operator, admission=admission),
                presence=member.presence,
                asked_at=request.asked_at,
                bought_at=request.bought_at,
                stopped_at_home=stopped_at_home,
            )
        )

    async def _standing(self, request: StoredRequest) -> Standing:
        person_id, home_id = request.person_id, request.guild_id
        return await self.caches.stored_standing(request.reply_guild_id, person_id, home_id)

    async def _membership(self, request: StoredRequest, channel: ChannelInfo) -> Membership:
        """Return the user's membership in the server of the reply, with the roles of this moment."""
        guild_id, person_id = request.reply_guild_id, request.person_id
        if guild_id is not None and channel.place.has_moderators and not request.is_nobodys:
            return await self.memberships.look(guild_id, person_id)
        # Elsewhere, and of nobody, Discord does not tell. The roles of another server do not count there.
        roles = request.role_ids if guild_id == request.guild_id else frozenset[int]()
        return Membership(Presence.MEMBER, Person(person_id, guild_id, roles))

    async def _channel_of(
        self, request: StoredRequest, words: WordVerdict, rules: ServerRules
    ) -> ChannelInfo:
        """Return the channel of a reply. Discord is asked only where its answer may change the decision."""
        guild_id, channel_id = request.reply_guild_id, request.reply_channel_id
        # Whose moderators set rules is a server of the bot, though this process may not see it.
        foreign = request.reply_foreign and not (self.caches.database.is_shared and rules != USUAL_RULES)
        ruled = rules != USUAL_RULES or words is not WordVerdict.NONE or bool(request.approved)
        if request.is_spicy or ruled:
            return await self.channel_lookup.describe(
                guild_id, channel_id, rules_channel_id=request.rules_channel_id, foreign=foreign
            )
        if guild_id is None:
            return ChannelInfo(place_without_server(foreign=foreign), channel_id)
        place = Place.FOREIGN_SERVER if foreign else Place.OPEN_CHANNEL
        return ChannelInfo(place, request.rules_channel_id)

    def explain(self, verdict: Verdict, person: Person, *, continues_spicy: bool = False) -> Explanation:
        """Return the explanation of a refusal for the user.

        Args:
            verdict: The refusal.
            person: The user.
            continues_spicy: True if the video was to continue a spicy one with another preset.
        """
        if continues_spicy and verdict in refusals.OF_CONTINUATIONS:
            return refusals.OF_CONTINUATIONS[verdict]
        if verdict is Verdict.PERSON_SUSPENDED:
            until = self.caches.members.of(person.guild_id, person.id).suspended_until or self.now()
            return refusals.suspended(day(until))
        return refusals.REFUSALS[verdict]

    def limits_of_new_member(self, person: Person, joined_at: datetime | None) -> ServerRules | None:
        """Return the rules with the limits of new members if they hold for this user, else None."""
        rules = self.caches.rules.of(person.guild_id)
        status = self.caches.members.of(person.guild_id, person.id).status
        new = is_new_member(person, joined_at, rules=rules, status=status, now=self.now())
        return rules if new else None

    def allows_direct(self, request: StoredRequest) -> bool:
        """Return True if such a video may be sent in direct messages at all."""
        operator = self.caches.operator
        return not request.is_spicy or (operator.spicy_offered and operator.spicy_in_direct_messages)

    def _facts(
        self,
        preset: Preset,
        person: Person,
        channel: ChannelInfo,
        pictures: PictureOrigin,
        *,
        words: WordVerdict,
        standing: Standing,
    ) -> RequestFacts:
        unknown = channel.channel_id is None
        return RequestFacts(
            preset=preset,
            place=channel.place,
            person=person,
            now=self.now(),
            channel_id=channel.channel_id,
            pictures=pictures,
            words=words,
            operator=self.caches.operator,
            rules=standing.rules.of_unknown_channel() if unknown else standing.rules,
            status=standing.member.status,
        )
