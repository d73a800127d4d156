"""Sentences of `/settings`: its pages, its choices, and the answers to choices that are refused.

Keys of the mappings are the values of the rules' own enumerations and fields (`bot.moderation.rules`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bot.texts.messages import Language, Message, counted, named, sentence

DESCRIPTION: Final = sentence("What this server allows, who approves it, and what reports and strikes do")

NOT_ALLOWED: Final = sentence("Only members with *Manage Server* can see and change these settings.")
NOT_HERE: Final = sentence("These are settings of a server that I am a member of. There are none here.")
OLD: Final = sentence("This panel is an old one, and nothing was changed. Type `/settings` again.")
CHANGED_MEANWHILE: Final = sentence(
    "Somebody switched *spicy* off in the meantime, so nothing was changed. Choose again if you still want it."
)

PAGE_NAMES: Final[Mapping[str, Message]] = {
    "spicy": named("button", "Spicy"),
    "presets": named("button", "Other presets"),
    "channel": named("button", "This channel"),
    "people": named("button", "People and channels"),
    "numbers": named("button", "Numbers"),
}
NOBODY: Final = named("button", "Nobody")
NOWHERE: Final = named("button", "Nowhere")
NOTHING_CHOSEN: Final = sentence("Nothing chosen")
ONLY_IN_CHANNELS: Final = sentence("Off, but on in some channels")

GATE_NAMES: Final[Mapping[str, Message]] = {
    "normal": sentence("Preset *normal*"),
    "fun": sentence("Preset *fun*"),
    "spicy": sentence("Preset *spicy*"),
    "custom": sentence("Preset *custom*"),
    "pictures": sentence("Reference images"),
}
PICTURES_HINT: Final = sentence("They count besides the preset: the stricter of the two decides.")

AS_SERVER: Final = "server"
"""Choice by which a channel follows the server."""
MODE_NAMES: Final[Mapping[str, Message]] = {
    "off": named("mode", "Off"),
    "approval": named("mode", "With approval"),
    "trusted": named("mode", "Trusted people"),
    "open": named("mode", "Open"),
}
MODE_HINTS: Final[Mapping[str, Message]] = {
    "off": sentence("Nobody can ask for it."),
    "approval": sentence("Every request waits for moderators."),
    "trusted": sentence("Trusted people go ahead, the others wait for moderators."),
    "open": sentence("Everybody goes ahead."),
}
REVIEW_AT_NAMES: Final[Mapping[str, Message]] = {
    "submission": sentence("Before it is made"),
    "posting": sentence("Before it is posted"),
    "both": sentence("Both times"),
}
REVIEW_AT_HINTS: Final[Mapping[str, Message]] = {
    "submission": sentence("Moderators see the words and pictures; nothing is charged before they agree."),
    "posting": sentence("Moderators see the finished video, which is charged either way."),
    "both": sentence("They see the request first, then the video."),
}

FIELD_NAMES: Final[Mapping[str, Message]] = {
    "modes": sentence("Mode"),
    "review_at": sentence("When moderators are asked"),
    "reviewer_roles": sentence("Reviewers"),
    "trusted_roles": sentence("Trusted roles"),
    "review_channel_id": sentence("Review channel"),
    "log_channel_id": sentence("Log channel"),
    "quorum": sentence("Votes that decide"),
    "review_hours": sentence("Time to decide"),
    "reports_to_hide": sentence("Reports that hide a video"),
    "grave_report_hours": sentence("Whose grave report hides at once"),
    "hidden_hours": sentence("How long a hidden video is kept"),
    "strikes_to_suspend": sentence("Strikes that suspend somebody"),
    "suspend_hours": sentence("How long they are suspended"),
    "strike_days": sentence("When a strike has faded"),
    "image_check_percent": sentence("Image check for nudity"),
    "new_member_hours": sentence("Who is a new member"),
    "new_member_pause_minutes": sentence("Pause of new members"),
    "new_member_daily": sentence("Videos of new members"),
}
FIELD_HINTS: Final[Mapping[str, Message]] = {
    "modes": sentence(
        "*Off* ends it in every channel; whoever switches it on again confirms its rules anew."
    ),
    "review_at": sentence("This counts for every preset whose requests wait for approval."),
    "reviewer_roles": sentence(
        "They decide about requests and reports, besides everybody with *Manage Messages*."
    ),
    "trusted_roles": sentence("They go ahead where the mode is *Trusted people*."),
    "review_channel_id": sentence("Where I ask moderators. Everybody who sees it sees the requests."),
    "log_channel_id": sentence("Where I write down what was decided, and by whom."),
    "quorum": sentence("So many moderators must agree, or refuse."),
    "review_hours": sentence("After that the question ends, and nothing is made or posted."),
    "reports_to_hide": sentence("A video that so many people report is hidden until moderators have looked."),
    "grave_report_hours": sentence(
        "Under age, or a real person without consent: one report hides, by members of so long."
    ),
    "hidden_hours": sentence("If no moderator brings it back by then, it is gone."),
    "strikes_to_suspend": sentence("Strikes are what moderators give; reports alone give none."),
    "suspend_hours": sentence("They cannot make videos in this server, and can appeal once."),
    "strike_days": sentence("Older strikes no longer count."),
    "image_check_percent": sentence(
        "Pictures and videos of other presets with such a score wait for moderators. "
        "It works once the bot's operator has installed it."
    ),
    "new_member_hours": sentence("So long after joining; moderators and trusted people never are."),
    "new_member_pause_minutes": sentence("So long they wait between two requests."),
    "new_member_daily": sentence("So many they can ask for on a day (UTC)."),
}

SPICY_OFF: Final = sentence("*Spicy* is **off**: nobody can make spicy videos in this server.")
SPICY_ONLY_RESTRICTED: Final = sentence(
    "It works in age-restricted channels only, whatever is chosen here; I cannot check anybody's age."
)
HERE_RESTRICTED: Final = sentence("This channel is age-restricted, as *spicy* needs it.")
HERE_NOT_RESTRICTED: Final = sentence(
    "*Spicy* needs an age-restricted channel, and this one is not: it stays off here, whatever you choose."
)
SPICY_OFF_IN_SERVER: Final = sentence("*Spicy* is off in this server; a mode here switches it on here alone.")

REVIEW_CHANNEL_PROBLEMS: Final[Mapping[str, Message]] = {
    "not_chosen": sentence(
        "Moderators need a place where I can ask them, so nothing was changed. Choose a *review channel* first; it "
        "is on the same page."
    ),
    "gone": sentence(
        "The *review channel* is gone, or I cannot see it, so nothing was changed. Choose another one; it is on "
        "the same page."
    ),
    "not_seen": sentence(
        "I cannot see the *review channel*, so nothing was changed. Give me *View Channel* there, or choose "
        "another."
    ),
    "not_writable": sentence(
        "I cannot write in the *review channel*, so nothing was changed. Give me *Send Messages* there, or choose "
        "another."
    ),
    "no_files": sentence(
        "I cannot show pictures and videos in the *review channel*, so nothing was changed. Give me *Attach Files* "
        "there, or choose another."
    ),
    "not_restricted": sentence(
        "The *review channel* is not age-restricted, and moderators are to look at *spicy* videos there, so "
        "nothing was changed. Make it age-restricted, or choose another."
    ),
}
"""Answers by the values of `bot.moderation.review_places.ReviewChannelProblem`."""

# The form that switches spicy on.

SPICY_RULES_VERSION: Final = 1
"""Stored with every confirmation. Raise it when the rules below change in meaning."""
CONFIRM_TITLE: Final = sentence("The rules of the spicy preset")
CONFIRM_LABEL: Final = sentence("This server keeps these rules")
CONFIRM_HINT: Final = sentence("It is logged that you confirmed it, for this server.")
CONFIRM_MISSING: Final = sentence("Without your confirmation *spicy* stays off. Nothing was changed.")
CONFIRM_TEXT: Final = sentence(
    "- Adults only, and in age-restricted channels only.\n"
    "- No real people without their consent to this very use.\n"
    "- Nobody who is, or looks, under age; not even drawn or made up.\n"
    "- Discord's rules and those of the video service apply to every video. What breaks them is removed, "
    "and whoever makes or allows it can lose their account or this server."
)


_SWITCHED_OFF: Final = sentence("Switched off")


def title(page: Message) -> Message:
    """Headline of a page."""
    return sentence("Settings of this server: {page}", page=page)


def spicy_on(hint: Message, person_id: int) -> Message:
    """Spicy is on in the whole server. `hint` explains its mode."""
    return sentence(
        "*Spicy* is **on**. {hint} {person} confirmed its rules.", hint=hint, person=f"<@{person_id}>"
    )


def spicy_in_channels_only(person_id: int) -> Message:
    """Spicy is on only in channels with a mode of their own."""
    return sentence(
        "*Spicy* is **off**, but on in some channels. {person} confirmed its rules.", person=f"<@{person_id}>"
    )


def own_modes(channels: str) -> Message:
    """Channels with modes of their own."""
    return sentence("Channels with modes of their own: {channels}", channels=channels)


def about_channel(channel_id: int) -> Message:
    """Subject of a channel's page."""
    return sentence(
        "What differs in {channel} and its threads from the rest of the server.", channel=f"<#{channel_id}>"
    )


