"""Sentences of `/settings`: its pages, its choices, and the answers to choices that are refused.

Keys of the mappings are the values of the rules' own enumerations and fields (`bot.moderation.rules`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bot.texts.messages import Language, Message, counted, named, sentence

DESCRIPTION: Final = sentence("What this server allows, who approves it, and what reports and strikes do")

NOT_ALLOWED: Final = sentence("Only members with *Manage Server* can see and change these settings.")
NOT_HERE: Final = sentence("Only servers that have added me have these settings.")
OLD: Final = sentence("This panel is too old, and nothing was changed. Type `/settings` again.")
CHANGED_MEANWHILE: Final = sentence(
    "Someone switched *spicy* off in the meantime, so nothing was changed. Choose again if you still want it."
)

PAGE_NAMES: Final[Mapping[str, Message]] = {
    "spicy": named("button", "Spicy"),
    "presets": named("button", "Other presets"),
    "channel": named("button", "This channel"),
    "people": named("button", "People and channels"),
    "numbers": named("button", "Limits"),
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
PICTURES_HINT: Final = sentence("They apply as well as the preset's mode; the stricter one decides.")

AS_SERVER: Final = "server"
"""Choice by which a channel follows the server."""
MODE_NAMES: Final[Mapping[str, Message]] = {
    "off": named("mode", "Off"),
    "approval": named("mode", "With approval"),
    "trusted": named("mode", "Trusted people"),
    "open": named("mode", "Open"),
}
MODE_HINTS: Final[Mapping[str, Message]] = {
    "off": sentence("Nobody can use it."),
    "approval": sentence("Every request waits for moderators."),
    "trusted": sentence("Trusted people can make videos right away; others wait for moderators."),
    "open": sentence("Everyone can make videos right away."),
}
REVIEW_AT_NAMES: Final[Mapping[str, Message]] = {
    "submission": sentence("Before it is made"),
    "posting": sentence("Before it is posted"),
    "both": sentence("Before making and before posting"),
}
REVIEW_AT_HINTS: Final[Mapping[str, Message]] = {
    "submission": sentence(
        "Moderators see the words and pictures. The bot's operator pays only if they agree."
    ),
    "posting": sentence("Moderators see the finished video. The bot's operator pays for it either way."),
    "both": sentence("They look at the request first, then at the video."),
}

FIELD_NAMES: Final[Mapping[str, Message]] = {
    "modes": sentence("Mode"),
    "review_at": sentence("When moderators are asked"),
    "reviewer_roles": sentence("Reviewers"),
    "trusted_roles": sentence("Trusted roles"),
    "review_channel_id": sentence("Review channel"),
    "log_channel_id": sentence("Log channel"),
    "quorum": sentence("Votes needed to approve or deny"),
    "review_hours": sentence("Time to decide"),
    "reports_to_hide": sentence("Reports that hide a video"),
    "grave_report_hours": sentence("Who can hide a video with one grave report"),
    "hidden_hours": sentence("How long a hidden video is kept"),
    "strikes_to_suspend": sentence("Strikes until suspension"),
    "suspend_hours": sentence("How long a suspension lasts"),
    "strike_days": sentence("When a strike expires"),
    "image_check_percent": sentence("Image check for nudity"),
    "new_member_hours": sentence("Who is a new member"),
    "new_member_pause_minutes": sentence("Wait between videos of new members"),
    "new_member_daily": sentence("Videos of new members"),
}
FIELD_HINTS: Final[Mapping[str, Message]] = {
    "modes": sentence(
        "*Off* ends it in every channel. To switch it on again, someone must confirm the rules again."
    ),
    "review_at": sentence("For every preset that needs approval."),
    "reviewer_roles": sentence(
        "They decide about requests and reports, like everyone with *Manage Messages*."
    ),
    "trusted_roles": sentence("They can make videos right away in the mode *Trusted people*."),
    "review_channel_id": sentence(
        "Where I ask moderators. Everyone who sees this channel sees the requests."
    ),
    "log_channel_id": sentence("Where I write what was decided, and by whom."),
    "quorum": sentence("This many moderators must approve or deny."),
    "review_hours": sentence("After that the review ends, and no video is made or posted."),
    "reports_to_hide": sentence(
        "A video that this many people report is hidden until moderators have looked at it."
    ),
    "grave_report_hours": sentence(
        "For people under age or without consent: one report hides the video, by members of this long."
    ),
    "hidden_hours": sentence("If no moderator restores it by then, it is deleted."),
    "strikes_to_suspend": sentence("Only moderators give strikes; reports alone give none."),
    "suspend_hours": sentence("They cannot make videos in this server, and can appeal once."),
    "strike_days": sentence("Older strikes no longer count."),
    "image_check_percent": sentence(
        "Pictures and videos of other presets with such a score wait for moderators. This needs "
        "an image check, which the bot's operator installs."
    ),
    "new_member_hours": sentence(
        "Anyone who joined less than this long ago; moderators and trusted people never are."
    ),
    "new_member_pause_minutes": sentence("They must wait this long between two requests."),
    "new_member_daily": sentence("They can ask for this many a day (UTC)."),
}

SPICY_OFF: Final = sentence("*Spicy* is **off**: nobody can make spicy videos in this server.")
SPICY_ONLY_RESTRICTED: Final = sentence(
    "It only works in age-restricted channels, whatever you choose here. I cannot check anyone's age."
)
HERE_RESTRICTED: Final = sentence("This channel is age-restricted, as *spicy* requires.")
HERE_NOT_RESTRICTED: Final = sentence(
    "*Spicy* needs an age-restricted channel. This one is not, so it stays off here whatever you choose."
)
SPICY_OFF_IN_SERVER: Final = sentence(
    "*Spicy* is off in this server. Choosing a mode here switches it on in this channel only."
)

REVIEW_CHANNEL_PROBLEMS: Final[Mapping[str, Message]] = {
    "not_chosen": sentence(
        "I need a place to ask moderators, so nothing was changed. Choose a *review channel* "
        "first; it is on the same page."
    ),
    "gone": sentence(
        "I cannot find or see the *review channel*, so nothing was changed. Choose another "
        "channel; it is on the same page."
    ),
    "not_seen": sentence(
        "I cannot see the *review channel*, so nothing was changed. Give me *View Channel* "
        "there, or choose another channel."
    ),
    "not_writable": sentence(
        "I cannot write in the *review channel*, so nothing was changed. Give me *Send Messages* "
        "there, or choose another channel."
    ),
    "no_files": sentence(
        "I cannot show pictures and videos in the *review channel*, so nothing was changed. Give "
        "me *Attach Files* there, or choose another channel."
    ),
    "not_restricted": sentence(
        "Moderators are to watch *spicy* videos in the *review channel*, which is not "
        "age-restricted, so nothing was changed. Make it age-restricted, or choose another "
        "channel."
    ),
}
"""Answers by the values of `bot.moderation.review_places.ReviewChannelProblem`."""

# The form that switches spicy on.

SPICY_RULES_VERSION: Final = 1
"""Stored with every confirmation. Raise it when the rules below change in meaning."""
CONFIRM_TITLE: Final = sentence("The rules of the spicy preset")
CONFIRM_LABEL: Final = sentence("This server follows these rules")
CONFIRM_HINT: Final = sentence("Your confirmation is logged for this server.")
CONFIRM_MISSING: Final = sentence("*Spicy* stays off, because you did not confirm. Nothing was changed.")
CONFIRM_TEXT: Final = sentence(
    "- Adults only, and only in age-restricted channels.\n- No real people, unless they agreed to "
    "exactly this.\n- Nobody who is under age or looks it, not even drawn or made up.\n- Discord's "
    "rules and the video service's rules apply to every video. Videos that break them are "
    "removed, and people who make or allow them can lose their account or this server."
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
    return sentence("Channels with their own mode: {channels}", channels=channels)


def about_channel(channel_id: int) -> Message:
    """Subject of a channel's page."""
    return sentence(
        "Settings of {channel} and its threads that differ from the rest of the server.",
        channel=f"<#{channel_id}>",
    )


def as_server(mode: Message) -> Message:
    """Choice by which a channel follows the server, whose mode is `mode`."""
    return sentence("Same as the server: {mode}", mode=mode)


def now_chosen(mentions: Sequence[str], language: Language) -> str:
    """Stored choice as mentions: Discord's clients do not always show it in the select."""
    shown = " ".join(mentions) if mentions else "—"
    return sentence("Now: {chosen}", chosen=shown).in_language(language)


def amount(field: str, number: int) -> Message:
    """Number in a field, with its unit."""
    match field:
        case "image_check_percent":
            return sentence("From {percent}% up", percent=number) if number else _SWITCHED_OFF
        case "grave_report_hours" if number == 0:
            return sentence("Everyone's")
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
