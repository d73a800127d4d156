"""An entry of the audit log as one line, for `/spicy log` and for the server's log channel."""

from bot.moderation.audit.entries import RecordedEntry
from bot.texts import spicy as words
from bot.texts.jobs import day
from bot.texts.messages import Language
from bot.texts.quoting import PROMPT_SHOWN_CHARS, quote_prompt


def line_of(entry: RecordedEntry, language: Language, reason_chars: int = PROMPT_SHOWN_CHARS) -> str:
    """Write the time, the actor, the action, the user concerned, and the reason, cut at `reason_chars`."""
    who = f"<@{entry.actor_id}>" if entry.actor_id is not None else words.THE_BOT.in_language(language)
    what = words.action(entry.action.value, entry.details).in_language(language)
    parts = [day(entry.at), who, f"**{what}**"]
    if entry.person_id is not None and entry.person_id != entry.actor_id:
        parts.append(words.about(entry.person_id).in_language(language))
    if entry.reason.strip():
        parts.append(quote_prompt(entry.reason, reason_chars))
    return " · ".join(parts)
