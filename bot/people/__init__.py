"""What people want when they say nothing else, and what they wanted before."""

from bot.people.book import PreferenceBook
from bot.people.preferences import Preferences
from bot.people.store import PeopleStore

__all__ = ["PeopleStore", "PreferenceBook", "Preferences"]
