"""Sentences of the audit log's entries: what was done, with which field, rule and message."""

from collections.abc import Iterator, Mapping
from typing import Final, cast

from bot.texts import forms, moderation, refusals, settings_panel, word_lists
from bot.texts.messages import Message, counted, sentence
from bot.texts.quoting import quote_prompt

LOGGED_ACTIONS: Final[Mapping[str, Message]] = {
    "request_refused": sentence("Request refused"),
    "request_held": sentence("Request waits for moderators"),
    "vote_cast": sentence("Vote cast"),
    "vote_taken_back": sentence("Vote withdrawn"),
    "vote_lapsed": sentence("Vote no longer counts"),
    "request_approved": sentence("Request approved"),
    "request_denied": sentence("Request denied"),
    "request_expired": sentence("Request ended without a decision"),
    "request_cancelled": sentence("Request cancelled by a moderator"),
    "consent_confirmed": sentence("Confirmed that the people in the pictures agree"),
    "rules_changed": sentence("Rules changed"),
    "spicy_switched_on": sentence("Spicy switched on"),
    "spicy_switched_off": sentence("Spicy switched off"),
    "spicy_stopped": sentence("Spicy stopped"),
    "spicy_resumed": sentence("Spicy resumed"),
    "log_exported": sentence("Log exported"),
    "person_data_removed": sentence("Personal data removed"),
    "server_data_removed": sentence("Data of a server removed"),
    "strike_given": sentence("Strike given"),
    "suspended": sentence("Suspended"),
    "suspension_lifted": sentence("Suspension lifted"),
    "appealed": sentence("Suspension appealed against"),
    "appeal_decided": sentence("Appeal decided"),
    "trusted": sentence("Put on the trusted list"),
    "blocked": sentence("Put on the blocked list"),
    "unlisted": sentence("Taken off the lists"),
    "banned": sentence("Banned from the server"),
    "kicked": sentence("Kicked from the server"),
    "left": sentence("Left the server"),
    "timed_out": sentence("Timed out in the server"),
    "video_reported": sentence("Video reported"),
    "reports_dismissed": sentence("Reports dismissed"),
    "video_hidden": sentence("Video hidden"),
    "hidden_video_viewed": sentence("Hidden video viewed"),
    "hidden_picture_viewed": sentence("Hidden picture viewed"),
    "video_restored": sentence("Video restored"),
    "video_removed": sentence("Video removed"),
    "video_deleted": sentence("Video deleted"),
    "videos_purged": sentence("Videos of the last day removed"),
    "reports_muted": sentence("Reports muted"),
    "term_added": sentence("Term added"),
    "term_removed": sentence("Term removed"),
    "terms_imported": sentence("Terms imported"),
    "term_matched": sentence("Prompt with a word on the list"),
}
"""Names by the values of `bot.moderation.audit.entries.AuditAction`. Each can stand alone."""
RULE_NAMES: Final[Mapping[str, Message]] = {
    "not_among_allowed": sentence("not among the people that the operator allows"),
    "blocked_by_operator": sentence("blocked by the operator"),
    "shipped_rule": sentence("matched a built-in rule"),
    "words_blocked": sentence("matched a word on the list"),
    "person_blocked": sentence("blocked in this server"),
    "person_suspended": sentence("suspended in this server"),
    "person_gone": sentence("not a member of this server"),
    "person_timed_out": sentence("timed out in this server"),
    "command_not_here": sentence("they may not use `/video` there"),
    "may_not_write": sentence("they may not write there"),
    "not_told": sentence("Discord did not give the information that a rule needs"),
    "gate_off": sentence("the preset is off"),
    "pictures_off": sentence("reference images are off"),
    "spicy_not_offered": sentence("this bot does not offer *spicy*"),
    "spicy_not_in_this_server": sentence("the operator does not allow *spicy* here"),
    "spicy_off": sentence("*spicy* is off"),
    "spicy_stopped": sentence("*spicy* is stopped"),
    "spicy_from_pictures": sentence("*spicy* takes no pictures"),
    "needs_age_restricted_channel": sentence("the channel is not age-restricted"),
    "not_in_direct_messages": sentence("*spicy* does not work in direct messages"),
    "not_in_private_channels": sentence(
        "*spicy* does not work in group chats or in direct messages of others"
    ),
    "not_in_foreign_servers": sentence("*spicy* only works in servers that have added the bot"),
}
"""Names of rules by the values of `bot.moderation.policy.Verdict`. Neutral: a pattern accuses nobody."""
_EARLIER_NAMES: Final = {"sexualises_minors": "shipped_rule"}
"""Verdicts as older entries name them."""
_SUBJECTS: Final[Mapping[str, Message]] = {
    "submission": settings_panel.REVIEW_AT_NAMES["submission"],
    "posting": settings_panel.REVIEW_AT_NAMES["posting"],
    "report": sentence("Reported video"),
}
_TOLD_APART: Final[Mapping[str, Mapping[str, Mapping[bool, Message]]]] = {
    "vote_cast": {"approves": {True: sentence("Voted for it"), False: sentence("Voted against it")}},
    "reports_muted": {"muted": {False: sentence("Reports count again")}},
    "appeal_decided": {"lifted": {True: moderation.APPEAL_LIFTED, False: moderation.APPEAL_KEPT}},
}
"""Actions with other names by one of their details."""
_CHANNELS: Final = ("review_channel_id", "log_channel_id")
_OWN: Final[Mapping[str, Message]] = {
    "own_request": sentence("their own request, as the server's owner"),
    "own_suspension": sentence("against a suspension that they decided themselves, as the server's owner"),
    "message_gone": sentence("the message was gone"),
    "hides": sentence("hides the video at once"),
    "taken_over": sentence("decided earlier, and kept when a backup was restored"),
}


