"""Sentences of `/privacy`: what is stored about a user, the export, and the deletion."""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.texts.messages import Message, counted, named, sentence

DESCRIPTIONS: Final[Mapping[str, Message]] = {
    "": sentence("What I keep about you: see it, take it with you, delete it"),
    "show": sentence("See what I keep about you, what for and for how long"),
    "export": sentence("Get everything I keep about you as a file"),
    "delete": sentence("Delete what I keep about you"),
}
"""Descriptions of the group and its commands. Discord allows 100 characters."""
NAMES: Final[tuple[Message, ...]] = (
    named("command", "privacy"),
    named("command", "show"),
    named("command", "export"),
    named("command", "delete"),
)
"""Names that users type, for `bot.texts.commands.NAMES`."""

TITLE: Final = sentence("What I keep about you")
NOTHING: Final = sentence("Nothing.")
NOT_READ: Final = sentence("I could not look that up just now. Try again in a minute.")
HOW: Final = sentence(
    "`/privacy export` gives you all of it as a file; `/privacy delete` deletes it. What is posted in channels is "
    "kept by Discord, not by me."
)
BEING_DELETED: Final = sentence(
    "You had your data deleted. What is still needed will be deleted by itself later."
)
POLICY: Final = named("button", "Privacy policy")
TERMS: Final = named("button", "Terms of use")
POLICY_SHOWN: Final = sentence("How this bot handles your data:")
TERMS_SHOWN: Final = sentence("The terms for using this bot:")
POLICY_FILE: Final = sentence("A file with the privacy policy of this bot")
TERMS_FILE: Final = sentence("A file with the terms of use of this bot")

EXPORT_FILE: Final = sentence("A file with everything that this bot keeps about you")
EXPORT_BUSY: Final = sentence("A file is being made already. Try again in a minute.")
NOT_EXPORTED: Final = sentence("I could not make the file just now. Try again in a minute.")

DELETE: Final = named("button", "Delete my data")
KEEP: Final = named("button", "Keep my data")
KEPT: Final = sentence("Nothing was deleted.")
DELETING: Final = sentence("I am deleting what I keep about you. You need not do anything.")
NOT_DELETED: Final = sentence(
    "I could not delete everything just now. I will finish it by myself; you need not do anything."
)
_ASK: Final = sentence("Delete what I keep about you? This cannot be undone.")
_GOES: Final = sentence(
    "Deleted: your prompts, pictures, kept videos, defaults, forms, reports and messages to you, and what "
    "moderators wrote about you."
)
_STAYS: Final = sentence(
    "Kept, with only your id: suspensions, blocks, strikes, and that a decision was made. What "
    "moderators are looking at now is deleted when they have decided."
)
_POSTED: Final = sentence(
    "Videos in channels stay there. Delete the ones that you do not want to leave first: "
    "afterwards I no longer know that they are yours."
)
_DELETED: Final = sentence("What I kept about you is deleted.")


def shown(
    *,
    requests: int,
    pictures: int,
    pictures_hours: int,
    videos: int,
    undelivered_days: int,
    drafts: int,
    defaults: bool,
    reports: int,
    news: int,
    records: int,
    strikes: int,
    votes: int,
    entries: int,
) -> Sequence[Message]:
    """One line for everything of which there is any: how much, what for, and for how long."""
    lines = (
        (
            requests,
            sentence(
                "{count}, with prompts and options, so that you can see and repeat them: until you delete them",
                count=counted("{count} request", "{count} requests", requests),
            ),
        ),
        (
            pictures,
            sentence(
                "{count} that you sent with requests: {hours} h after the request ended",
                count=counted("{count} picture", "{count} pictures", pictures),
                hours=pictures_hours,
            ),
        ),
        (
            videos,
            sentence(
                "{count}: undelivered ones wait {days} days for you, originals of delivered ones 24 h",
                count=counted("{count} video file", "{count} video files", videos),
                days=undelivered_days,
            ),
        ),
        (
            drafts,
            sentence(
                "{count} that you opened or sent: 24 h",
                count=counted("{count} form", "{count} forms", drafts),
            ),
        ),
        (int(defaults), sentence("Your defaults: until you reset or delete them")),
        (
            reports,
            sentence(
                "{count} of videos, which moderators decide about: until you delete them",
                count=counted("{count} report", "{count} reports", reports),
            ),
        ),
        (
            news,
            sentence(
                "{count} to you about decisions: until some weeks after you got it",
                count=counted("{count} message", "{count} messages", news),
            ),
        ),
        (
            records + strikes,
            sentence(
                "{records} of lists and suspensions and {strikes}, by which servers' moderators decide: for as "
                "long as the server has me",
                records=counted("{count} record", "{count} records", records),
                strikes=counted("{count} strike", "{count} strikes", strikes),
            ),
        ),
        (
            votes,
            sentence(
                "{count} that you cast as a moderator: for as long as the server has me",
                count=counted("{count} vote", "{count} votes", votes),
            ),
        ),
        (
            entries,
            sentence(
                "{count} of moderators' logs about what you did or what was decided about you: lasting, so that "
                "decisions can be traced; their texts can be deleted",
                count=counted("{count} entry", "{count} entries", entries),
            ),
        ),
    )
    return [line for count, line in lines if count]


