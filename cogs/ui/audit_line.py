"""An entry of the audit log as one line."""

from bot.moderation.audit import Recorded
from bot.texts.jobs import day
from bot.texts.quoting import quote_prompt
from bot.texts.sentences import Language
from bot.texts.spicy import deed


def line_of(recorded: Recorded, language: Language) -> str:
    """When, who, what, about whom, why."""
    what = deed(recorded.deed.value, recorded.details).in_language(language)
    who = f"<@{recorded.actor_id}>" if recorded.actor_id is not None else "—"
    whom = f" → <@{recorded.person_id}>" if recorded.person_id is not None else ""
    why = f" · {quote_prompt(recorded.reason)}" if recorded.reason else ""
    return f"{day(recorded.at)} · {who} · **{what}**{whom}{why}"