def as_server(mode: Message) -> Message:
    """Choice by which a channel follows the server, whose mode is `mode`."""
    return sentence("As in the server: {mode}", mode=mode)


def now_chosen(mentions: Sequence[str], language: Language) -> str:
    """Stored choice as mentions: Discord's clients do not always show it in the select."""
    shown = " ".join(mentions) if mentions else "—"
    return sentence("Now: {chosen}", chosen=shown).in_language(language)


def amount(field: str, number: int) -> Message:
    """Number in a field, with its unit."""
    match field:
        case "image_check_percent":
            return sentence("From {percent}% on", percent=number) if number else _SWITCHED_OFF
        case "grave_report_hours" if number == 0:
            return sentence("Everybody's")
        case "new_member_hours" if number == 0:
            return sentence("Nobody")
        case _:
            return _UNITS.get(field, _span)(number)


def _span(hours: int) -> Message:
    """Format hours, from two whole days on as days."""
    days, rest = divmod(hours, 24)
    if days > 1 and rest == 0:
        return counted("{count} day", "{count} days", days)
    return counted("{count} hour", "{count} hours", hours)


_UNITS: Final[Mapping[str, Callable[[int], Message]]] = {
    "quorum": lambda number: counted("{count} vote", "{count} votes", number),
    "reports_to_hide": lambda number: counted("{count} report", "{count} reports", number),
    "strikes_to_suspend": lambda number: counted("{count} strike", "{count} strikes", number),
    "strike_days": lambda number: counted("{count} day", "{count} days", number),
    "new_member_pause_minutes": lambda number: counted("{count} minute", "{count} minutes", number),
    "new_member_daily": lambda number: counted("{count} video", "{count} videos", number),
}
"""Units of numbers; those of other fields are hours."""
