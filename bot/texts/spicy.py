"""Sentences of `/spicy`, in which moderators see and change their server's records."""

from collections.abc import Mapping
from typing import Final

from bot.texts import word_lists
from bot.texts.messages import Message, counted, named, sentence
from bot.texts.quoting import quote_prompt

REASON_SHOWN_CHARS: Final = 80
PROMPT_SHOWN_CHARS: Final = 120


DESCRIPTIONS: Final[Mapping[str, Message]] = {
    "": sentence("For moderators: what waits for a decision, the log, people and words"),
    "queue": sentence("What waits for this server's moderators to decide, oldest first"),
    "log": sentence("Who did what, to whom and why"),
    "log person": sentence("Only entries about this person"),
    "log action": sentence("Only entries of this kind"),
    "log days": sentence("Only the last days, this many"),
    "log export": sentence("Get everything as a file instead"),
    "trust": sentence("Put someone on one of this server's lists, or take them off"),
    "trust listed": sentence(
        "Trusted people skip approval where the rules say so; blocked people cannot make videos"
    ),
    "trust person": sentence("The person to put on a list"),
    "suspend person": sentence("The person to suspend"),
    "user person": sentence("The person to look up"),
    "suspend": sentence("Suspend someone from making videos, or lift it"),
    "suspend hours": sentence("How many hours; 0 lifts the suspension"),
    "suspend reason": sentence("Why; the person reads it, and it is logged"),
    "user": sentence("What is kept about someone in this server"),
    "stop": sentence("Stop the spicy preset here at once; waiting requests are held"),
    "resume": sentence("Let people use the spicy preset again"),
    "purge": sentence("Remove what someone posted with the bot here in the last day"),
    "purge person": sentence("The person whose videos to remove"),
    **word_lists.DESCRIPTIONS,
}
"""Descriptions of the group, its commands and their options. Discord allows 100 characters."""

GROUP_NAMES: Final[Mapping[str, Message]] = {
    "decisions": sentence("Decisions about requests"),
    "settings": sentence("Settings and exports"),
    "strikes": sentence("Strikes, suspensions and lists"),
    "reports": sentence("Reports and hidden videos"),
    "words": sentence("Word list"),
}
"""Names by the values of `bot.moderation.audit.entries.ActionGroup`."""
EXPORT_NAMES: Final[Mapping[str, Message]] = {
    "csv": sentence("CSV, for spreadsheets"),
    "json": sentence("JSON lines, for programs; it can be verified"),
}
"""Names by the values of `bot.moderation.audit.export.ExportFormat`."""
LIST_NAMES: Final[Mapping[str, Message]] = {
    "trusted": sentence("Trusted"),
    "blocked": sentence("Blocked"),
    "neither": sentence("On neither list"),
}
"""Names by the values of `bot.moderation.members.member.ListStatus`, and for none of them."""
NAMES: Final[tuple[Message, ...]] = (
    named("command", "spicy"),
    named("command", "queue"),
    named("command", "log"),
    named("command", "trust"),
    named("command", "suspend"),
    named("command", "user"),
    named("command", "stop"),
    named("command", "resume"),
    named("command", "purge"),
    named("option", "person"),
    named("option", "action"),
    named("option", "days"),
    named("option", "export"),
    named("option", "list"),
    named("option", "hours"),
    named("option", "reason"),
    *word_lists.NAMES,
)
"""Names that users type, for `bot.texts.commands.NAMES`."""

SHOWN: Final[tuple[Message, ...]] = (
    *DESCRIPTIONS.values(),
    *GROUP_NAMES.values(),
    *EXPORT_NAMES.values(),
    *LIST_NAMES.values(),
    *word_lists.WORD_ACTION_NAMES.values(),
    *word_lists.EFFECT_NAMES.values(),
)
"""Descriptions and names of choices, for `bot.texts.commands.BY_ENGLISH`."""

MODERATORS_ONLY: Final = sentence(
    "Only this server's moderators can do that: members with *Manage Messages* in the whole "
    "server or a reviewer role, and those whom the *Integrations* page lets use `/spicy`."
)
NOT_YOURSELF: Final = sentence("You cannot decide about yourself. Ask another moderator.")
UNCHANGED: Final = sentence("Nothing changed, because it was already so.")
NOT_READ: Final = sentence("I could not look that up just now. Try again in a minute.")
NEXT: Final = named("button", "Next")
BACK: Final = named("button", "Back")
NEWEST: Final = named("button", "Newest")
OLDER: Final = named("button", "Older")

