"""Sentences about rules, approvals, reports and suspensions, for users and moderators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.texts.explanations import Explanation, Money, nothing_charged
from bot.texts.messages import Message, counted, named, sentence
from bot.texts.quoting import clip, quote_prompt

# Why a request is refused. That a rule matched is said, never which word.

_RULE_MATCHED: Final = nothing_charged(
    sentence("A rule about words matched your prompt."), sentence("Say it differently.")
)
REFUSALS: Final[Mapping[str, Explanation]] = {
    "shipped_rule": _RULE_MATCHED,
    "words_blocked": _RULE_MATCHED,
    "not_among_allowed": nothing_charged(
        sentence("Only some roles and people may make videos with this bot."),
        sentence("Ask the bot's operator or a moderator."),
    ),
    "blocked_by_operator": nothing_charged(
        sentence("The bot's operator does not let you make videos with it."),
        sentence("Ask the operator, if you think that is a mistake."),
    ),
    "person_blocked": nothing_charged(
        sentence("This server's moderators do not let you make videos here."), sentence("Ask them why.")
    ),
    "command_not_here": nothing_charged(
        sentence("This server does not let you use `/video` in that channel."),
        sentence("Ask in another channel, or ask the server's moderators."),
    ),
    "not_told": nothing_charged(
        sentence("Discord does not tell me at the moment what this server allows you."),
        sentence("Try again in a minute."),
    ),
    "gate_off": nothing_charged(
        sentence("This preset is switched off here."), sentence("Choose another one, or ask a moderator.")
    ),
    "pictures_off": nothing_charged(
        sentence("Videos from pictures are switched off here."),
        sentence("Leave them out, or ask a moderator."),
    ),
    "spicy_not_offered": nothing_charged(
        sentence("This bot does not offer the *spicy* preset."), sentence("Choose another preset.")
    ),
    "spicy_not_in_this_server": nothing_charged(
        sentence("The bot's operator does not allow the *spicy* preset in this server."),
        sentence("Choose another preset here."),
    ),
    "spicy_off": nothing_charged(
        sentence("The *spicy* preset is switched off here."),
        sentence("Choose another one. Members with *Manage Server* can switch it on in `/settings`."),
    ),
    "spicy_stopped": nothing_charged(
        sentence("The moderators have stopped the *spicy* preset for now."),
        sentence("Choose another one, or try again later."),
    ),
    "spicy_from_pictures": nothing_charged(
        sentence(
            "The *spicy* preset takes no pictures, only the last frame of a spicy video made without any."
        ),
        sentence("Ask anew with words alone, or choose another preset."),
    ),
    "needs_age_restricted_channel": nothing_charged(
        sentence("The *spicy* preset only works in age-restricted channels."),
        sentence("Use it in an age-restricted channel, or choose another preset here."),
    ),
    "not_in_direct_messages": nothing_charged(
        sentence("The *spicy* preset does not work in direct messages."),
        sentence("Use it in an age-restricted channel of a server, or choose another preset here."),
    ),
    "not_in_foreign_servers": nothing_charged(
        sentence("The *spicy* preset only works in servers that I was added to."),
        sentence("Choose another preset here, or ask the server's moderators to add me."),
    ),
}
"""Explanations by the values of `bot.moderation.policy.Verdict`, but for the suspension, whose end is told."""
NO_LONGER_ALLOWED: Final = nothing_charged(
    sentence("The rules of this channel changed before your request began, and no longer allow it."),
    sentence("Ask a moderator, or change the request."),
)
DENIED_BEFORE: Final = sentence("The moderators did not allow this request.")
DENIED_THEN: Final = sentence("Change it, or ask them.")
REVIEW_EXPIRED: Final = nothing_charged(
    sentence("No moderator decided about this request in time."), sentence("Ask again any time.")
)
REVIEW_WITHDRAWN: Final = nothing_charged(
    sentence("This request was taken back before moderators decided."), sentence("Ask again any time.")
)
NOT_POSTED_HERE: Final = Explanation(
    sentence("The video is ready, but the rules of this channel no longer allow it here."),
    Money.SPENT,
    sentence("Fetch it with `/jobs` where they do."),
)
POSTING_EXPIRED: Final = Explanation(
    sentence("No moderator decided in time whether this video may be posted."),
    Money.SPENT,
    sentence("Ask them, or ask for another one."),
)
DELETED_BY_OWNER: Final = Explanation(
    sentence("The person who asked for this video deleted it."),
    Money.SPENT,
    sentence("It does not come back."),
)
DELETED_BY_MODERATOR: Final = Explanation(
    sentence("A moderator deleted this video."),
    Money.SPENT,
    sentence("Only moderators can look for it."),
)


SERVER_HOLDS_TOO_MANY: Final = nothing_charged(
    sentence("Too many requests of this server wait for its moderators."),
    sentence("Try again once they have decided about some."),
)


def too_many_held(limit: int) -> Explanation:
    """As many requests of the user wait for moderators as may."""
    return nothing_charged(
        counted(
            "{count} request of yours waits for this server's moderators already.",
            "{count} requests of yours wait for this server's moderators already.",
            limit,
        ),
        sentence("Wait for their decision, or cancel one in `/jobs`."),
    )


def new_member_daily(limit: int, renewed: str) -> Explanation:
    """A new member asked for as many videos today as the server allows."""
    return nothing_charged(
        counted(
            "New members of this server can ask for {count} video a day.",
            "New members of this server can ask for {count} videos a day.",
            limit,
        ),
        sentence("Ask again {when}.", when=renewed),
    )


def new_member_pause(until: str) -> Explanation:
    """A new member has to wait between two requests."""
    return nothing_charged(
        sentence("New members of this server wait a little between two videos."),
        sentence("Ask again {when}.", when=until),
    )


def person_gone(*, bought: bool) -> Explanation:
    """The user left the server, was thrown out, or was silenced there."""
    what = sentence("This request ended, because its person left the server or was silenced there.")
    if not bought:
        return nothing_charged(what, sentence("Once back, they can ask again."))
    return Explanation(what, Money.SPENT, sentence("Moderators can look for the video."))


def suspended(until: str) -> Explanation:
    """The user is suspended in this server."""
    return nothing_charged(
        sentence("You are suspended from making videos here until {until}.", until=until),
        sentence("You can appeal once; another moderator then looks at it."),
    )


def denied(reason: str) -> Explanation:
    """Moderators denied the request before it was bought. `reason` is theirs."""
    return nothing_charged(_with_reason(DENIED_BEFORE, reason), DENIED_THEN)


def posting_denied(reason: str) -> Explanation:
    """Moderators denied the finished video. `reason` is theirs."""
    told = _with_reason(sentence("The moderators did not allow this video to be posted."), reason)
    return Explanation(told, Money.SPENT, DENIED_THEN)


def _with_reason(told: Message, reason: str) -> Message:
    if not reason.strip():
        return told
    chosen = _CHOSEN.get(reason)
    return sentence("{told} Their reason: {reason}", told=told, reason=chosen or quote_prompt(reason))


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
DENY_REASONS: Final[Mapping[str, Message]] = {
    "real_person": sentence("It may show a real person who did not agree"),
    "minor": sentence("It may show somebody under age"),
    "off_topic": sentence("It does not belong into this channel"),
    "too_much": sentence("It goes too far for this server"),
    "other": sentence("Another reason"),
}
"""Reasons by the values of `bot.reviews.review.DenyReason`."""
_CHOSEN: Final[Mapping[str, Message]] = {name.english: name for name in DENY_REASONS.values()}
"""Chosen reasons are stored in English and shown in each reader's language."""
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
    return _with_reason(told, reason)


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
    return _with_reason(told, reason)


APPEAL_LIFT: Final = named("button", "Lift it")
APPEAL_KEEP: Final = named("button", "Keep it")
APPEAL_NOT_YOURS: Final = sentence("You decided this suspension, so another moderator looks at the appeal.")
APPEAL_LIFTED: Final = sentence("The suspension is lifted.")
APPEAL_KEPT: Final = sentence("The suspension stays.")
YOUR_APPEAL_LIFTED: Final = sentence("Your appeal was successful: you can make videos again.")
YOUR_APPEAL_KEPT: Final = sentence("Your appeal was turned down; the suspension stays.")
"""Sent to the user as a direct message."""
