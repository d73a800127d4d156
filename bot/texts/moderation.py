"""Sentences about rules, approvals, reports and suspensions, for users and moderators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.texts.messages import Message, counted, named, sentence
from bot.texts.quoting import PROMPT_SHOWN_CHARS, fit, split_links
from bot.texts.refusals import with_reason

_PROMPT_BLOCK_UNITS: Final = 2600

# Approvals.

REVIEW_LABELS: Final[Mapping[str, Message]] = {
    "yes": named("button", "Approve"),
    "no": named("button", "Deny…"),
    "yestrust": named("button", "Approve and trust"),
    "nosuspend": named("button", "Deny and suspend…"),
    "back": named("button", "Withdraw my vote"),
    "view": named("button", "View"),
    "restore": named("button", "Restore"),
    "remove": named("button", "Remove…"),
    "strike": named("button", "Remove and strike…"),
}
"""Labels by the values of `cogs.moderation.review_card.ReviewAction`."""
DENY_TITLE: Final = sentence("Why not?")
DENY_CHOICE: Final = sentence("Reason")
DENY_WORDS: Final = sentence("In your own words")
DENY_WORDS_HINT: Final = sentence("Optional. The person will read it.")

REVIEW_SUBMISSION: Final = sentence("May this video be made?")
REVIEW_POSTING: Final = sentence("May this video be posted?")
REVIEW_REPORT: Final = sentence("Restore this video?")
REVIEW_NOT_RESTRICTED: Final = sentence(
    "Moderators can see spicy videos, and pictures from them, only in an age-restricted review channel. Set "
    "one in `/settings`."
)


def view_elsewhere(channel_id: int | None) -> Message:
    """Where a moderator can look at a spicy video or a frame of one; `channel_id` is an age-restricted channel."""
    if channel_id is None:
        return REVIEW_NOT_RESTRICTED
    return sentence(
        "Spicy videos, and pictures from them, are shown in age-restricted channels only. Type `/spicy queue` in "
        "{channel}, and press *View* there.",
        channel=f"<#{channel_id}>",
    )


REVIEW_NO_CHANNEL: Final = sentence(
    "I send you this because I cannot use your server's review channel. Set one in `/settings`; "
    "until then any moderator can decide in `/spicy queue`."
)


def no_review_channel(others: int) -> Message:
    """Why the server's owner is asked, and how much else waits."""
    if not others:
        return REVIEW_NO_CHANNEL
    more = counted("{count} more waits there.", "{count} more wait there.", others)
    return sentence("{told} {more}", told=REVIEW_NO_CHANNEL, more=more)


VOTE_COUNTED: Final = sentence("Your vote counts. The review stays open until there are enough votes.")
VOTE_DECIDED: Final = sentence("Decided.")
VOTE_DECIDED_NOT_DONE: Final = sentence(
    "Decided, but Discord has not let me change the video's message yet: it is **still as it "
    "was**. I keep trying, and `/spicy queue` lists it until it is done."
)
REPORTED_NOT_HIDDEN: Final = sentence(
    "Thank you. I am to hide the video, but Discord has not let me yet, so it is **still "
    "visible**. I keep trying, and `/spicy queue` lists it until it is done."
)
REPORTED_HIDES_NOTHING: Final = sentence(
    "Thank you. The moderators will look at your report, and I will tell you what they decide. "
    "While you are suspended or blocked, your report does not hide a video by itself."
)
VOTE_TAKEN_BACK: Final = sentence("Your vote is withdrawn.")
VOTE_NOT_THERE: Final = sentence("You have no vote to withdraw.")
VOTE_CLOSED: Final = sentence("This was decided already.")
VOTE_NOT_YOURS: Final = sentence(
    "Only moderators can decide this: members who can use `/spicy` (through *Manage Messages* in "
    "the whole server or the *Integrations* page) or have a reviewer role."
)
RIGHTS_NOT_TOLD: Final = sentence(
    "Discord does not tell me at the moment who the moderators here are. Try again in a minute."
)
VOTE_STOPPED: Final = sentence(
    "*Spicy* is stopped here, so this cannot be approved. Deny it, or end the stop with `/spicy resume`."
)
VIEW_FIRST: Final = sentence("Watch the video first: *View* shows it, with *Approve* below it.")
VOTE_OWN: Final = sentence("You cannot decide about your own request.")
VOTE_BLOCKED: Final = sentence(
    "Moderators have blocked this person, so nothing was decided. *Approve* leaves the lists as they are."
)
UNBLOCK_TITLE: Final = sentence("This person is blocked")
UNBLOCK_TEXT: Final = sentence(
    "Moderators of this server have put this person on the blocked list. Trusting them takes them off it."
)
UNBLOCK_LABEL: Final = sentence("Approve, and trust them anyway")
UNBLOCK_HINT: Final = sentence("This is logged.")
HIDDEN_GONE: Final = sentence("This is no longer kept.")
VIEWED: Final = sentence("Only you see this. It is logged that you looked.")

