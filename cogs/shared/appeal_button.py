"""The button by which a suspended user appeals."""

from typing import Final

from bot.moderation.policy import Person
from bot.texts import moderation as words
from bot.texts.messages import Language
from cogs.shared.buttons import PlainButton

PREFIX: Final = "sm-appeal:"


def appeal_button(person: Person, language: Language) -> PlainButton:
    """Make the button below the refusal of a user who is suspended in that server."""
    return PlainButton(words.APPEAL_BUTTON.in_language(language), f"{PREFIX}{person.guild_id or 0}")