STOPPED_NOW: Final = sentence(
    "*Spicy* is stopped: no spicy video is made or posted, and requests can only be denied. End "
    "the stop with `/spicy resume`."
)
RESUMED: Final = sentence(
    "*Spicy* works again. Requests from before the stop wait for a decision in `/spicy queue`."
)
QUEUE_TITLE: Final = sentence("Waiting for moderators")
QUEUE_EMPTY: Final = sentence("Nothing waits for a decision.")
CARD: Final = sentence("Open the review")
THE_VIDEO: Final = sentence("the message")
NO_CARD: Final = sentence("shown nowhere yet")
REQUEST_GONE: Final = sentence("I no longer have this request.")

LOG_TITLE: Final = sentence("Log")
LOG_EMPTY: Final = sentence("There are no such entries.")
THE_BOT: Final = sentence("the bot")

LISTED: Final[Mapping[str, Message]] = {
    "trusted": sentence("They are trusted here now."),
    "blocked": sentence("They are blocked now and cannot make videos here."),
    "neither": sentence("They are on neither list now."),
}
LIFTED: Final = sentence("The suspension is lifted: they can make videos here again.")
REPORTS_MUTED: Final = sentence("Their reports do not count.")
REPORTS_COUNT: Final = sentence("Their reports count.")
MUTE: Final = named("button", "Mute their reports")
UNMUTE: Final = named("button", "Let their reports count")
STRIKES_TITLE: Final = sentence("Active strikes")
USER_TITLE: Final = sentence("What is kept about this person here")
NONE: Final = sentence("There are none.")


def stopped(held: int) -> Message:
    """Answer to the moderator who stopped the spicy preset."""
    waiting = counted("{count} waiting request is held.", "{count} waiting requests are held.", held)
    return sentence(
        "*Spicy* is stopped here: no spicy video is made or posted until `/spicy resume`. {waiting}",
        waiting=waiting,
    )


def purged(person_id: int, chosen: int, removed: int) -> Message:
    """Answer to the moderator who had a user's videos removed."""
    if not chosen:
        return sentence("{person} has no videos from the last day to remove here.", person=f"<@{person_id}>")
    done = counted("{count} video is removed.", "{count} videos are removed.", removed)
    told = sentence("{person}: {done}", person=f"<@{person_id}>", done=done)
    if chosen == removed:
        return told
    more = counted(
        "{count} more will be removed as soon as Discord allows it.",
        "{count} more will be removed as soon as Discord allows it.",
        chosen - removed,
    )
    return sentence("{told} {more}", told=told, more=more)


def votes(approvals: int, denials: int, quorum: int) -> Message:
    """Current votes on a question."""
    needed = counted("{count} vote decides", "{count} votes decide", quorum)
    return sentence("Yes: {yes} · no: {no} · {needed}", yes=approvals, no=denials, needed=needed)


def ends(moment: str) -> Message:
    """Moment at which a question expires."""
    return sentence("ends {moment}", moment=moment)


def about(person_id: int) -> Message:
    """User whom an entry concerns."""
    return sentence("about {person}", person=f"<@{person_id}>")


def unreadable(number: int) -> Message:
    """An entry of the log was changed and cannot be read."""
    return sentence(
        "Entry {number} of the log cannot be read, because somebody changed it. Tell the bot's operator.",
        number=number,
    )


def exported(entries: int, left_out: int, digest: str) -> Message:
    """Message with an exported file. Its digest later proves that the log is unchanged."""
    told = counted("{count} entry, in the attached file.", "{count} entries, in the attached file.", entries)
    if left_out:
        more = counted(
            "{count} older entry did not fit; choose fewer days or a person.",
            "{count} older entries did not fit; choose fewer days or a person.",
            left_out,
        )
        told = sentence("{told} {more}", told=told, more=more)
    last = sentence("Digest of the last one: {digest}", digest=f"`{digest}`")
    return sentence("{told}\n-# {last}", told=told, last=last)


def suspended(person_id: int, until: str) -> Message:
    """Answer to the moderator who suspended."""
    return sentence("{person} is suspended until {until}.", person=f"<@{person_id}>", until=until)


def suspended_for_longer(suspension: Message) -> Message:
    """Answer to the moderator whose suspension is shorter than the one in force."""
    return sentence(
        "{suspension}. A shorter suspension does not replace it, so nothing changed. To end it "
        "first, use 0 hours.",
        suspension=suspension,
    )


def suspension(until: str, by: int | None, reason: str) -> Message:
    """Suspension in force, as moderators read it."""
    told = sentence("Suspended until {until}, by {who}", until=until, who=f"<@{by}>" if by else THE_BOT)
    return (
        sentence("{told}: “{reason}”", told=told, reason=quote_prompt(reason, REASON_SHOWN_CHARS))
        if reason.strip()
        else told
    )


def and_more(count: int) -> Message:
    """Number of lines that a list leaves out."""
    return counted("and {count} more", "and {count} more", count)
