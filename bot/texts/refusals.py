"""Sentences for users whose request was refused, denied, deleted or ended by a rule or by moderators."""

from collections.abc import Mapping
from typing import Final

from bot.texts.explanations import Explanation, Money, nothing_charged
from bot.texts.messages import Message, counted, sentence, two_in_a_row
from bot.texts.quoting import PROMPT_SHOWN_CHARS, quote_prompt

DENY_REASONS: Final[Mapping[str, Message]] = {
    "real_person": sentence("It may show a real person who did not agree"),
    "minor": sentence("It may show somebody under age"),
    "off_topic": sentence("It does not belong in this channel"),
    "too_much": sentence("It goes too far for this server"),
    "other": sentence("Another reason"),
}
"""Reasons by the values of `bot.reviews.review.DenyReason`."""
_CHOSEN: Final[Mapping[str, Message]] = {
    "It does not belong into this channel": DENY_REASONS["off_topic"],  # as earlier versions stored it
    **{name.english: name for name in DENY_REASONS.values()},
}
"""Chosen reasons are stored in English and shown in each reader's language."""

# Why a request is refused. That a rule matched is said, never which word.

_RULE_MATCHED: Final = nothing_charged(
    sentence("A word in your prompt is not allowed here."), sentence("Please rephrase.")
)
REFUSALS: Final[Mapping[str, Explanation]] = {
    "shipped_rule": _RULE_MATCHED,
    "words_blocked": _RULE_MATCHED,
    "not_among_allowed": nothing_charged(
        sentence("Only some roles and people may make videos with this bot."),
        sentence("Ask the bot's operator or a moderator."),
    ),
    "blocked_by_operator": nothing_charged(
        sentence("The bot's operator does not let you make videos."),
        sentence("If you think that is a mistake, ask the operator."),
    ),
    "person_blocked": nothing_charged(
        sentence("This server's moderators do not let you make videos here."), sentence("Ask them why.")
    ),
    "person_gone": nothing_charged(
        sentence("You are no longer a member of that server."),
        sentence("Make the video in a server where you are a member."),
    ),
    "person_timed_out": nothing_charged(
        sentence("This server's moderators gave you a timeout."),
        sentence("Ask again when the timeout is over."),
    ),
    "command_not_here": nothing_charged(
        sentence("This server does not let you use `/video` in that channel."),
        sentence("Try another channel, or ask the server's moderators."),
    ),
    "may_not_write": nothing_charged(
        sentence("You may not write in that channel, so no video of yours is shown to all there."),
        sentence("Use a channel where you may write."),
    ),
    "not_told": nothing_charged(
        sentence("Discord does not tell me at the moment what you may do in this server."),
        sentence("Try again in a minute."),
    ),
    "gate_off": nothing_charged(
        sentence("This preset is switched off here."), sentence("Choose another preset, or ask a moderator.")
    ),
    "pictures_off": nothing_charged(
        sentence("Videos from pictures are switched off here."),
        sentence("Remove them, or ask a moderator."),
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
        sentence(
            "Choose another preset. Members with *Manage Server* can switch this one on in `/settings`."
        ),
    ),
    "spicy_stopped": nothing_charged(
        sentence("The moderators have stopped the *spicy* preset for now."),
        sentence("Choose another preset, or try again later."),
    ),
    "spicy_from_pictures": nothing_charged(
        sentence(
            "The *spicy* preset takes no pictures, except the last frame of a spicy video made without any."
        ),
        sentence("Try again without pictures, or choose another preset."),
    ),
    "needs_age_restricted_channel": nothing_charged(
        sentence("The *spicy* preset only works in age-restricted channels."),
        sentence("Use it in an age-restricted channel, or choose another preset here."),
    ),
    "not_in_direct_messages": nothing_charged(
        sentence("The *spicy* preset does not work in direct messages."),
        sentence("Use it in an age-restricted channel of a server, or choose another preset here."),
    ),
    "not_in_private_channels": nothing_charged(
        sentence("The *spicy* preset does not work in group chats or in direct messages with others."),
        sentence("Use it in an age-restricted channel of a server, or choose another preset here."),
    ),
    "not_in_foreign_servers": nothing_charged(
        sentence("The *spicy* preset only works in servers that have added me."),
        sentence("Choose another preset here, or ask the server's moderators to add me."),
    ),
}
"""Explanations by the values of `bot.moderation.policy.Verdict`, but for the suspension, whose end is told."""
_CONTINUATION_IS_SPICY: Final = sentence(
    "A video that continues a spicy one counts as spicy, whatever its preset."
)
_CONTINUATION_THEN: Final = sentence(
    "Start a new video, or continue this one as the rules of *spicy* allow it."
)
OF_CONTINUATIONS: Final[Mapping[str, Explanation]] = {
    verdict: nothing_charged(two_in_a_row(_CONTINUATION_IS_SPICY, REFUSALS[verdict].what), _CONTINUATION_THEN)
    for verdict in (
        *(
            "spicy_not_offered",
            "spicy_not_in_this_server",
            "spicy_off",
            "spicy_stopped",
            "spicy_from_pictures",
        ),
        *("needs_age_restricted_channel", "not_in_direct_messages"),
        *("not_in_private_channels", "not_in_foreign_servers"),
    )
}
"""The refusals of spicy for who chose another preset, and the last frame of a spicy video to begin with."""
NO_LONGER_ALLOWED: Final = nothing_charged(
    sentence("The rules of this channel changed before your request started, and no longer allow it."),
    sentence("Ask a moderator, or change the request."),
)
DENIED_BEFORE: Final = sentence("The moderators did not allow this request.")
DENIED_THEN: Final = sentence("Change your request, or ask them.")
REVIEW_EXPIRED: Final = nothing_charged(
    sentence("Moderators did not decide about this request in time."), sentence("You can ask again any time.")
)
REVIEW_WITHDRAWN: Final = nothing_charged(
    sentence("This request was withdrawn before moderators decided."), sentence("You can ask again any time.")
)
NOT_POSTED_HERE: Final = Explanation(
    sentence("The video is ready, but the rules of this channel no longer allow it here."),
    Money.SPENT,
    sentence("Get it with `/jobs` where they do."),
)
_NOT_TOLD_AT_POSTING: Final = Explanation(
    sentence("The video is ready, but Discord does not tell me at the moment whether this server allows it."),
    Money.SPENT,
    sentence("Get it with `/jobs` in a few minutes."),
)
POSTING_EXPIRED: Final = Explanation(
    sentence("Moderators did not decide in time whether this video may be posted."),
    Money.SPENT,
    sentence("Ask them, or request another video."),
)
DELETED_BY_OWNER: Final = Explanation(
    sentence("The person who asked for this video deleted it."),
    Money.SPENT,
    sentence("It is gone for good."),
)
DELETED_BY_MODERATOR: Final = Explanation(
    sentence("A moderator deleted this video."),
    Money.SPENT,
    sentence("Only moderators can look for it."),
)


