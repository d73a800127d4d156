"""What the sandbox's books say of the bot: bought twice, lost, or left without an end."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.sandbox.discord import Message
from bot.sandbox.sandbox import Sandbox
from tests.chaos.asking import RunRecord

ENDINGS = ("Here is your video", "No video this time", "Cancelled", "Your video is ready")
_ASIDE = (
    "cannot tell whether it reached you",
    "Something went wrong on my side after the video was ordered",
)
"""Of a video that waits in /jobs: interrupted while it was posted, or posted at two deaths of the bot."""
_BEING_STORED = "Saving your request is taking longer"
_NOT_STORED = "I could not save your request"
_UNKNOWN = "The operator may have paid for it; I cannot tell."


@dataclass
class Findings:
    """Prompts by what went wrong with them; with all lists empty, nothing did."""

    kills: int = 0
    asked: int = 0
    bought: int = 0
    delivered: int = 0
    unknown: int = 0
    aside: int = 0
    never_stored: int = 0
    bought_twice: list[str] = field(default_factory=list[str])
    lost: list[str] = field(default_factory=list[str])
    delivered_twice: list[str] = field(default_factory=list[str])
    bought_unasked: list[str] = field(default_factory=list[str])
    unfinished_replies: list[str] = field(default_factory=list[str])
    unexplained: list[str] = field(default_factory=list[str])
    """Of unknown outcome, without the raw answer."""
    violations: list[str] = field(default_factory=list[str])

    @property
    def clean(self) -> bool:
        """True if nothing went wrong."""
        return not (
            self.bought_twice
            or self.lost
            or self.delivered_twice
            or self.bought_unasked
            or self.unfinished_replies
            or self.unexplained
            or self.violations
        )


class FinishedRun(Protocol):
    """A run that is over, with what can be known of it from outside the bot."""

    @property
    def sandbox(self) -> Sandbox: ...

    @property
    def record(self) -> RunRecord: ...

    def log_lines(self) -> list[str]:
        """Everything that every process logged."""
        ...

    def unexplained(self) -> list[str]:
        """The prompts of jobs of unknown outcome without anything for the operator to go by."""
        ...

    def rows(self, prompt: str) -> list[dict[str, Any]]:
        """The job's row."""
        ...


def _seen(chaos_run: FinishedRun) -> list[Message]:
    """Every message that is still visible, in channels, threads and direct messages."""
    channels = chaos_run.sandbox.discord.world.channels.values()
    return [message for channel in channels for message in channel.messages if not message.deleted]


def _about(chaos_run: FinishedRun, prompt: str, messages: Sequence[Message]) -> list[Message]:
    """The messages about a request; some ends are told to all without its prompt, and say the job's number.

    What the operator is told names the job too, in other words; it is no answer to whoever asked.
    """
    named = {prompt, *(f"Number: `{row['id']}`" for row in chaos_run.rows(prompt))}
    return [
        message
        for message in messages
        if any(name in version.text() for version in message.versions for name in named)
    ]


def compare(chaos_run: FinishedRun) -> Findings:
    """Compare what users see with what was bought."""
    sandbox, record = chaos_run.sandbox, chaos_run.record
    bought = Counter(made.prompt for made in sandbox.dimilinks.request_log.submissions)
    findings = Findings(kills=record.kills, asked=record.asked, bought=bought.total())
    findings.unexplained = chaos_run.unexplained()
    findings.violations = [*sandbox.discord.violations, *sandbox.dimilinks.request_log.violations]
    messages = _seen(chaos_run)
    for prompt, asking in record.messages.items():
        _compare_message(findings, prompt, asking, bought[prompt], _about(chaos_run, prompt, messages))
    for prompt, reply in record.replies.items():
        about = [message.current for message in _about(chaos_run, prompt, messages)]
        videos = sum(bool(shown.videos) for shown in about)
        unknown = any(_UNKNOWN in shown.text() for shown in about)
        aside = any(words in shown.text() for shown in about for words in _ASIDE)
        findings.delivered += videos > 0
        findings.unknown += unknown
        findings.aside += aside
        if bought[prompt] > 1:
            findings.bought_twice.append(prompt)
        if videos > 1:
            findings.delivered_twice.append(prompt)
        if reply.acknowledged_at is None:
            if bought[prompt]:
                findings.bought_unasked.append(prompt)
            continue
        if bought[prompt] and not videos and not unknown and not aside:
            findings.lost.append(prompt)
        unstored = any(words in reply.text for words in (_BEING_STORED, _NOT_STORED))
        if unstored and not bought[prompt] and not chaos_run.rows(prompt):
            # Acknowledged by a process that was killed before the request was stored, or to which the database
            # was away; the words say so.
            findings.never_stored += 1
            continue
        ended = any(ending in shown.text() for shown in about for ending in ENDINGS)
        # A private reply whose token died cannot be changed by anybody; its end is then told elsewhere. The
        # same holds for a reply of which nothing but its dead token was noted.
        open_still = not any(ending in reply.text for ending in ENDINGS)
        closed_for_good = reply.interaction.expiry is not None
        if not ended or (open_still and not closed_for_good):
            findings.unfinished_replies.append(prompt)
    return findings


def _compare_message(
    findings: Findings, prompt: str, asking: Message, bought: int, about_it: Sequence[Message]
) -> None:
    """A video that was asked for by a message, to which the bot may have been dead."""
    said = [message for message in about_it if message.author.bot]
    about = [message.current for message in said]
    videos = sum(bool(shown.videos) for shown in about)
    unknown = any(_UNKNOWN in shown.text() for shown in about)
    aside = any(words in shown.text() for shown in about for words in _ASIDE)
    findings.delivered += videos > 0
    findings.unknown += unknown
    findings.aside += aside
    if bought > 1:
        findings.bought_twice.append(prompt)
    if videos > 1:
        findings.delivered_twice.append(prompt)
    if bought and not about:
        findings.bought_unasked.append(prompt)
    elif bought and not videos and not unknown and not aside:
        findings.lost.append(prompt)
    answers = [message.current for message in said if message.reply_to is asking]
    if any(not any(ending in shown.text() for ending in ENDINGS) for shown in (*answers, *about)):
        findings.unfinished_replies.append(prompt)


def report(chaos_run: FinishedRun, findings: Findings) -> str:
    """What is known of everything that went wrong."""
    lines = [
        repr(findings),
        f"kill points {dict(chaos_run.record.kill_points)}, states {dict(chaos_run.record.states)}",
    ]
    log = chaos_run.log_lines()
    for prompt in {
        *findings.bought_twice,
        *findings.lost,
        *findings.delivered_twice,
        *findings.bought_unasked,
        *findings.unfinished_replies,
        *findings.unexplained,
    }:
        reply = chaos_run.record.replies.get(prompt)
        rows = chaos_run.rows(prompt)
        shown = [version.render() for version in reply.versions] if reply is not None else []
        about = [
            f"-- message {message.id}: {version.render()}"
            for message in _about(chaos_run, prompt, _seen(chaos_run))
            for version in message.versions
        ]
        lines += [f"== {prompt}", *map(str, rows), *shown, *about]
        for row in rows:
            lines += [line[:400] for line in log if row["id"] in line]
    return "\n".join(lines)
