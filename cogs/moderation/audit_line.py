"""An entry of the audit log as one line."""

from bot.moderation.audit.entries import RecordedEntry
from bot.texts.jobs import day
from bot.texts.messages import Language
from bot.texts.quoting import quote_prompt
from bot.texts.spicy import action


def line_of(recorded: RecordedEntry, language: Language) -> str:
    """Write the time, the actor, the action, the user concerned, and the reason."""
    what = action(recorded.action.value, recorded.details).in_language(language)
    who = f"<@{recorded.actor_id}>" if recorded.actor_id is not None else "—"
    whom = f" → <@{recorded.person_id}>" if recorded.person_id is not None else ""
    why = f" · {quote_prompt(recorded.reason)}" if recorded.reason else ""
    return f"{day(recorded.at)} · {who} · **{what}**{whom}{why}"
