"""An entry of the audit log as one line, for `/spicy log` and for the server's log channel."""

from bot.moderation.audit.entries import RecordedEntry
from bot.texts import log_entries
from bot.texts import spicy as words
from bot.texts.jobs import day
from bot.texts.messages import Language, Message
from bot.texts.quoting import PROMPT_SHOWN_CHARS


def line_of(entry: RecordedEntry, language: Language, reason_chars: int = PROMPT_SHOWN_CHARS) -> str:
    """Write time, actor, action, the user concerned, the facts, and the reason, cut at `reason_chars`."""
    who = f"<@{entry.actor_id}>" if entry.actor_id is not None else words.THE_BOT.in_language(language)
    what = log_entries.action(entry.action.value, entry.details).in_language(language)
    parts = [day(entry.at), who, f"**{what}**"]
    if entry.person_id is not None and entry.person_id != entry.actor_id:
        parts.append(words.about(entry.person_id).in_language(language))
    facts = log_entries.facts(entry.guild_id, entry.details)
    parts += [one.in_language(language) if isinstance(one, Message) else one for one in facts]
    if entry.sealed_by is not None:
        parts.append(log_entries.EMPTIED.in_language(language))
    if entry.reason.strip():
        parts.append(log_entries.reason(entry.reason, reason_chars).in_language(language))
    return " · ".join(parts)
