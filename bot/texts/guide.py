"""Sentences of `/help` and `/about`, and the greeting in a server's system channel."""

from datetime import datetime
from typing import Final

from bot.texts.messages import Message, counted, named, sentence
from bot.texts.quoting import clip, escape
from bot.video import MODEL, REFERENCES_MAX, Seconds

_NAME_SHOWN_CHARS: Final = 60
_SHORTEST: Final = min(int(choice.value) for choice in Seconds)
_LONGEST: Final = max(int(choice.value) for choice in Seconds)

HELP: Final = sentence("What this bot can do and how to use it")
ABOUT: Final = sentence("Who runs this bot, its version, and what is kept about you")

HELP_TITLE: Final = sentence("What I can do")
PICTURE_WAYS: Final = sentence(
    "Or reply to a picture, mention me and say what should happen. *Apps ► Animate* in a "
    "message's menu does the same."
)
PICTURE_BY_MENU: Final = sentence("Or choose *Apps ► Animate* in the menu of a message with a picture.")
SPICY_HERE: Final = sentence("The *spicy* preset works in this channel.")
SPICY_HERE_APPROVED: Final = sentence(
    "The *spicy* preset works in this channel. Moderators look at requests before videos are made."
)
SPICY_ELSEWHERE: Final = sentence("The *spicy* preset works in this server's age-restricted channels.")
WHO_PAYS: Final = sentence("Videos cost money. The bot's operator pays for them, and you pay nothing.")
REPORTING: Final = sentence(
    "If a video does not belong here, press *Report* below it. Moderators will look at it, and I "
    "will tell you what they decide."
)
REPORTING_WITHOUT_MODERATORS: Final = sentence(
    "If something is wrong with a video, press *Report* below it. I will tell the bot's operator."
)


def making(video: str) -> Message:
    """The way to make a video, by a mention of the command."""
    return sentence(
        "{video} makes a video of {shortest} to {longest} seconds from your words and, if you like, up to "
        "{pictures} pictures.",
        video=video,
        shortest=_SHORTEST,
        longest=_LONGEST,
        pictures=REFERENCES_MAX,
    )


def own_videos(jobs: str, defaults: str) -> Message:
    """Where users find their videos and set their defaults, by mentions of the commands."""
    return sentence(
        "{jobs} shows your videos that are in progress, waiting or not delivered yet. {defaults} "
        "sets what your videos are like when you choose nothing else.",
        jobs=jobs,
        defaults=defaults,
    )


def not_here(why: Message, then: Message) -> Message:
    """The user cannot make videos here, for this reason, and what to do next."""
    return sentence("You cannot make videos here at the moment. {why} {then}", why=why, then=then)


def for_moderators(queue: str, log: str) -> Message:
    """The commands that moderators need, by their mentions."""
    return sentence(
        "For moderators: {queue} shows what waits for a decision, and {log} what was decided.",
        queue=queue,
        log=log,
    )


def for_managers(settings: str) -> Message:
    """Where a server's rules are, by a mention of the command."""
    return sentence("You manage this server: set what is allowed here in {settings}.", settings=settings)


def spicy_is_off(settings: str) -> Message:
    """The same, in a server that has not decided for the spicy preset."""
    return sentence(
        "You manage this server: set what is allowed here in {settings}. The *spicy* preset is "
        "off until you switch it on there.",
        settings=settings,
    )


def more_about(about: str) -> Message:
    """Where to read who runs the bot, by a mention of the command."""
    return sentence("{about} says who runs this bot and what is kept about you.", about=about)


def what_it_is(version: str) -> Message:
    """The program, its version and its licence."""
    return sentence(
        "Stillmotion {version}, free software under the MIT licence. The videos are made by the model {model}, "
        "through DimiLinks.",
        version=version,
        model=MODEL,
    )


OPERATOR_NOT_TOLD: Final = sentence("Discord does not tell me at the moment who runs this bot.")


def run_by(name: str) -> Message:
    """The person who runs the bot."""
    return sentence("Run by {name}.", name=escape(clip(name, _NAME_SHOWN_CHARS)))


def run_by_team(name: str) -> Message:
    """The team that runs it."""
    return sentence("Run by the team {name}.", name=escape(clip(name, _NAME_SHOWN_CHARS)))


def running_since(since: datetime, servers: int) -> Message:
    """When it started, in the reader's own time, and in how many servers it is."""
    return sentence(
        "Running since {since}, in {servers}.",
        since=f"<t:{int(since.timestamp())}:f>",
        servers=counted("{count} server", "{count} servers", servers),
    )


def what_is_kept(pictures_hours: int) -> Message:
    """Privacy in two sentences."""
    return sentence(
        "Your requests are stored here so that your videos can be made, delivered and found again; the pictures "
        "are deleted {hours} hours after a request has ended. What you write and send goes to the video service, "
        "and the operator and the moderators of the server can see it.",
        hours=pictures_hours,
    )


def privacy_by_command(privacy: str) -> Message:
    """Where users see and delete what is stored about them, by a mention of the command."""
    return sentence(
        "{privacy} shows what is stored about you; you can delete it there, too.", privacy=privacy
    )


PRIVACY_BY_OPERATOR: Final = sentence("To have what is stored about you deleted, ask the bot's operator.")
PRIVACY_POLICY: Final = named("link", "Privacy policy")
TERMS_OF_USE: Final = named("link", "Terms of use")


def greeting(video: str, help_: str) -> Message:
    """The greeting in a server that the bot joined, by mentions of the commands."""
    return sentence(
        "Hello! I make short videos from words and pictures. Type {video} and say what should happen, or {help} to "
        "see what else I can do.",
        video=video,
        help=help_,
    )


def greeting_for_managers(settings: str) -> Message:
    """The decisions of members with *Manage Server*, where the spicy preset is not offered."""
    return sentence(
        "Members with *Manage Server* decide in {settings} what is allowed here.", settings=settings
    )


def greeting_about_spicy(settings: str) -> Message:
    """The same, where it is offered."""
    return sentence(
        "Members with *Manage Server* decide in {settings} what is allowed here. The *spicy* preset stays off "
        "until they switch it on.",
        settings=settings,
    )