REPORT_OUTCOMES: Final[Mapping[str, Message]] = {
    "removed": sentence("Moderators removed a video that you reported. Thank you."),
    "stays": sentence("Moderators looked at a video that you reported, and it stays. Thank you."),
}
"""What a reporter hears, by the values of `bot.reviews.report_store.ReportOutcome`."""
REPORT_LABELS: Final[Mapping[str, Message]] = {
    "remove": named("button", "Remove…"),
    "strike": named("button", "Remove and strike…"),
    "leave": named("button", "Leave it"),
}
REPORTED_VIDEO: Final = sentence("Reported, still visible")
REPORTS_LEFT: Final = sentence("The video stays. I tell the people who reported it.")

HIDDEN_HEADLINE: Final = sentence("This video was reported and is hidden")
HIDDEN_LINE: Final = sentence("Moderators will look at it.")
REMOVED_HEADLINE: Final = sentence("This video was removed by moderators")


@dataclass(frozen=True)
class Record:
    """User's record in a server, as moderators read it."""

    made: int
    approved: int
    denied: int
    strikes: int
    trusted: bool
    suspended_until: str | None
    blocked: bool = False
    left: bool = False
    """True if the user is no longer a member of the server."""


NO_RECORD: Final = Record(0, 0, 0, 0, trusted=False, suspended_until=None)
"""Record of nobody."""


def record_line(record: Record) -> Message:
    """User's record on one line."""
    line = sentence(
        "Videos: {made} · approved: {approved} · denied: {denied} · strikes: {strikes}",
        made=record.made,
        approved=record.approved,
        denied=record.denied,
        strikes=record.strikes,
    )
    if record.trusted:
        line = sentence("{line} · trusted", line=line)
    if record.blocked:
        line = sentence("{line} · **blocked**", line=line)
    if record.suspended_until is not None:
        line = sentence("{line} · suspended until {until}", line=line, until=record.suspended_until)
    if record.left:
        line = sentence("{line} · no longer a member of this server: no video is posted", line=line)
    return line


def reported_line(reasons: Mapping[Message, int]) -> Message:
    """Number of a video's reports, and their reasons."""
    listed: Message | None = None
    for reason, count in reasons.items():
        one = sentence("{reason} ({count})", reason=reason, count=count)
        listed = one if listed is None else sentence("{listed}; {one}", listed=listed, one=one)
    told = counted("{count} report", "{count} reports", sum(reasons.values()))
    return sentence("**{told}:** {reasons}", told=told, reasons=listed) if listed is not None else told


def asked_by(person_id: int, channel_id: int | None, options: str) -> Message:
    """User, channel and options of a request."""
    where = f"<#{channel_id}>" if channel_id is not None else "—"
    return sentence(
        "{person} in {channel} · {options}", person=f"<@{person_id}>", channel=where, options=options
    )


def at_message(told: Message, guild_id: int, channel_id: int, message_id: int) -> Message:
    """Add a link to the message with the video."""
    address = f"https://discord.com/channels/{guild_id}/{channel_id}/{message_id}"
    return sentence("{told} · [the message]({address})", told=told, address=address)


def held_line(until: str) -> Message:
    """Line on the card of a request that waits for approval."""
    return sentence("They decide until {until}. The bot's operator pays only if they agree.", until=until)


def held_posting_line(until: str) -> Message:
    """Line on the card of a finished video that waits for approval."""
    return sentence(
        "The video is ready. The moderators decide until {until} whether to post it.", until=until
    )


