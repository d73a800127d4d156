"""The facts of a request, gathered for the rules: when it is made, when it is bought, when it is posted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from bot.jobs.intake import Ask
from bot.jobs.job import Job
from bot.jobs.picture_origin import origin_of, origin_of_job
from bot.moderation.members import MemberBook
from bot.moderation.policy import (
    Decision,
    OperatorRules,
    Person,
    PictureOrigin,
    Place,
    RequestFacts,
    Verdict,
    judge,
)
from bot.moderation.rules import USUAL_RULES, ReviewStage
from bot.moderation.servers import RuleBook
from bot.moderation.words import WordBook, WordVerdict
from bot.texts import explanations, moderation
from bot.texts.explanations import Explanation
from bot.texts.jobs import day
from bot.video import Preset


@dataclass(frozen=True)
class Seen:
    """A channel as it is now. `channel_id` is a thread's parent."""

    place: Place
    channel_id: int | None


class Surroundings(Protocol):
    """What the jobs can learn of Discord besides their own replies."""

    async def look(self, guild_id: int | None, channel_id: int | None) -> Seen:
        """What kind of place a channel is at this moment; what cannot be told is not restricted."""
        ...


@dataclass(frozen=True)
class Books:
    """What moderators and the operator decided, at hand."""

    rules: RuleBook
    members: MemberBook
    words: WordBook
    operator: OperatorRules

    def listed_in(self, guild_id: int | None, prompt: str) -> list[str]:
        """The listed words in a prompt, for those who moderate; a person is never told which one matched."""
        return [term.text for term in self.words.matched(guild_id, prompt)]


_REFUSALS: Final[Mapping[Verdict, Explanation]] = {
    Verdict.NOT_AMONG_ALLOWED: explanations.NOT_AMONG_ALLOWED,
    Verdict.SEXUALISES_MINORS: moderation.RULE_MATCHED,
    Verdict.WORDS_BLOCKED: moderation.RULE_MATCHED,
    Verdict.PERSON_BLOCKED: moderation.PERSON_BLOCKED,
    Verdict.GATE_OFF: moderation.GATE_OFF,
    Verdict.PICTURES_OFF: moderation.PICTURES_OFF,
    Verdict.SPICY_NOT_OFFERED: moderation.SPICY_NOT_OFFERED,
    Verdict.SPICY_NOT_IN_THIS_SERVER: moderation.SPICY_NOT_IN_THIS_SERVER,
    Verdict.SPICY_OFF: moderation.SPICY_OFF,
    Verdict.SPICY_FROM_PICTURES: moderation.SPICY_FROM_PICTURES,
    Verdict.NEEDS_AGE_RESTRICTED_CHANNEL: explanations.SPICY_NEEDS_AGE_GATE,
    Verdict.NOT_IN_DIRECT_MESSAGES: explanations.SPICY_NOT_IN_DIRECT_MESSAGES,
    Verdict.NOT_IN_FOREIGN_SERVERS: explanations.SPICY_NOT_IN_FOREIGN_SERVERS,
}


class Gatekeeper:
    """Asks the rules, each time with the facts of that moment."""

    def __init__(self, books: Books, surroundings: Surroundings, now: Callable[[], datetime]) -> None:
        self.books = books
        self._surroundings = surroundings
        self._now = now

    def of_ask(self, ask: Ask, preset: Preset) -> Decision:
        """Whether a request may be made; needs no I/O."""
        return judge(
            self._facts(
                preset,
                ask.wish.prompt,
                ask.person,
                Seen(ask.place, ask.channel_id),
                origin_of(ask.wish.picture_count, (*ask.pictures, *(ask.kept or ()))),
            )
        )

    async def of_job(self, job: Job) -> Decision:
        """Whether a request may be bought, or its video be posted, where its reply is, as that place is now."""
        guild_id = job.reply.guild_id
        seen = await self._seen(job)
        # Roles of another server mean nothing here.
        roles = job.role_ids if guild_id == job.guild_id else frozenset[int]()
        facts = self._facts(
            job.request.preset,
            job.request.prompt,
            Person(job.reply.person_id, guild_id, roles),
            seen,
            origin_of_job(job),
        )
        # What moderators said yes to is this very job, in their server: another prompt is another job.
        approved = job.approved if guild_id == job.guild_id else frozenset[ReviewStage]()
        return judge(replace(facts, approved=approved))

    async def _seen(self, job: Job) -> Seen:
        """The place of a reply. Discord is only asked where the answer may change anything."""
        guild_id, channel_id = job.reply.guild_id, job.reply.channel_id
        rules = self.books.rules.of(guild_id)
        words = self.books.words.judge(guild_id, job.request.prompt, sexual=False)
        if job.request.preset is Preset.SPICY or rules != USUAL_RULES or words is not WordVerdict.NONE:
            return await self._surroundings.look(guild_id, channel_id)
        return Seen(Place.OPEN_CHANNEL if guild_id is not None else Place.DIRECT_MESSAGE, channel_id)

    def explain(self, verdict: Verdict, person: Person) -> Explanation:
        """What the person is told of a refusal."""
        if verdict is Verdict.PERSON_SUSPENDED:
            until = self.books.members.of(person.guild_id, person.id).suspended_until or self._now()
            return moderation.suspended(day(until))
        return _REFUSALS[verdict]

    def allows_direct(self, preset: Preset) -> bool:
        """Whether videos of a preset may be sent in direct messages at all."""
        operator = self.books.operator
        return preset is not Preset.SPICY or (operator.spicy_offered and operator.spicy_in_direct_messages)

    def _facts(
        self,
        preset: Preset,
        prompt: str,
        person: Person,
        seen: Seen,
        pictures: PictureOrigin,
    ) -> RequestFacts:
        books = self.books
        return RequestFacts(
            preset=preset,
            place=seen.place,
            person=person,
            now=self._now(),
            channel_id=seen.channel_id,
            pictures=pictures,
            words=books.words.judge(person.guild_id, prompt, sexual=preset is Preset.SPICY),
            operator=books.operator,
            rules=books.rules.of(person.guild_id),
            standing=books.members.of(person.guild_id, person.id).standing,
        )
