"""Sentences about rules, approvals, reports and suspensions, for users and moderators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.texts.messages import Message, counted, named, sentence
from bot.texts.quoting import clip
from bot.texts.refusals import with_reason

# Approvals.

REVIEW_LABELS: Final[Mapping[str, Message]] = {
    "yes": named("button", "Approve"),
    "no": named("button", "Deny…"),
    "yestrust": named("button", "Approve and trust"),
    "nosuspend": named("button", "Deny and suspend…"),
    "back": named("button", "Take my vote back"),
    "view": named("button", "View"),
    "restore": named("button", "Restore"),
    "remove": named("button", "Remove…"),
    "strike": named("button", "Remove and strike…"),
}
"""Labels by the values of `cogs.moderation.review_card.ReviewAction`."""
DENY_TITLE: Final = sentence("Why not?")
DENY_CHOICE: Final = sentence("Reason")
DENY_WORDS: Final = sentence("In your own words")
DENY_WORDS_HINT: Final = sentence("Optional. The person reads it.")

REVIEW_SUBMISSION: Final = sentence("May this video be made?")
REVIEW_POSTING: Final = sentence("May this video be posted?")
REVIEW_REPORT: Final = sentence("Reported: shall this video come back?")
REVIEW_NOT_RESTRICTED: Final = sentence(
    "Spicy videos are shown to moderators in an age-restricted review channel only. Set one in `/settings`."
)
REVIEW_NO_CHANNEL: Final = sentence(
    "You get this because I cannot use your server's review channel. Set one in `/settings`."
)

VOTE_COUNTED: Final = sentence("Your vote counts; the question stays open until there are enough.")
VOTE_DECIDED: Final = sentence("Decided.")
VOTE_TAKEN_BACK: Final = sentence("Your vote is taken back.")
VOTE_NOT_THERE: Final = sentence("There is no vote of yours to take back.")
VOTE_CLOSED: Final = sentence("This was decided already.")
VOTE_NOT_YOURS: Final = sentence(
    "Only moderators can decide this: members who may use `/spicy`, by *Manage Messages* in the whole server or by "
    "the *Integrations* page, or with a reviewer role."
)
RIGHTS_NOT_TOLD: Final = sentence(
    "Discord does not tell me at the moment who moderates this server. Try again in a minute."
)
VOTE_STOPPED: Final = sentence(
    "*Spicy* is stopped here, so nothing of it can be approved. Deny it, or end the stop with `/spicy resume`."
)
VOTE_OWN: Final = sentence("Nobody decides about their own request.")
HIDDEN_GONE: Final = sentence("This video is no longer kept.")
VIEWED: Final = sentence("Only you see this. That you looked is logged.")

HIDDEN_HEADLINE: Final = sentence("This video was reported and is hidden")
HIDDEN_LINE: Final = sentence("Moderators look at it.")
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
    left: bool = False
    """True if the user is no longer a member of the server."""


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
    if record.suspended_until is not None:
        line = sentence("{line} · suspended until {until}", line=line, until=record.suspended_until)
    if record.left:
        line = sentence("{line} · no longer a member of this server: no video is posted", line=line)
    return line


def asked_by(person_id: int, channel_id: int | None, options: str) -> Message:
    """User, channel and options of a request."""
    where = f"<#{channel_id}>" if channel_id is not None else "—"
    return sentence(
        "{person} in {channel} · {options}", person=f"<@{person_id}>", channel=where, options=options
    )


def held_line(until: str) -> Message:
    """Line on the card of a request that waits for approval."""
    return sentence("They decide until {until}. Nothing is charged unless they agree.", until=until)


def held_posting_line(until: str) -> Message:
    """Line on the card of a finished video that waits for approval."""
    return sentence("The video is ready. They decide until {until} whether it is posted.", until=until)


def votes_line(approvals: Sequence[int], denials: Sequence[int], quorum: int) -> Message:
    """Current votes."""
    yes = " ".join(f"<@{one}>" for one in approvals) or "—"
    no = " ".join(f"<@{one}>" for one in denials) or "—"
    needed = counted("{count} vote decides", "{count} votes decide", quorum)
    return sentence("For: {yes} · against: {no} · {needed}", yes=yes, no=no, needed=needed)


def decides_until(until: str) -> Message:
    """Moment at which the question expires."""
    return sentence("Without a decision it ends {until}, and nothing is made or posted.", until=until)


def gone_unless(until: str) -> Message:
    """Moment at which a hidden video is removed unless it is restored."""
    return sentence("Without a decision it is removed {until}.", until=until)


def outcome_line(*, approved: bool, by: int | None, reason: str) -> Message:
    """Decision on the card of a closed question."""
    who = f"<@{by}>" if by is not None else "—"
    told = (
        sentence("Approved, last by {who}.", who=who)
        if approved
        else sentence("Denied, last by {who}.", who=who)
    )
    return with_reason(told, reason)


CLOSED_EXPIRED: Final = sentence("Nobody decided in time.")
CLOSED_WITHDRAWN: Final = sentence("The request was taken back.")


def whole_prompt(prompt: str) -> str:
    """Return a whole prompt for moderators, as it was typed, in a block without formatting."""
    shown = clip(prompt, 2600).replace("```", "'''").replace("`", "'")
    return f"```\n{shown}\n```"


# Suspensions and appeals.

APPEAL_BUTTON: Final = named("button", "Appeal…")
APPEAL_TITLE: Final = sentence("Appeal")
APPEAL_WORDS: Final = sentence("What should the moderators know?")
APPEAL_UNREACHED: Final = sentence(
    "I could not reach any moderator, so your appeal is still open to you. Try again later."
)
APPEALED: Final = sentence("Your appeal is before the moderators. You hear from me when they decided.")
APPEALED_BEFORE: Final = sentence("You have appealed against this suspension already, or it is over.")
APPEAL_HEADLINE: Final = sentence("Appeal against a suspension")


def appeal_line(person_id: int, until: str, by: int | None, reason: str) -> Message:
    """User who appeals, and the suspension."""
    decided = f"<@{by}>" if by is not None else "—"
    told = sentence(
        "{person} is suspended until {until}; decided by {who}.",
        person=f"<@{person_id}>",
        until=until,
        who=decided,
    )
    return with_reason(told, reason)


APPEAL_LIFT: Final = named("button", "Lift it")
APPEAL_KEEP: Final = named("button", "Keep it")
APPEAL_NOT_YOURS: Final = sentence("You decided this suspension, so another moderator looks at the appeal.")
APPEAL_LIFTED: Final = sentence("The suspension is lifted.")
APPEAL_KEPT: Final = sentence("The suspension stays.")
YOUR_APPEAL_LIFTED: Final = sentence("Your appeal was successful: you can make videos again.")
YOUR_APPEAL_KEPT: Final = sentence("Your appeal was turned down; the suspension stays.")
"""Sent to the user as a direct message."""