def votes_line(approvals: Sequence[int], denials: Sequence[int], quorum: int) -> Message:
    """Current votes."""
    yes = " ".join(f"<@{one}>" for one in approvals) or "—"
    no = " ".join(f"<@{one}>" for one in denials) or "—"
    needed = counted("{count} vote decides", "{count} votes decide", quorum)
    return sentence("Yes: {yes} · no: {no} · {needed}", yes=yes, no=no, needed=needed)


def image_score(percent: int) -> Message:
    """Score of the pictures or the video in question."""
    return sentence("Image check: {percent} %", percent=percent)


def decides_until(until: str) -> Message:
    """Moment at which the question expires."""
    return sentence("Without a decision it ends {until}, and no video is made or posted.", until=until)


def gone_unless(until: str) -> Message:
    """Moment at which a hidden video is removed unless it is restored."""
    return sentence("Without a decision it is removed {until}.", until=until)


OUTSTANDING: Final[Mapping[str, Message]] = {
    "hide": sentence(
        "The video should be hidden but is **still visible**: Discord has not let me hide it yet."
    ),
    "remove": sentence("The video should be removed, but Discord has not let me remove it yet."),
    "restore": sentence("The video should be restored, but it could not be shown again yet."),
}
"""What is still to be done, by the values of `bot.reviews.review.Outstanding`."""


def outcome_line(*, approved: bool, by: int | None, reason: str) -> Message:
    """Decision on the card of a closed question."""
    who = f"<@{by}>" if by is not None else "—"
    told = (
        sentence("Approved; last vote by {who}.", who=who)
        if approved
        else sentence("Denied; last vote by {who}.", who=who)
    )
    return with_reason(told, reason)


CLOSED_EXPIRED: Final = sentence("Nobody decided in time.")
CLOSED_WITHDRAWN: Final = sentence("The request was withdrawn.")
OVER_LINE: Final = sentence(
    "This person had their data deleted, which ended the request: whatever you decide, nothing is made or posted. "
    "You can still suspend them."
)
WAS_OVER_LINE: Final = sentence("The request had ended before: nothing was made or posted.")
EMPTIED_LINE: Final = sentence("Deleted by its owner.")
"""On the card of an ended question, in place of all that it was about."""


def whole_prompt(prompt: str, room_units: int = _PROMPT_BLOCK_UNITS) -> str:
    """Return a prompt for moderators, as it was typed, in a block without formatting of so many units at most."""
    opens, ends = "```\n", "\n```"
    room_units = min(room_units, _PROMPT_BLOCK_UNITS) - len(opens + ends)
    return opens + fit(prompt, room_units, _harmless) + ends


def _harmless(text: str) -> str:
    return split_links(text.replace("`", "'"))


# Suspensions and appeals.

APPEAL_BUTTON: Final = named("button", "Appeal…")
APPEAL_TITLE: Final = sentence("Appeal")
APPEAL_WORDS: Final = sentence("What should the moderators know?")
APPEAL_QUEUED: Final = sentence(
    "I could not send your appeal to a moderator. It waits for them in `/spicy queue`, and I "
    "will tell you what they decide."
)
APPEALED: Final = sentence("Your appeal is with the moderators. I will tell you what they decide.")
APPEALED_BEFORE: Final = sentence("You have already appealed this suspension, or it is over.")
APPEAL_HEADLINE: Final = sentence("Appeal against a suspension")


def appeal_line(
    person_id: int, until: str, by: int | None, reason: str, reason_chars: int = PROMPT_SHOWN_CHARS
) -> Message:
    """User who appeals, and the suspension."""
    decided = f"<@{by}>" if by is not None else "—"
    told = sentence(
        "{person} is suspended until {until}; decided by {who}.",
        person=f"<@{person_id}>",
        until=until,
        who=decided,
    )
    return with_reason(told, reason, reason_chars)


APPEAL_LIFT: Final = named("button", "Lift it")
APPEAL_KEEP: Final = named("button", "Keep it")
APPEAL_NOT_YOURS: Final = sentence("You decided this suspension, so another moderator looks at the appeal.")
APPEAL_LIFTED: Final = sentence("The suspension is lifted.")
APPEAL_KEPT: Final = sentence("The suspension stays.")
YOUR_APPEAL_LIFTED: Final = sentence("Your appeal succeeded: you can make videos again.")
YOUR_APPEAL_KEPT: Final = sentence("Your appeal was rejected; the suspension stays.")
"""Sent to the user as a direct message."""
