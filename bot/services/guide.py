"""Composes `/help`, `/about` and the greeting, by what a user may do and where."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot import __version__
from bot.moderation.gatekeeper import ChannelInfo, Gatekeeper
from bot.moderation.picture_origin import PictureOrigin
from bot.moderation.places import Place
from bot.moderation.policy import Decision, Person, Verdict
from bot.moderation.rights import may_configure, may_moderate
from bot.moderation.rules import Gate, Mode
from bot.texts import guide as words
from bot.texts.messages import Message
from bot.video import Preset

CommandMention = Callable[[str], str | None]
"""Returns how a message names a command, such as `spicy queue`, so that it can be picked; None if there is none."""


@dataclass(frozen=True)
class OperatorFacts:
    """Facts about the application at Discord: who runs it, and the addresses of its documents."""

    name: str
    is_team: bool
    privacy_policy_url: str | None = None
    terms_url: str | None = None
    servers: int = 0
    """Number of servers that the bot is in, as Discord counts them roughly."""


class Guide:
    """Composes the sentences. Needs neither the database nor Discord."""

    def __init__(self, gatekeeper: Gatekeeper, *, started_at: datetime, keep_pictures_hours: int) -> None:
        self._gatekeeper = gatekeeper
        self._started_at = started_at
        self._keep_pictures_hours = keep_pictures_hours

    async def help(
        self, person: Person, channel: ChannelInfo, mention: CommandMention, *, hears: bool
    ) -> tuple[Message, ...]:
        """Return what a user can do in a channel, one sentence or two in each message.

        Args:
            person: The user.
            channel: The channel.
            mention: Names commands.
            hears: True if Discord tells the bot of messages there.
        """
        name = _naming(mention)
        ordinary = await self._decide(Preset.NORMAL, person, channel)
        refused = not ordinary.allowed and ordinary.verdict is not Verdict.GATE_OFF
        why = self._gatekeeper.explain(ordinary.verdict, person) if refused else None
        told: list[Message | None] = [
            words.not_here(why.what, why.then) if why is not None else None,
            words.making(name("video")),
            words.PICTURE_WAYS if hears else words.PICTURE_BY_MENU,
            words.own_videos(name("jobs"), name("defaults")),
            None if refused else await self._about_spicy(person, channel),
            words.WHO_PAYS,
            _reporting(channel.place),
            *self._for_moderators(person, name),
            words.more_about(name("about")),
        ]
        return tuple(one for one in told if one is not None)

    def about(
        self, operator: OperatorFacts | None, servers: int, mention: CommandMention
    ) -> tuple[Message, ...]:
        """Return what the bot is and who runs it.

        Args:
            operator: The operator; None if Discord did not tell.
            servers: Number of servers that the bot is in.
            mention: Names commands.
        """
        if operator is None:
            run_by = words.OPERATOR_NOT_TOLD
        else:
            run_by = words.run_by_team(operator.name) if operator.is_team else words.run_by(operator.name)
        privacy = mention("privacy")
        return (
            words.what_it_is(__version__),
            run_by,
            words.running_since(self._started_at, servers),
            words.what_is_kept(self._keep_pictures_hours),
            words.privacy_by_command(privacy) if privacy is not None else words.PRIVACY_BY_OPERATOR,
        )

    def greeting(self, guild_id: int, mention: CommandMention) -> tuple[Message, ...]:
        """Return what to say in a server that the bot has joined."""
        name = _naming(mention)
        offered = self._offers_spicy(guild_id)
        return (
            words.greeting(name("video"), name("help")),
            (words.greeting_about_spicy if offered else words.greeting_for_managers)(name("settings")),
        )

    async def _about_spicy(self, person: Person, channel: ChannelInfo) -> Message | None:
        """Return where the preset works, or None where nothing is to be said of it."""
        decision = await self._decide(Preset.SPICY, person, channel)
        if decision.allowed:
            return words.SPICY_HERE_APPROVED if decision.stages else words.SPICY_HERE
        needs_another = decision.verdict is Verdict.NEEDS_AGE_RESTRICTED_CHANNEL
        return words.SPICY_ELSEWHERE if needs_another else None

    def _for_moderators(self, person: Person, name: Callable[[str], str]) -> tuple[Message, ...]:
        guild_id = person.guild_id
        if guild_id is None:
            return ()
        rules = self._gatekeeper.caches.rules.of(guild_id)
        told: list[Message] = []
        if may_moderate(person, rules, guild_id):
            told.append(words.for_moderators(name("spicy queue"), name("spicy log")))
        if may_configure(person, guild_id):
            undecided = rules.mode(Gate.SPICY, None) is Mode.OFF and self._offers_spicy(guild_id)
            told.append((words.spicy_is_off if undecided else words.for_managers)(name("settings")))
        return tuple(told)

    def _offers_spicy(self, guild_id: int) -> bool:
        operator = self._gatekeeper.caches.operator
        return operator.spicy_offered and guild_id not in operator.spicy_blocked_servers

    async def _decide(self, preset: Preset, person: Person, channel: ChannelInfo) -> Decision:
        return await self._gatekeeper.decide(preset, "", person, channel, PictureOrigin.NONE)


def _reporting(place: Place) -> Message | None:
    """Return how videos are reported; None outside servers, where they have no such button."""
    match place:
        case Place.OPEN_CHANNEL | Place.AGE_RESTRICTED_CHANNEL | Place.UNSEEN_SERVER:
            return words.REPORTING
        case Place.FOREIGN_SERVER:
            return words.REPORTING_WITHOUT_MODERATORS
        case Place.DIRECT_MESSAGE | Place.PRIVATE_CHANNEL:
            return None


def _naming(mention: CommandMention) -> Callable[[str], str]:
    return lambda command: mention(command) or f"`/{command}`"
