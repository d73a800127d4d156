"""What the sandbox's request log says of the bot: bought twice, lost, or left without an end."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.sandbox.discord import Message
from tests.chaos.universe import ENDINGS, Universe

_DOUBTFUL = "can no longer see whether it reached you"
_UNKNOWN = "It is not known whether it was charged."


@dataclass
class Verdict:
    """Prompts by what went wrong with them; empty lists are an acquittal."""

    kills: int = 0
    asked: int = 0
    bought: int = 0
    delivered: int = 0
    unknown: int = 0
    aside: int = 0
    bought_twice: list[str] = field(default_factory=list[str])
    lost: list[str] = field(default_factory=list[str])
    delivered_twice: list[str] = field(default_factory=list[str])
    bought_unasked: list[str] = field(default_factory=list[str])
    unfinished_replies: list[str] = field(default_factory=list[str])
    violations: list[str] = field(default_factory=list[str])

    @property
    def innocent(self) -> bool:
        """Whether nothing went wrong."""
        return not (
            self.bought_twice
            or self.lost
            or self.delivered_twice
            or self.bought_unasked
            or self.unfinished_replies
            or self.violations
        )


def _seen(universe: Universe) -> list[Message]:
    """Every message that somebody can still see, in channels, threads and direct messages."""
    channels = universe.sandbox.discord.world.channels.values()
    return [message for channel in channels for message in channel.messages if not message.deleted]


def judge(universe: Universe) -> Verdict:
    """Compare what people see with what was bought."""
    sandbox, chronicle = universe.sandbox, universe.chronicle
    bought = Counter(made.prompt for made in sandbox.dimilinks.request_log.submissions)
    verdict = Verdict(kills=chronicle.kills, asked=chronicle.asked, bought=bought.total())
    verdict.violations = [*sandbox.discord.violations, *sandbox.dimilinks.request_log.violations]
    messages = _seen(universe)
    for prompt, asking in chronicle.messages.items():
        _judge_message(verdict, prompt, asking, bought[prompt], messages)
    for prompt, reply in chronicle.replies.items():
        about = [message.current for message in messages if prompt in message.current.text()]
        videos = sum(bool(shown.videos) for shown in about)
        unknown = any(_UNKNOWN in shown.text() for shown in about)
        # Interrupted while posting into a private reply whose token then died: told, and kept in /jobs.
        aside = any(_DOUBTFUL in shown.text() for shown in about)
        verdict.delivered += videos > 0
        verdict.unknown += unknown
        verdict.aside += aside
        if bought[prompt] > 1:
            verdict.bought_twice.append(prompt)
        if videos > 1:
            verdict.delivered_twice.append(prompt)
        if reply.acknowledged_at is None:
            if bought[prompt]:
                verdict.bought_unasked.append(prompt)
            continue
        if bought[prompt] and not videos and not unknown and not aside:
            verdict.lost.append(prompt)
        ended = any(ending in shown.text() for shown in about for ending in ENDINGS)
        # A private reply whose token died cannot be changed by anybody; its end is then told elsewhere. The
        # same holds for a reply of which nothing but its dead token was noted.
        open_still = not any(ending in reply.text for ending in ENDINGS)
        closed_for_good = reply.interaction.expiry is not None
        if not ended or (open_still and not closed_for_good):
            verdict.unfinished_replies.append(prompt)
    return verdict


def _judge_message(
    verdict: Verdict, prompt: str, asking: Message, bought: int, messages: Sequence[Message]
) -> None:
    """A video that was asked for by a message, to which the bot may have been dead."""
    said = [message for message in messages if message.author.bot and prompt in message.current.text()]
    about = [message.current for message in said]
    videos = sum(bool(shown.videos) for shown in about)
    unknown = any(_UNKNOWN in shown.text() for shown in about)
    verdict.delivered += videos > 0
    verdict.unknown += unknown
    if bought > 1:
        verdict.bought_twice.append(prompt)
    if videos > 1:
        verdict.delivered_twice.append(prompt)
    if bought and not about:
        verdict.bought_unasked.append(prompt)
    elif bought and not videos and not unknown:
        verdict.lost.append(prompt)
    answers = [message.current for message in said if message.reply_to is asking]
    if any(not any(ending in shown.text() for ending in ENDINGS) for shown in (*answers, *about)):
        verdict.unfinished_replies.append(prompt)


def report(universe: Universe, verdict: Verdict) -> str:
    """What is known of everything that went wrong."""
    lines = [
        repr(verdict),
        f"moments {dict(universe.chronicle.moments)}, states {dict(universe.chronicle.states)}",
    ]
    log = universe.log.read_text(errors="replace").splitlines()
    for prompt in {
        *verdict.bought_twice,
        *verdict.lost,
        *verdict.delivered_twice,
        *verdict.bought_unasked,
        *verdict.unfinished_replies,
    }:
        reply = universe.chronicle.replies.get(prompt)
        rows = universe.rows(prompt)
        shown = [version.render() for version in reply.versions] if reply is not None else ["a message"]
        lines += [f"== {prompt}", *map(str, rows), *shown]
        for row in rows:
            lines += [line[:400] for line in log if str(row[0]) in line]
    return "\n".join(lines)