SERVER_HOLDS_TOO_MANY: Final = nothing_charged(
    sentence("Too many requests in this server are waiting for moderators."),
    sentence("Try again when they have decided about some."),
)


def too_many_held(limit: int) -> Explanation:
    """As many requests of the user wait for moderators as may."""
    return nothing_charged(
        counted(
            "{count} of your requests already waits for this server's moderators.",
            "{count} of your requests already wait for this server's moderators.",
            limit,
        ),
        sentence("Wait for their decision, or cancel one in `/jobs`."),
    )


def new_member_daily(limit: int, renewed: str) -> Explanation:
    """A new member asked for as many videos today as the server allows."""
    return nothing_charged(
        counted(
            "New members of this server can make {count} video a day.",
            "New members of this server can make {count} videos a day.",
            limit,
        ),
        sentence("You can ask again {when}.", when=renewed),
    )


def new_member_pause(until: str) -> Explanation:
    """A new member has to wait between two requests."""
    return nothing_charged(
        sentence("New members of this server must wait a little between two videos."),
        sentence("You can ask again {when}.", when=until),
    )


def person_gone(*, bought: bool) -> Explanation:
    """The user left the server, was thrown out, or was silenced there."""
    what = sentence(
        "This request ended, because the person who made it left the server or was timed out there."
    )
    if not bought:
        return nothing_charged(what, sentence("Once they are back, they can ask again."))
    return Explanation(what, Money.SPENT, sentence("Moderators can look for the video."))


def suspended(until: str) -> Explanation:
    """The user is suspended in this server."""
    return nothing_charged(
        sentence("You are suspended from making videos here until {until}.", until=until),
        sentence("You can appeal once. Another moderator then looks at it."),
    )


def not_told(*, bought: bool) -> Explanation:
    """Discord did not tell what a rule needed to know, before the purchase or before the posting."""
    return _NOT_TOLD_AT_POSTING if bought else REFUSALS["not_told"]


def held_back(until: str) -> Explanation:
    """Moderators keep the finished video from its user, or put it away. Others read it too: it names no fault."""
    return Explanation(
        sentence(
            "The video is ready, but the moderators of this server do not let it be posted at the moment."
        ),
        Money.SPENT,
        sentence(
            "If they change that, the person who asked for it can get it with `/jobs` until {until}.",
            until=until,
        ),
    )


def denied(reason: str) -> Explanation:
    """Moderators denied the request before it was bought. `reason` is theirs."""
    return nothing_charged(with_reason(DENIED_BEFORE, reason), DENIED_THEN)


def posting_denied(reason: str) -> Explanation:
    """Moderators denied the finished video. `reason` is theirs."""
    told = with_reason(sentence("The moderators did not allow this video to be posted."), reason)
    return Explanation(told, Money.SPENT, DENIED_THEN)


def chosen_reason(reason: str) -> Message | None:
    """Return a reason that was chosen from those on offer, or None for typed words."""
    return _CHOSEN.get(reason)


def with_reason(told: Message, reason: str, limit_chars: int = PROMPT_SHOWN_CHARS) -> Message:
    """Add the moderators' reason, if they gave one."""
    if not reason.strip():
        return told
    chosen = _CHOSEN.get(reason)
    quoted = chosen or quote_prompt(reason, limit_chars)
    return sentence("{told} Their reason: “{reason}”.", told=told, reason=quoted)