def run_by(operator: str) -> Message:
    """Who runs the bot, and who else gets what a user sends."""
    return sentence(
        "This bot is run by {operator}. Prompts and pictures go to DimiLinks, which makes the videos.",
        operator=operator,
    )


def exported(records: int, files: int) -> Message:
    """The answer with the export, in one file or more."""
    there = counted(
        "Here is what I keep about you: {count} entry.",
        "Here is what I keep about you: {count} entries.",
        records,
    )
    if files == 1:
        return there
    return sentence(
        "{there} It comes in {files} parts; put them into one folder, and open the first.",
        there=there,
        files=files,
    )


def part(number: int, files: int) -> Message:
    """The line above a further part of an export."""
    return sentence("Part {number} of {files}", number=number, files=files)


def question(*, open_requests: int, bought: int, asked: int, reported: int) -> Sequence[Message]:
    """The question before everything is deleted.

    Args:
        open_requests: Number of requests in progress.
        bought: Number of those that were bought.
        asked: Number of requests about which moderators are asked.
        reported: Number of reported videos about which they are asked.
    """
    return [_ASK, _GOES, _STAYS, _POSTED, *_ending(open_requests, bought), *_undecided(asked, reported)]


def deleted(*, ended: int, bought: int, waiting: int, asked: int, reported: int) -> Sequence[Message]:
    """The result of a deletion."""
    lines = [_DELETED]
    if ended:
        lines.append(counted("{count} request was ended.", "{count} requests were ended.", ended))
    if bought:
        lines.append(
            counted(
                "{count} of them was already paid for: the operator gets no money back, and its "
                "video is thrown away.",
                "{count} of them were already paid for: the operator gets no money back, and "
                "their videos are thrown away.",
                bought,
            )
        )
    if waiting:
        lines.append(
            counted(
                "{count} thing is still needed, for moderators or because it is just ending. It goes by itself "
                "afterwards.",
                "{count} things are still needed, for moderators or because they are just ending. They go by "
                "themselves afterwards.",
                waiting,
            )
        )
    return [*lines, *_undecided(asked, reported)]


def _undecided(asked: int, reported: int) -> Sequence[Message]:
    """Write what moderators still decide about after a deletion."""
    lines: list[Message] = []
    if asked:
        lines.append(
            counted(
                "{count} request of yours stays with moderators until they decide, with what they need for that. "
                "Nothing is made or posted, but they can suspend you for it.",
                "{count} requests of yours stay with moderators until they decide, with what they need for that. "
                "Nothing is made or posted, but they can suspend you for them.",
                asked,
            )
        )
    if reported:
        lines.append(
            counted(
                "{count} reported video of yours stays with moderators until they decide, with what they need for "
                "that. It can cost you a strike.",
                "{count} reported videos of yours stay with moderators until they decide, with what they need for "
                "that. They can cost you strikes.",
                reported,
            )
        )
    return lines


def _ending(open_requests: int, bought: int) -> Sequence[Message]:
    lines: list[Message] = []
    if open_requests:
        lines.append(
            counted("{count} request in progress ends.", "{count} requests in progress end.", open_requests)
        )
    if bought:
        lines.append(
            counted(
                "{count} of them is already paid for: the operator gets no money back, and its "
                "video is thrown away.",
                "{count} of them are already paid for: the operator gets no money back, and "
                "their videos are thrown away.",
                bought,
            )
        )
    return lines