EMPTIED: Final = sentence("its texts were deleted")
"""Stands behind an entry whose reason and details are gone, as somebody had their data deleted."""


def action(name: str, details: Mapping[str, object]) -> Message:
    """Logged action with its most important details."""
    what, term = LOGGED_ACTIONS[name], _text(details, "term")
    for detail, names in _TOLD_APART.get(name, {}).items():
        said = names.get(details.get(detail) is True) if detail in details else None
        what = said or what
    return sentence("{what}: {term}", what=what, term=word_lists.spoiler(term)) if term else what


def reason(text: str, limit_chars: int) -> Message:
    """Return an entry's reason: a chosen one in the reader's language, typed words quoted as they are."""
    chosen = forms.REPORT_REASONS.get(text) or refusals.chosen_reason(text)
    return chosen if chosen is not None else sentence("“{words}”", words=quote_prompt(text, limit_chars))


def facts(guild_id: int, details: Mapping[str, object]) -> Iterator[Message | str]:
    """Yield what else an entry says: field and values, rule, terms, parts, channel and message."""
    field = _text(details, "field")
    if field and "to" in details:
        yield _changed(field, details.get("from"), details["to"])
    rule, subject = RULE_NAMES.get(_verdict(details)), _SUBJECTS.get(_text(details, "subject"))
    yield from (one for one in (rule, subject) if one is not None)
    terms = word_lists.listed_terms(details)
    if terms:
        yield terms
    hours, videos, reports = (_number(details, name) for name in ("hours", "videos", "reports"))
    if hours:
        yield settings_panel.amount("suspend_hours", hours)
    if videos:
        yield counted("{count} video", "{count} videos", videos)
    if reports:
        yield counted("{count} report", "{count} reports", reports)
    for part in _texts(details.get("parts")):
        yield sentence("also: {what}", what=LOGGED_ACTIONS.get(part, part))
    yield from (text for name, text in _OWN.items() if details.get(name) is True)
    channel, message = _text(details, "channel"), _text(details, "message")
    if channel.isdecimal():
        yield f"<#{channel}>"
    if channel.isdecimal() and message.isdecimal():
        address = f"https://discord.com/channels/{guild_id}/{channel}/{message}"
        yield sentence("[message]({address})", address=address)


def _text(details: Mapping[str, object], name: str) -> str:
    found = details.get(name)
    return found if isinstance(found, str) else ""


def _verdict(details: Mapping[str, object]) -> str:
    """Return the rule of an entry. Where words were held or refused, it is the shipped one or the server's list."""
    said = _text(details, "verdict")
    if said in {"", "words_blocked"} and details.get("terms"):
        return "shipped_rule" if details.get("shipped") is True else "words_blocked"
    return _EARLIER_NAMES.get(said, said)


def _number(details: Mapping[str, object], name: str) -> int:
    found = details.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def _texts(value: object) -> list[str]:
    return [str(one) for one in cast("list[object]", value)] if isinstance(value, list) else []


def _changed(field: str, before: object, after: object) -> Message:
    """A setting with its value before and after."""
    name, *rest = field.split(".")
    named: Message | str = settings_panel.FIELD_NAMES.get(name, name)
    if rest:
        named = settings_panel.GATE_NAMES.get(rest[-1], rest[-1])
    if name == "channel_modes" and rest:
        named = sentence("{field} in {channel}", field=named, channel=f"<#{rest[0]}>")
    values = {"before": _value(name, before), "after": _value(name, after)}
    return sentence("{field}: {before} → {after}", field=named, **values)


def _value(field: str, value: object) -> Message | str:
    if value is None:
        return "—"
    if isinstance(value, list):
        return " ".join(f"<@&{role}>" for role in _texts(cast("object", value))) or "—"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"<#{value}>" if field in _CHANNELS else settings_panel.amount(field, value)
    named = settings_panel.REVIEW_AT_NAMES if field == "review_at" else settings_panel.MODE_NAMES
    return named.get(str(value)) or quote_prompt(str(value), 40)
